"""What people write into a customer's record: kept, shown, taken away again, and audited."""

from __future__ import annotations

from typing import Any

import pytest

from crm_store import audit, consents, customers, memory, opportunities, related, tags
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
