"""What became of a reply stands next to it, also where it became so after the page was shown."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import ChannelBusy, ChannelRefused
from crm_store import catalogue, orders
from tests.desk.desks import Browser, DeskHouse

ASKS = "I want to talk to a person"


def states(page: str) -> list[str]:
    """Return what stands next to the shop's messages, where anything does."""
    return [found for found in re.findall(r'class="state[^>]*>([^<]*)<', page) if found]


async def replied(desk: DeskHouse, **headers: str) -> tuple[Browser, str]:
    """An agent has answered Ana, and nothing has left yet."""
    await desk.house.says("ana", ASKS)
    desk.add("li")
    browser = desk.browser(**headers)
    await browser.sign_in("li")
    page = f"/desk/talks/{desk.customer('ana')}"
    await browser.post(f"{page}/reply", part=True, text="Hello, I'm Li.")
    return browser, page


async def test_a_reply_waits_and_is_then_said_to_be_sent(desk: DeskHouse) -> None:
    browser, page = await replied(desk)

    before = (await browser.get(page)).text
    newest = re.findall(r'data-key="(\d+)"', before)[-1]
    await desk.house.sweep()
    newer = (await browser.get(f"{page}/newer", params={"after": newest, "owner": "agent:li"})).text

    assert states(before) == ["waiting to be sent"]
    assert states(newer) == ["sent"]
    assert f'id="state-{newest}" hx-swap-oob="true"' in newer
    assert states((await browser.get(page)).text) == ["sent"]


async def test_a_reply_that_the_platform_does_not_take_now_says_so_and_that_it_is_tried_again(desk: DeskHouse) -> None:
    browser, page = await replied(desk)
    desk.house.channel.fail_next(ChannelBusy("telegram is throttling us", retry_after=timedelta(seconds=10)))
    await desk.house.sweep()

    assert states((await browser.get(page)).text) == ["not sent yet, will be tried again (telegram is throttling us)"]


async def test_what_the_bot_said_says_only_while_it_is_not_sent(desk: DeskHouse) -> None:
    desk.house.channel.fail_next(ChannelBusy("telegram is throttling us", retry_after=timedelta(seconds=10)))
    await desk.house.says("ana", "hello")
    browser, page = await desk.agent("li"), f"/desk/talks/{desk.customer('ana')}"

    before = (await browser.get(page)).text
    newest = re.findall(r'data-key="(\d+)"', before)[-1]
    await desk.house.later(seconds=11)
    newer = (await browser.get(f"{page}/newer", params={"after": newest, "owner": "bot"})).text

    assert states(before) == ["not sent yet, will be tried again (telegram is throttling us)"]
    assert f'id="state-{newest}" hx-swap-oob="true"></span>' in newer


async def test_a_reply_that_never_arrives_says_why_in_the_agents_language(desk: DeskHouse) -> None:
    browser, page = await replied(desk, **{"accept-language": "zh"})
    desk.house.channel.fail_next(ChannelRefused("the customer has blocked us", unreachable=True))
    await desk.house.sweep()

    assert states((await browser.get(page)).text) == ["没有送达：the customer has blocked us"]


async def test_orders_are_shown_by_the_names_of_their_products(desk: DeskHouse) -> None:
    browser, page = await replied(desk, **{"accept-language": "zh"})
    customer = desk.customer("ana")
    desk.house.write(catalogue.add, sku="TEA-1", name_zh="明前龙井", name_en="Spring Longjing")
    desk.house.write(orders.add, order_no="A1", customer_id=customer, status="paid", ordered_at=desk.now)
    for line, sku in enumerate(("TEA-1", "OLD-9"), 1):
        desk.house.write(
            orders.put_line, order_no="A1", line=line, sku=sku, quantity=2, unit_price=None, currency="CNY"
        )  # fmt: skip

    for path in (page, f"/desk/customers/{customer}"):
        shown = (await browser.get(path)).text
        assert re.search(r"2 × 明前龙井\s*<span class=\"hint\">TEA-1<", shown)
        assert "2 × OLD-9" in shown
