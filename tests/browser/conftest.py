"""A real browser before a real `shuke up`: rules instead of Rasa, a database of its own, the demo shop.

    async def test_…(shuke_up: ShukeUp, open_page: OpenPage) -> None:
        await shuke_up()                                  # stopped or killed, it may be started again: same address
        page = await open_page(locale="zh-CN")            # a browser of its own: nothing shared with other pages
        await page.goto(f"{shuke_up.address}/chat")
        await shot(page, "chat-zh")                       # into SHUKE_SCREENSHOTS, else var/screenshots

Uncaught errors of a page's scripts, and whatever its content security policy refuses,
fail the test. Wait with Playwright's ``expect``, never for a time.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.faults.installation import Installation, Running

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE_MS = 20_000
"""How long an action or an expectation of a page may take; a busy machine is slow."""


class OpenPage(Protocol):
    """Opens a page in a fresh context, Playwright's options of `Browser.new_context` given."""

    async def __call__(self, **options: Any) -> Page: ...


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    chromium = os.environ.get("SHUKE_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        told = "there is no chromium on this machine; apt-get install chromium, or name one in SHUKE_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(told)  # where everything must hold, nothing is passed over
        pytest.skip(told)
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages, and sees to it that none of their scripts broke."""
    broken: list[str] = []

    async def open_one(**options: Any) -> Page:
        context = await browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: broken.append(str(error.error)))
        context.on("console", lambda said: broken.append(said.text) if "Security Policy" in said.text else None)
        return await context.new_page()

    yield open_one
    assert broken == []


class ShukeUp:
    """Starts the bot; ``address`` stays the same however often it is stopped and started."""

    def __init__(self, root: Path, stack: AsyncExitStack) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.installation = Installation(root, SHUKE_WEB__PORT=str(self.port))
        self._stack = stack

    async def __call__(self, *options: str, **environment: str) -> Running:
        """Start it with the demo shop, and return it when it answers."""
        running = await self._stack.enter_async_context(
            self.installation.up("--demo", "--nlu", "rules", *options, **environment)
        )
        await running.health()
        return running


@pytest.fixture
async def shuke_up(tmp_path: Path) -> AsyncIterator[ShukeUp]:
    """A bot that can be started; whatever runs is ended with the test."""
    async with AsyncExitStack() as stack:
        yield ShukeUp(tmp_path, stack)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def shot(page: Page, name: str, **options: Any) -> Path:
    """Save what the page looks like as NAME.png, for people to look at, and return where."""
    path = Path(os.environ.get("SHUKE_SCREENSHOTS") or ROOT / "var" / "screenshots") / f"{name}.png"
    await page.screenshot(path=path, **options)
    return path
