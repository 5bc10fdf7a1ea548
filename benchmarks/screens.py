"""How soon people see what others write: the web chat and the desk in real Chromium, on one machine.

    .venv/bin/python -m benchmarks.screens [--write]

A whole `shuke up` with rules instead of Rasa (see `turns` for what Rasa takes), a customer's
page and an agent's page, each in a browser context of its own. A time begins with the key
that sends, and ends when the words stand on the other page, as the page itself sees it.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from playwright.async_api import Page, async_playwright

from benchmarks.results import machine, write_section
from tests.browser.conftest import AGENTS, ARGUMENTS, PASSWORD, ShukeUp, newest_visitor

TIMES = 20
CHAT_ANSWERS = "count => document.querySelectorAll('#log .bot .text').length >= count"
CHAT_SHOWS = "words => [...document.querySelectorAll('#log .agent .text')].some(one => one.textContent === words)"
DESK_SHOWS = "words => [...document.querySelectorAll('.said.in .bubble')].some(one => one.textContent === words)"
PAUSE_S = 2.1
"""Between a visitor's messages, as `webchat.message_every` has it; who writes faster is slowed down."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    taken = asyncio.run(_measure())
    lines = ["| from | to | median ms | p95 ms |", "|---|---|---|---|"]
    for (begin, end), seconds in taken.items():
        lines.append(f"| {begin} | {end} | {median(seconds) * 1000:.0f} | {_p95(seconds) * 1000:.0f} |")
    print("\n".join(lines))
    if asked.write:
        write_section("screens", [machine(), f"{TIMES} times each.", "", *lines])


async def _measure() -> dict[tuple[str, str], list[float]]:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium on this machine; apt-get install chromium")
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        shuke = ShukeUp(Path(folder), stack)
        await shuke()
        await shuke.open_accounts()
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        chat = await (await browser.new_context(locale="en-GB")).new_page()
        desk = await (await browser.new_context(locale="en-GB")).new_page()
        answered = await _answers(chat, shuke)
        await _take(chat, desk, shuke)
        asked = await _told(chat, "#text", "Enter", desk, DESK_SHOWS, pause=PAUSE_S)
        replied = await _told(desk, "textarea[data-draft]", "Control+Enter", chat, CHAT_SHOWS)
        await browser.close()
    return {
        ("a customer's message", "the bot's answer on their page"): answered,
        ("a customer's message, with a colleague", "the agent's screen"): asked,
        ("an agent's answer", "the customer's page"): replied,
    }


async def _answers(chat: Page, shuke: ShukeUp) -> list[float]:
    await chat.goto(f"{shuke.address}/chat")
    await chat.locator("#text").fill("hello")  # the first brings the visitor, and isn't counted
    await chat.locator("#text").press("Enter")
    await chat.wait_for_function(CHAT_ANSWERS, arg=1)
    taken = []
    for number in range(TIMES):
        await asyncio.sleep(PAUSE_S)
        await chat.locator("#text").fill("thank you")
        shown = asyncio.create_task(_at(chat, CHAT_ANSWERS, number + 2))
        taken.append(await _press(chat.locator("#text").press, "Enter", shown))
    return taken


async def _take(chat: Page, desk: Page, shuke: ShukeUp) -> None:
    await chat.locator("#text").fill("can I talk to a person?")
    await chat.locator("#text").press("Enter")
    await chat.wait_for_function(CHAT_ANSWERS, arg=TIMES + 2)
    await desk.goto(f"{shuke.address}/desk")
    await desk.locator("[name=name]").fill(AGENTS[0])
    await desk.locator("[name=password]").fill(PASSWORD)
    await desk.locator("main button").click()
    customer = shuke.installation.values(
        f"SELECT customer_id FROM identities WHERE user_id = '{newest_visitor(shuke)}'"
    )[0]
    await desk.locator("#waiting-title").wait_for()
    await desk.goto(f"{shuke.address}/desk/talks/{customer}")
    await desk.get_by_role("button", name="Take").click()
    await desk.get_by_text("This conversation is yours").wait_for()


async def _told(writer: Page, box: str, key: str, reader: Page, shows: str, *, pause: float = 0.5) -> list[float]:
    taken = []
    for number in range(TIMES):
        await asyncio.sleep(pause)
        words = f"line {number}"
        await writer.locator(box).fill(words)
        shown = asyncio.create_task(_at(reader, shows, words))
        taken.append(await _press(writer.locator(box).press, key, shown))
    return taken


async def _at(page: Page, wanted: str, arg: object) -> float:
    await page.wait_for_function(wanted, arg=arg)
    return perf_counter()


async def _press(press: Callable[[str], Awaitable[None]], key: str, shown: asyncio.Task[float]) -> float:
    await asyncio.sleep(0.1)  # the other page looks out already
    began = perf_counter()
    await press(key)
    return await shown - began


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
