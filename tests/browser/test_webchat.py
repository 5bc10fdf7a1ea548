"""The web chat as a visitor meets it: in both languages, over lost connections, on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from playwright.async_api import Page, expect
from sqlalchemy import Connection

from bot.delivery import queued
from crm_store import identities, outbox
from crm_store.unit_of_work import Store
from tests.browser.chatting import everything, has_answered, lines, milliseconds, say
from tests.browser.conftest import BROWSER, OpenPage, ShukeUp, newest_visitor, shot, stored_of

pytestmark = BROWSER

PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


async def opened(shuke_up: ShukeUp, open_page: OpenPage, **options: object) -> Page:
    page = await open_page(**{"locale": "zh-CN", **options})
    await page.goto(f"{shuke_up.address}/chat")
    await expect(page.locator("#text")).to_be_focused()
    return page


async def told_yesterday(shuke: ShukeUp, user: str, texts: Sequence[str]) -> None:
    """Let the bot have said so much to a visitor, a second apart."""

    def tell(conn: Connection) -> None:
        who = identities.find(conn, "webchat", user)
        assert who is not None
        for number, text in enumerate(texts):
            at, ref = datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=number), f"{user}-{number}"
            row = queued(
                ref=ref, dedupe_key=ref, customer_id=who.customer_id, conversation_id=None, identity_id=who.id,
                channel="webchat", recipient=user, kind="reply", text=text, now=at,
            )  # fmt: skip
            outbox.queue(conn, [row])
            outbox.mark_sent(conn, [(ref, ref)], now=at)

    store = Store(f"sqlite:///{shuke.installation.database}")
    try:
        await store.run(tell)
    finally:
        store.close()


async def test_a_talk_in_chinese_with_buttons_that_count_once(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await shot(page, "chat-zh-empty")

    await say(page, "你好")
    await has_answered(page, 1)
    await page.locator("#log").get_by_role("button", name="查订单").click()
    await has_answered(page, 2)
    await shot(page, "chat-zh")

    assert [who for who, _ in await everything(page)] == ["visitor", "bot", "visitor", "bot"]
    assert (await everything(page))[2] == ("visitor", "查订单")
    assert "单号" in (await everything(page))[3][1]
    for button in await page.locator("#log .line").nth(1).get_by_role("button").all():
        await expect(button).to_be_disabled()


async def test_a_talk_in_english_and_the_page_turned_to_chinese(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page, locale="en-GB", color_scheme="dark")

    await expect(page.get_by_role("heading")).to_have_text("Chat with us")
    await say(page, "hello, where is my order?")
    await has_answered(page, 1)
    await shot(page, "chat-en-dark")
    await page.get_by_role("button", name="换成中文").click()

    await expect(page.get_by_role("heading")).to_have_text("在线客服")
    assert re.search("order", await lines(page, "bot").first.inner_text())
    await page.reload()
    await expect(page.get_by_role("heading")).to_have_text("在线客服")


async def test_a_reload_in_the_middle_shows_the_same_talk_and_goes_on(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)
    before = await everything(page)

    await page.reload()
    await has_answered(page, 1)
    after = await everything(page)
    await say(page, "谢谢")
    await has_answered(page, 2)

    assert after == before
    assert (await everything(page))[:2] == before


async def test_what_is_written_without_a_connection_is_sent_once_when_it_is_back(
    shuke: ShukeUp, open_page: OpenPage
) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)

    await page.context.set_offline(True)
    await say(page, "谢谢")
    await expect(page.locator("#notice")).to_contain_text("连接断了")
    await shot(page, "chat-zh-offline")
    await page.context.set_offline(False)
    await has_answered(page, 2)

    await expect(page.locator("#notice")).to_be_empty()
    assert [text for who, text in await everything(page) if who == "visitor"] == ["你好", "谢谢"]
    assert stored_of(shuke, newest_visitor(shuke)) == 2


async def test_an_unsent_message_survives_a_reload(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)
    # Only what is posted fails, so that the page itself can be loaded again.
    await page.route("**/chat/messages", lambda route: route.abort())

    await say(page, "在吗")
    await expect(page.locator("#log .unsent")).to_have_count(1)
    await page.reload()
    await expect(page.locator("#log .unsent")).to_have_text(re.compile("在吗"))
    await page.unroute("**/chat/messages")

    await has_answered(page, 2)
    assert stored_of(shuke, newest_visitor(shuke)) == 2


async def test_a_server_killed_and_started_again_in_the_middle_loses_and_doubles_nothing(
    shuke_up: ShukeUp, open_page: OpenPage
) -> None:
    running = await shuke_up()
    page = await opened(shuke_up, open_page)
    said = ["你好", "谢谢"] * 3

    await say(page, said[0])
    await say(page, said[1])
    await expect(page.locator("#log .visitor:not(.unsent)").first).to_be_visible()
    await say(page, said[2])
    await running.end()
    for text in said[3:]:
        await say(page, text)
    await expect(page.locator("#notice")).to_contain_text("连接断了")
    await shuke_up()
    await has_answered(page, len(said))
    await page.reload()
    await has_answered(page, len(said))

    assert [text for who, text in await everything(page) if who == "visitor"] == said
    assert shuke_up.installation.count("inbox") == shuke_up.installation.count("inbox WHERE status = 'done'") == 6
    assert shuke_up.installation.count("outbox") == 6


async def test_a_server_that_stops_does_not_wait_for_open_pages(shuke_up: ShukeUp, open_page: OpenPage) -> None:
    running = await shuke_up()
    page = await opened(shuke_up, open_page)
    await say(page, "你好")
    await has_answered(page, 1)

    assert await running.stop() == 0  # within the time that `stop` allows


async def test_two_tabs_show_one_talk(shuke: ShukeUp, open_page: OpenPage) -> None:
    one = await opened(shuke, open_page)
    other = await one.context.new_page()
    await other.goto(f"{shuke.address}/chat")

    await say(one, "你好")
    await has_answered(one, 1)
    await has_answered(other, 1)
    await say(other, "谢谢")
    await has_answered(other, 2)
    await has_answered(one, 2)

    assert await everything(one) == await everything(other)
    assert stored_of(shuke, newest_visitor(shuke)) == 2


async def test_what_was_said_long_ago_is_shown_on_demand_and_nothing_jumps(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)
    user = newest_visitor(shuke)
    await told_yesterday(shuke, user, [f"第 {number} 条" for number in range(110)])

    await page.reload()
    await expect(page.locator("#log .line")).to_have_count(100)
    earlier = page.get_by_role("button", name="更早的消息")
    await earlier.scroll_into_view_if_needed()
    first = page.locator("#log .text").first
    words, place = await first.inner_text(), await first.bounding_box()
    await shot(page, "chat-zh-earlier")
    await earlier.click()
    await expect(page.locator("#log .line")).to_have_count(112)

    await expect(earlier).to_be_hidden()
    assert [text for _, text in (await everything(page))[:110]] == [f"第 {number} 条" for number in range(110)]
    moved = await page.locator("#log .text").get_by_text(words, exact=True).bounding_box()
    assert place is not None
    assert moved is not None
    assert abs(moved["y"] - place["y"]) < 60, "what was read stays where it was, but for the button"


async def test_by_keyboard_alone(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page, locale="en-GB")

    await page.keyboard.type("hello")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("there")
    await page.keyboard.press("Enter")
    await has_answered(page, 1)
    await page.keyboard.press("Shift+Tab")
    await expect(page.locator("#log").get_by_role("button").last).to_be_focused()
    await shot(page, "chat-en-keyboard")
    await page.keyboard.press("Enter")
    await has_answered(page, 2)

    assert await lines(page, "visitor").first.inner_text() == "hello\nthere"
    await expect(page.locator("#text")).to_be_focused()


async def test_enter_that_ends_the_composing_of_a_word_does_not_send(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await page.locator("#text").fill("你好")

    await page.locator("#text").dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await expect(page.locator("#text")).to_have_value("你好")
    await page.locator("#text").dispatch_event("keydown", {"key": "Enter", "isComposing": False, "bubbles": True})

    await expect(page.locator("#text")).to_have_value("")
    await has_answered(page, 1)


async def test_on_a_phone_nothing_is_wider_than_the_screen(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page, **PHONE)

    await say(page, "你好")
    await has_answered(page, 1)
    await say(page, "看看这个 https://shop.example/" + "very-long-path/" * 12 + " 是什么")
    await has_answered(page, 2)
    assert re.search("[一-鿿]", await lines(page, "bot").last.inner_text()), "an address is no English"
    await shot(page, "chat-zh-phone")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert await page.evaluate("document.getElementById('scroll').scrollWidth") <= 360
    await expect(page.locator("#send")).to_be_in_viewport()


async def test_an_agents_words_come_from_a_person_by_name(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)
    user = newest_visitor(shuke)

    ended = await shuke.installation.run("agent", "li", "reply", f"webchat:{user}", "我是小李，马上帮您看。")

    assert ended.code == 0, ended.errors
    await expect(lines(page, "agent")).to_have_text("我是小李，马上帮您看。")
    await expect(page.locator("#log .agent .who")).to_have_text("li · 店里同事")
    await shot(page, "chat-zh-agent")


async def test_an_answer_is_seen_soon(shuke: ShukeUp, open_page: OpenPage) -> None:
    page = await opened(shuke, open_page)
    await say(page, "你好")
    await has_answered(page, 1)

    taken = [
        await milliseconds(lambda: say(page, "谢谢"), lambda count=number: has_answered(page, count))
        for number in range(2, 10)
    ]

    print(f"\nfrom Enter to the answer on the page: median {median(taken):.0f} ms, longest {max(taken):.0f} ms")
    assert median(taken) < 2000, "some 100 ms are usual; a busy machine is given more"
