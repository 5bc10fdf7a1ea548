"""The browser of these tests meets the bot of these tests."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage, ShukeUp

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


async def test_a_browser_sees_the_bot_also_when_it_was_started_again(shuke_up: ShukeUp, open_page: OpenPage) -> None:
    first = await shuke_up()
    page = await open_page()

    await page.goto(f"{shuke_up.address}/healthz")
    await expect(page.get_by_text("alive")).to_be_visible()
    await first.end()
    await shuke_up()
    await page.reload()

    await expect(page.get_by_text("alive")).to_be_visible()
