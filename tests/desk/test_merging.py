"""Two customers made one at the desk, and two again: by who may, with a word of what happens, audited."""

from __future__ import annotations

from typing import Any

import pytest

from crm_store import audit, customers, history, merges, suggesting
from desk.roles import ROLES, Role, may
from tests.desk.desks import Browser, DeskHouse


@pytest.fixture
async def ana(desk: DeskHouse) -> str:
    """A stranger who may be C0042."""
    await desk.house.says("ana", "hello")
    desk.house.write(customers.add, id="known", created_at=desk.now, customer_no="C0042", name="Ana Lopez")
    desk.house.write(
        history.record, at=desk.now, kind=suggesting.SUGGESTED, by="system", customer_id=desk.customer("ana"),
        data={"match": "known", "by": "typed_phone"},
    )  # fmt: skip
    return desk.customer("ana")


async def do(browser: Browser, customer: str, step: str, **form: str) -> Any:
    return await browser.post(f"/desk/customers/{customer}/{step}", **form)


async def page(browser: Browser, customer: str) -> str:
    return (await browser.get(f"/desk/customers/{customer}")).text


def audited(desk: DeskHouse) -> list[tuple[str, str]]:
    return [(row.by, row.action) for row in desk.house.read(audit.latest, most=50)]


async def test_a_suggestion_that_is_accepted_makes_them_one_and_leads_to_who_has_the_number(
    desk: DeskHouse, ana: str
) -> None:
    li = await desk.agent("li", "supervisor")
    asked = await page(li, ana)

    joined = await do(li, ana, "merge", other="known")

    assert "Both become one customer" in asked
    assert "It can be undone" in asked
    assert joined.headers["location"] == "/desk/customers/known#one"
    assert desk.customer("ana") == "known"
    (standing,) = desk.house.read(merges.latest, "known")
    assert (standing.by, standing.evidence) == ("agent:li", "agent")
    assert ("agent:li", "merge") in audited(desk)
    assert "Perhaps" not in await page(li, "known")


async def test_what_was_joined_is_taken_apart_again(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li", "supervisor")
    await do(li, ana, "merge", other="C0042")
    (standing,) = desk.house.read(merges.latest, "known")

    shown = await page(li, "known")
    parted = await do(li, "known", "unmerge", merge=str(standing.id))
    again = await do(li, "known", "unmerge", merge=str(standing.id))

    assert "Not the same after all" in shown
    assert (parted.status_code, again.status_code) == (303, 409)
    assert desk.customer("ana") == ana
    assert ("agent:li", "unmerge") in audited(desk)


async def test_a_later_merge_is_undone_first(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li", "supervisor")
    await desk.house.says("bob", "hello")
    bob = desk.customer("bob")
    await do(li, ana, "merge", other="C0042")
    await do(li, bob, "merge", other="C0042")
    first, later = desk.house.read(merges.latest, "known")

    refused = await do(li, "known", "unmerge", merge=str(first.id))

    assert refused.status_code == 409
    assert "Undo that first" in refused.text
    assert f'value="{later.id}"' in await page(li, "known")


async def test_a_suggestion_that_is_dismissed_does_not_come_back(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li", "supervisor")
    desk.house.write(customers.change, "known", phone="+8613800138000")

    dismissed = await do(li, ana, "dismiss", match="known")
    again = await do(li, ana, "dismiss", match="known")
    await desk.house.says("ana", "my phone is 13800138000")

    assert (dismissed.status_code, again.status_code) == (303, 409)
    assert desk.house.read(suggesting.matches, ana) == []
    assert "Ana Lopez" not in await page(li, ana)
    assert ("agent:li", "dismiss_match") in audited(desk)


@pytest.mark.parametrize(("other", "status"), [("", 422), ("C9999", 422), ("telegram:nobody", 422), ("ana", 422)])
async def test_who_is_not_there_is_joined_with_nobody(desk: DeskHouse, ana: str, other: str, status: int) -> None:
    li = await desk.agent("li", "supervisor")

    assert (await do(li, ana, "merge", other=other)).status_code == status
    assert (await do(li, ana, "merge", other="telegram:ana")).status_code == 409
    assert desk.customer("ana") == ana


@pytest.mark.parametrize("role", ROLES)
async def test_only_who_may_finds_the_buttons(desk: DeskHouse, ana: str, role: Role) -> None:
    li = await desk.agent("li", role)

    shown = await page(li, ana)

    assert "C0042" in shown
    assert ("/merge" in shown, "/dismiss" in shown) == (may(role, "merge"), may(role, "merge"))


async def test_it_is_asked_in_chinese_too(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li", "supervisor")
    await li.post("/desk/language", language="zh")

    shown = await page(li, ana)

    assert "是同一个人吗" in shown
    assert "两位会合为一位客户" in shown
