"""A real browser before a real `shuke up`: rules instead of Rasa, a database of its own, the demo shop.

    async def test_…(shuke: ShukeUp, open_page: OpenPage) -> None:
        page = await open_page(locale="zh-CN")            # a browser of its own: nothing shared with other pages
        await page.goto(f"{shuke.address}/chat")
        await shot(page, "chat-zh")                       # into SHUKE_SCREENSHOTS, else var/screenshots

`shuke` is up for all tests, which are strangers to each other there; a test that stops or kills it, or
counts everything, takes one of its own:

    async def test_…(shuke_up: ShukeUp, open_page: OpenPage) -> None:
        await shuke_up()                                  # stopped or killed, it may be started again: same address

They share one event loop, as the browser has to: `pytestmark = BROWSER`.

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
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.shop_site import Site
from tests.faults.installation import Installation, Running
from tests.servers.web import serving

BROWSER = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")]
"""The marks of every test here."""
AGENTS = {"li": "agent", "zhao": "agent", "mei": "supervisor"}
"""Who has an account at the desk, in which role."""
PASSWORD = "correct horse battery"
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


@pytest_asyncio.fixture(scope="package", loop_scope="package")
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


@pytest_asyncio.fixture(loop_scope="package")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages, and sees to it that none of their scripts broke."""
    broken: list[str] = []
    opened: list[BrowserContext] = []

    async def open_one(**options: Any) -> Page:
        context = await browser.new_context(**options)
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: broken.append(str(error.error)))
        context.on("console", lambda said: broken.append(said.text) if "Security Policy" in said.text else None)
        return await context.new_page()

    yield open_one
    for context in opened:
        await context.close()
    assert broken == []


class ShukeUp:
    """Starts the bot; ``address`` stays the same however often it is stopped and started."""

    def __init__(self, root: Path, stack: AsyncExitStack) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.installation = Installation(root, SHUKE_WEB__PORT=str(self.port))
        self._stack = stack
        self.signed_in: dict[str, Any] = {}
        """The sessions of agents at the desk, who may sign in only so often, by name."""

    async def __call__(self, *options: str, **environment: str) -> Running:
        """Start it with the demo shop, and return it when it answers."""
        running = await self._stack.enter_async_context(
            self.installation.up("--demo", "--nlu", "rules", *options, **environment)
        )
        await running.health()
        return running

    async def open_accounts(self) -> None:
        """Give the agents their accounts at the desk."""
        for name, role in AGENTS.items():
            added = await self.installation.run("user", "add", name, "--role", role, lines=[PASSWORD])
            assert added.code == 0, added.errors


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def site() -> AsyncIterator[Site]:
    """The shop's own web server, which `shuke` knows of."""
    site = Site()
    async with serving(site.app) as address:
        site.address = address
        yield site


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shuke(tmp_path_factory: pytest.TempPathFactory, site: Site) -> AsyncIterator[ShukeUp]:
    """A bot with people at the desk, up for all tests."""
    async with AsyncExitStack() as stack:
        shuke = ShukeUp(tmp_path_factory.mktemp("shuke"), stack)
        await shuke(**site.named)
        await shuke.open_accounts()
        yield shuke


@pytest_asyncio.fixture(loop_scope="package")
async def shuke_up(tmp_path: Path) -> AsyncIterator[ShukeUp]:
    """A bot that can be started; whatever runs is ended with the test."""
    async with AsyncExitStack() as stack:
        yield ShukeUp(tmp_path, stack)


def newest_visitor(shuke: ShukeUp) -> str:
    """Return who came to the web chat last."""
    user: str = shuke.installation.values("SELECT user_id FROM identities WHERE channel = 'webchat' ORDER BY id DESC")[
        0
    ]
    return user


def stored_of(shuke: ShukeUp, user: str) -> int:
    """Return how many messages of a visitor have come in."""
    return shuke.installation.count(
        f"inbox JOIN identities ON identities.id = inbox.identity_id WHERE identities.user_id = '{user}'"
    )


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
