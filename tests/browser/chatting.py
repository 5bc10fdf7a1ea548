"""What a visitor of the chat page does and sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from playwright.async_api import FrameLocator, Locator, Page, expect

Place = Page | FrameLocator
"""The chat as a page of its own, or in its frame on another page."""


def lines(place: Place, by: str) -> Locator:
    """The texts of one side: ``visitor``, ``bot`` or ``agent``."""
    return place.locator(f"#log .{by} .text")


async def say(place: Place, text: str) -> None:
    """Type a message and send it by the Enter key."""
    box = place.locator("#text")
    await box.fill(text)
    await box.press("Enter")


async def has_answered(place: Place, count: int) -> None:
    """Wait until the bot has said so many things, and nothing waits to be sent."""
    await expect(lines(place, "bot")).to_have_count(count)
    await expect(place.locator("#log .unsent")).to_have_count(0)


async def everything(place: Place) -> list[tuple[str, str]]:
    """All that is shown, top to bottom: who said it, and what."""
    found: list[tuple[str, str]] = []
    for line in await place.locator("#log .line").all():
        classes = (await line.get_attribute("class") or "").split()
        found.append((classes[1], await line.locator(".text").inner_text()))
    return found


async def milliseconds(doing: Callable[[], Awaitable[Any]], until: Callable[[], Awaitable[Any]]) -> float:
    """How long it takes from the one to the other."""
    began = monotonic()
    await doing()
    await until()
    return (monotonic() - began) * 1000
