"""The widget on a page of the shop's own site: one script tag, another origin."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, FrameLocator, Page, expect

from bot.channels.webchat.visitors import sign
from tests.browser.chatting import has_answered, lines, say
from tests.browser.conftest import BROWSER, OpenPage, ShukeUp, newest_visitor, shot, stored_of
from tests.browser.shop_site import SECRET, Site
from tests.servers.web import serving

pytestmark = BROWSER


@asynccontextmanager
async def an_unnamed_site() -> AsyncIterator[Site]:
    site = Site()
    async with serving(site.app) as site.address:
        yield site


def signed(user: str, *, expires: datetime | None = None, secret: str = SECRET) -> str:
    until = str(int((expires or datetime.now(UTC) + timedelta(hours=1)).timestamp()))
    return f'data-user="{user}" data-expires="{until}" data-signature="{sign(secret, user, until)}"'


async def memory_of_frame(page: Page) -> str | None:
    """What the browser keeps for the chat's frame; None where it keeps nothing at all."""
    kept: str | None = await page.frames[-1].evaluate(
        "() => { try { return JSON.stringify(localStorage); } catch { return null; } }"
    )
    return kept


async def open_chat(page: Page, button: str = "打开聊天") -> FrameLocator:
    await page.get_by_role("button", name=button).click()
    frame = page.frame_locator("iframe[title]")
    await expect(frame.locator("#text")).to_be_focused()
    return frame


