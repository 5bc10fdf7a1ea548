"""What people write into a customer's record: kept, shown, taken away again, and audited."""

from __future__ import annotations

from typing import Any

import pytest

from crm_store import audit, consents, customers, history, memory, opportunities, related, tags
from tests.desk.desks import Browser, DeskHouse


@pytest.fixture
async def ana(desk: DeskHouse) -> str:
    await desk.house.says("ana", "hello")
    return desk.customer("ana")


async def do(browser: Browser, customer: str, step: str, **form: str) -> Any:
    return await browser.post(f"/desk/customers/{customer}/{step}", part=True, **form)


async def page(browser: Browser, customer: str) -> str:
    return (await browser.get(f"/desk/customers/{customer}")).text


async def test_tags_people_and_facts_are_written_down_and_shown(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")

    await do(li, ana, "tag", tag=" 大客户 ")
    await do(li, ana, "add-person", relation="child", name="小米", note="上一年级")
    await do(li, ana, "learn", kind="likes", value="绿茶")
    shown = await page(li, ana)

    for told in ("大客户", "小米", "上一年级", "绿茶", "agent:li"):
        assert told in shown
    actions = [(row.by, row.action, row.data) for row in desk.house.read(audit.latest, most=4)]
    assert ("agent:li", "edit_customer", {"what": "learn"}) in actions
    assert "绿茶" not in repr(actions)


async def test_what_was_written_down_can_be_taken_away(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")
    await do(li, ana, "tag", tag="vip")
    await do(li, ana, "add-person", relation="child", name="小米")
    await do(li, ana, "learn", kind="likes", value="绿茶")
    (person,) = desk.house.read(related.of_customer, ana)
    (fact,) = desk.house.read(memory.known, ana, desk.now)

    await do(li, ana, "untag", tag="vip")
    await do(li, ana, "remove-person", person=person.id)
    await do(li, ana, "forget", fact=fact.id)
    again = await do(li, ana, "forget", fact=fact.id)

    assert desk.house.read(tags.of_customer, ana) == []
    assert desk.house.read(related.of_customer, ana) == []
    assert desk.house.read(memory.known, ana, desk.now) == []
    assert again.status_code == 409


async def test_a_stage_goes_by_its_steps_alone(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")
    await do(li, ana, "stage", to="dormant", why="half a year of silence")

    refused = await do(li, ana, "stage", to="loyal")

    assert (refused.status_code, "There is no step from here to" in refused.text) == (409, True)
    assert desk.house.read(customers.by_id, ana).stage == "dormant"
    assert '<option value="won_back">' in await page(li, ana)


async def test_an_opportunity_is_opened_and_moved(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")
    await do(li, ana, "open-deal", title="a sofa", value="4999.90", currency="CNY")
    (deal,) = desk.house.read(opportunities.of_customer, ana)

    jumped = await do(li, ana, "move-deal", deal=deal.id, to="won")
    await do(li, ana, "move-deal", deal=deal.id, to="qualified", probability="40")
    wrong = await do(li, ana, "open-deal", title="a sofa", value="much", currency="CNY")

    (deal,) = desk.house.read(opportunities.of_customer, ana)
    assert (deal.stage, deal.probability, deal.owner) == ("qualified", 40, "li")
    assert (jumped.status_code, wrong.status_code) == (409, 422)


async def test_nothing_sensitive_is_written_down_before_the_customers_words_of_leave(desk: DeskHouse, ana: str) -> None:
    li, marketer = await desk.agent("li"), await desk.agent("zhao", "marketer")

    early = await do(li, ana, "learn", kind="health", value="糖尿病")
    bare = await do(li, ana, "consent", purpose="sensitive", value="yes", words="")
    await do(li, ana, "consent", purpose="sensitive", value="yes", words="可以记下我的病情")
    await do(li, ana, "learn", kind="health", value="糖尿病")

    assert (early.status_code, bare.status_code) == (409, 422)
    assert "糖尿病" in await page(li, ana)
    assert "糖尿病" not in await page(marketer, ana)
    await do(li, ana, "consent", purpose="sensitive", value="no", words="别记了")
    assert desk.house.read(memory.known, ana, desk.now) == []


async def test_a_no_for_one_channel_is_kept_with_the_customers_words(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")
    await do(li, ana, "consent", purpose="marketing", value="yes", words="sure")

    await do(li, ana, "consent", purpose="marketing", value="no", channel="telegram", words="not on here please")

    assert desk.house.read(consents.on_channels, ana, ["telegram", "wechat"]) == {
        "telegram": {"service": True, "care": False, "marketing": False},
        "wechat": {"service": True, "care": False, "marketing": True},
    }
    assert "not on here please" in await page(li, ana)


async def test_who_may_only_look_finds_nothing_to_change(desk: DeskHouse, ana: str) -> None:
    auditor = await desk.agent("wu", "auditor")

    shown = await page(auditor, ana)
    refused = await do(auditor, ana, "tag", tag="vip")

    assert "/tag" not in shown
    assert refused.status_code == 403


async def test_a_customer_is_given_to_a_colleague_and_to_nobody_again(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")
    await desk.agent("zhao")

    await do(li, ana, "owner", owner="zhao")
    refused = await do(li, ana, "owner", owner="nobody-we-know")
    shown = await page(li, ana)

    assert '<option value="zhao" selected>' in shown
    assert (refused.status_code, "no such colleague" in refused.text) == (409, True)
    assert desk.house.read(customers.by_id, ana).owner == "zhao"
    changed = [entry for entry in desk.house.read(history.timeline, ana) if entry.kind == "profile.changed"]
    assert [(entry.by, entry.data) for entry in changed] == [
        ("agent:li", {"field": "owner", "from": None, "to": "zhao"})
    ]
    actions = [(row.by, row.action, row.data) for row in desk.house.read(audit.latest, most=4)]
    assert ("agent:li", "edit_customer", {"what": "owner"}) in actions
    await do(li, ana, "owner", owner="")
    assert desk.house.read(customers.by_id, ana).owner is None


async def test_an_attribute_is_kept_as_what_it_is_changed_and_dropped(desk: DeskHouse, ana: str) -> None:
    li, auditor = await desk.agent("li"), await desk.agent("sun", "auditor")

    await do(li, ana, "attribute", name="rooms", type="number", value="3.5")
    await do(li, ana, "attribute", name="rooms", type="number", value="1,200")
    await do(li, ana, "attribute", name="since", type="day", value="2026-01-05")
    await do(li, ana, "attribute", name="garden", type="yes_or_no", value="是")
    await do(li, ana, "attribute", name="dog", type="text", value="Rex")
    await do(li, ana, "attribute", name="dog")
    wrong = [
        (await do(li, ana, "attribute", name=name, type=kind, value=value)).status_code
        for name, kind, value in (
            ("rooms", "number", "many"), ("since", "day", "May"), (" ", "text", "x"), ("x", "shape", "round"),
            ("phone_unproved", "text", "+8613800138000"),
        )
    ]  # fmt: skip

    assert wrong == [422, 422, 422, 422, 422]
    assert desk.house.read(customers.by_id, ana).attributes == {"rooms": 1200, "since": "2026-01-05", "garden": True}
    shown = await page(li, ana)
    assert "<dt>rooms</dt><dd>1200" in shown
    assert '/attribute"' not in await page(auditor, ana)
    actions = [(row.by, row.action, row.data) for row in desk.house.read(audit.latest, most=12)]
    assert actions.count(("agent:li", "edit_customer", {"what": "attribute"})) == 6
