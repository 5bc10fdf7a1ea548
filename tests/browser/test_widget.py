"""The widget on a page of the shop's own site: one script tag, another origin."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, FrameLocator, Page, expect

from bot.channels.webchat.visitors import sign
from tests.browser.chatting import has_answered, lines, say
from tests.browser.conftest import OpenPage, ShukeUp, shot
from tests.servers.web import serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SECRET = "a secret between the shop's pages and the bot"

SHOP = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>桂花茶铺</title><style>* {{ color: #a33; font-family: serif; }} button {{ display: none !important; }}
body {{ max-width: 60em; margin: 2em auto; padding: 0 1em; background: #fdf8ee; }}</style>
<h1>桂花茶铺</h1><p>今年的新桂花，配去年的老白茶。</p><p><input aria-label="search" placeholder="找茶"></p>
<script src="{chat}/widget.js" {attributes} defer></script></html>"""


class Site:
    """The shop's own web server: another origin, which gives whatever page it is told to give."""

    def __init__(self) -> None:
        self.page = ""
        self.address = ""
        self.app = FastAPI()
        self.app.get("/", response_class=HTMLResponse)(self._give)
        self.app.get("/favicon.ico", status_code=204)(lambda: None)

    async def _give(self) -> str:
        return self.page

    @property
    def far(self) -> str:
        """The same under another host, which browsers count as another site than the chat's."""
        return self.address.replace("127.0.0.1", "localhost")

    @property
    def named(self) -> dict[str, str]:
        """What the bot is told of it."""
        return {"SHUKE_WEBCHAT__SITES": f"{self.address} {self.far}", "SHUKE_WEBCHAT_IDENTITY_SECRET": SECRET}

    async def visited(
        self, page: Page, chat: str, *, lang: str = "zh", attributes: str = "", far: bool = False
    ) -> list[str]:
        """Open the shop's page with the chat's tag; returns what its console is told, as it is told."""
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        self.page = SHOP.format(chat=chat, lang=lang, attributes=attributes)
        await page.goto(self.far if far else self.address)
        return told


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with serving(site.app) as address:
        site.address = address
        yield site


def signed(user: str, *, expires: datetime | None = None, secret: str = SECRET) -> str:
    until = str(int((expires or datetime.now(UTC) + timedelta(hours=1)).timestamp()))
    return f'data-user="{user}" data-expires="{until}" data-signature="{sign(secret, user, until)}"'


async def open_chat(page: Page, button: str = "打开聊天") -> FrameLocator:
    await page.get_by_role("button", name=button).click()
    frame = page.frame_locator("iframe")
    await expect(frame.locator("#text")).to_be_focused()
    return frame


async def test_one_tag_puts_the_chat_on_a_page_of_another_site_where_the_browser_keeps_nothing(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up(**site.named)
    page = await open_page(locale="zh-CN")

    told = await site.visited(page, shuke_up.address, far=True)
    frame = await open_chat(page)
    await say(frame, "你好")
    await has_answered(frame, 1)
    await shot(page, "widget-zh")

    assert told == []


async def test_an_answer_to_a_closed_chat_is_counted_on_its_button_also_after_a_reload(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up(**site.named)
    page = await open_page(locale="zh-CN")
    await site.visited(page, shuke_up.address)
    frame = await open_chat(page)
    await say(frame, "你好")
    await has_answered(frame, 1)

    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="打开聊天")).to_be_focused()
    [user] = shuke_up.installation.values("SELECT user_id FROM identities WHERE channel = 'webchat'")
    await shuke_up.installation.run("agent", "li", "reply", f"webchat:{user}", "我是小李。")
    await expect(page.get_by_role("button", name="打开聊天 (1 条新消息)")).to_be_visible()
    await shot(page, "widget-zh-unread")
    await page.reload()
    await expect(page.get_by_role("button", name="打开聊天 (1 条新消息)")).to_be_visible()
    frame = await open_chat(page, "打开聊天 (1 条新消息)")

    await expect(lines(frame, "agent")).to_have_text("我是小李。")
    await expect(page.get_by_role("button", name=re.compile("关闭聊天$")).first).to_be_visible()


async def test_on_a_phone_the_chat_fills_the_screen_and_can_be_closed(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up(**site.named)
    page = await open_page(viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True)
    await site.visited(page, shuke_up.address, lang="en")

    frame = await open_chat(page, "Open the chat")
    await say(frame, "hello")
    await has_answered(frame, 1)
    await shot(page, "widget-en-phone")
    box = await page.locator("iframe").bounding_box()
    await frame.get_by_role("button", name="Close the chat").click()

    assert box == {"x": 0, "y": 0, "width": 360, "height": 640}
    await expect(page.locator("iframe")).to_be_hidden()


async def test_a_customer_whom_the_shop_vouches_for_hears_their_points(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up(**site.named)
    page = await open_page(locale="zh-CN")

    told = await site.visited(page, shuke_up.address, attributes=signed("C0003"))
    frame = await open_chat(page)
    await say(frame, "我有多少积分")
    await has_answered(frame, 1)
    await shot(page, "widget-zh-vouched")
    await page.reload()
    frame = await open_chat(page)
    await has_answered(frame, 1)

    assert "2,860" in await lines(frame, "bot").inner_text()
    assert told == []


async def test_a_signature_that_has_run_out_is_told_to_the_console_and_the_visitor_is_a_stranger(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up(**site.named)
    page = await open_page(locale="zh-CN")

    expired = signed("C0003", expires=datetime.now(UTC) - timedelta(minutes=1))
    told = await site.visited(page, shuke_up.address, attributes=expired)
    frame = await open_chat(page)
    await say(frame, "我有多少积分")
    await has_answered(frame, 1)

    assert "2,860" not in await lines(frame, "bot").inner_text()
    assert any("data-signature has run out" in text for text in told)
    assert shuke_up.installation.values("SELECT user_id FROM identities WHERE channel = 'webchat'")[0].startswith(
        "anon:"
    )


async def test_a_site_that_is_not_named_gets_no_button_and_is_told_the_mend(
    shuke_up: ShukeUp, open_page: OpenPage, site: Site
) -> None:
    await shuke_up()
    page = await open_page(locale="zh-CN")

    async with page.expect_console_message() as waiting:
        await site.visited(page, shuke_up.address)
    said = (await waiting.value).text

    assert f'webchat: {{sites: ["{site.address}"]}}' in said
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_a_site_that_is_not_named_cannot_frame_the_page_either(
    shuke_up: ShukeUp, browser: Browser, site: Site
) -> None:
    await shuke_up()
    page = await (await browser.new_context()).new_page()
    site.page = f'<!doctype html><iframe src="{shuke_up.address}/chat"></iframe>'

    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.goto(site.address)

    await expect(page.frame_locator("iframe").locator("#text")).to_have_count(0)