async def test_one_tag_puts_the_chat_on_a_page_of_another_site_where_the_browser_keeps_nothing(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(locale="zh-CN")

    told = await site.visited(page, shuke.address, far=True)
    frame = await open_chat(page)
    await say(frame, "你好")
    await has_answered(frame, 1)
    await shot(page, "widget-zh")

    assert told == []


async def test_a_strangers_talk_survives_a_reload_of_the_shops_page_where_the_frame_has_no_memory(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(locale="zh-CN")
    await site.visited(page, shuke.address, far=True)
    frame = await open_chat(page)
    assert await memory_of_frame(page) is None
    await say(frame, "你好")
    await has_answered(frame, 1)
    user = newest_visitor(shuke)

    await page.route("**/chat/messages", lambda route: route.abort())
    await say(frame, "谢谢")
    await expect(frame.locator("#log .unsent")).to_have_count(1)
    await page.reload()
    frame = await open_chat(page)
    await expect(frame.locator("#log .unsent")).to_have_text(re.compile("谢谢"))
    await page.unroute("**/chat/messages")
    await has_answered(frame, 2)

    assert await lines(frame, "visitor").all_inner_texts() == ["你好", "谢谢"]
    assert newest_visitor(shuke) == user
    assert stored_of(shuke, user) == 2


async def test_two_tabs_of_the_shop_are_one_visitor_where_the_frame_has_no_memory(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    one = await open_page(locale="zh-CN")
    await site.visited(one, shuke.address, far=True)
    other = await one.context.new_page()
    await other.goto(site.far)
    there = await open_chat(other)
    await one.bring_to_front()
    shown = await open_chat(one)

    await say(shown, "你好")
    await has_answered(shown, 1)
    await has_answered(there, 1)
    await say(there, "谢谢")
    await has_answered(there, 2)
    await has_answered(shown, 2)


async def test_a_page_that_is_not_the_frames_own_is_neither_told_nor_believed(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    """A second frame on the shop's page, of yet another origin, asks for what is kept and gives a pass to keep."""
    page = await open_page(locale="zh-CN")
    async with an_unnamed_site() as thief:
        thief.page = """<script>
          addEventListener("message", (event) => { document.title = "told " + JSON.stringify(event.data); });
          parent.postMessage({ shuke: "begun" }, "*");
          parent.postMessage({ shuke: "keep", name: "pass", value: "stolen" }, "*");
          parent.postMessage("done", "*");
        </script>"""
        await site.visited(page, shuke.address, far=True)
        frame = await open_chat(page)
        await page.evaluate(
            """address => new Promise((done) => {
              addEventListener("message", (event) => { if (event.data === "done") done(); });
              const thief = document.createElement("iframe");
              thief.name = "thief";
              thief.src = address;
              document.body.append(thief);
            })""",
            thief.address,
        )
        await say(frame, "你好")
        await has_answered(frame, 1)
        inner = page.frame("thief")
        assert inner is not None

        assert await inner.title() == ""
        assert "stolen" not in await page.evaluate("JSON.stringify(localStorage)")
        assert "pass" in await page.evaluate("JSON.stringify(localStorage)")


async def test_an_answer_to_a_closed_chat_is_counted_on_its_button_also_after_a_reload(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(locale="zh-CN")
    await site.visited(page, shuke.address)
    frame = await open_chat(page)
    await say(frame, "你好")
    await has_answered(frame, 1)

    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="打开聊天")).to_be_focused()
    user = newest_visitor(shuke)
    await shuke.installation.run("agent", "li", "reply", f"webchat:{user}", "我是小李。")
    await expect(page.get_by_role("button", name="打开聊天 (1 条新消息)")).to_be_visible()
    await shot(page, "widget-zh-unread")
    await page.reload()
    await expect(page.get_by_role("button", name="打开聊天 (1 条新消息)")).to_be_visible()
    frame = await open_chat(page, "打开聊天 (1 条新消息)")

    await expect(lines(frame, "agent")).to_have_text("我是小李。")
    await expect(page.get_by_role("button", name=re.compile("关闭聊天$")).first).to_be_visible()


async def test_on_a_phone_the_chat_fills_the_screen_and_can_be_closed(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True)
    await site.visited(page, shuke.address, lang="en")

    frame = await open_chat(page, "Open the chat")
    await say(frame, "hello")
    await has_answered(frame, 1)
    await shot(page, "widget-en-phone")
    box = await page.locator("iframe").bounding_box()
    await frame.get_by_role("button", name="Close the chat").click()

    assert box == {"x": 0, "y": 0, "width": 360, "height": 640}
    await expect(page.locator("iframe")).to_be_hidden()


async def test_a_customer_whom_the_shop_vouches_for_hears_their_points(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(locale="zh-CN")

    told = await site.visited(page, shuke.address, attributes=signed("C0001"))
    frame = await open_chat(page)
    await say(frame, "我有多少积分")
    await has_answered(frame, 1)
    await shot(page, "widget-zh-vouched")
    await page.reload()
    frame = await open_chat(page)
    await has_answered(frame, 1)

    assert re.search(r"您有 [\d,]+ 积分", await lines(frame, "bot").inner_text())
    assert told == []


async def test_a_signature_that_has_run_out_is_told_to_the_console_and_the_visitor_is_a_stranger(
    shuke: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    page = await open_page(locale="zh-CN")

    expired = signed("C0001", expires=datetime.now(UTC) - timedelta(minutes=1))
    told = await site.visited(page, shuke.address, attributes=expired)
    frame = await open_chat(page)
    await say(frame, "我有多少积分")
    await has_answered(frame, 1)

    assert not re.search(r"[\d,]+ 积分", await lines(frame, "bot").inner_text())
    assert any("data-signature has run out" in text for text in told)
    assert newest_visitor(shuke).startswith("anon:")


async def test_a_site_that_is_not_named_gets_no_button_and_is_told_the_mend(
    shuke: ShukeUp, open_page: OpenPage
) -> None:
    page = await open_page(locale="zh-CN")

    async with an_unnamed_site() as other:
        async with page.expect_console_message() as waiting:
            await other.visited(page, shuke.address)
        said = (await waiting.value).text

    assert f'webchat: {{sites: ["{other.address}"]}}' in said
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_a_site_that_is_not_named_cannot_frame_the_page_either(shuke: ShukeUp, browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    async with an_unnamed_site() as other:
        other.page = f'<!doctype html><iframe src="{shuke.address}/chat"></iframe>'
        async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            await page.goto(other.address)

    await expect(page.frame_locator("iframe").locator("#text")).to_have_count(0)
    await page.context.close()
