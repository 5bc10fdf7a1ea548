"""People at the desk in real browsers, and customers who write to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, OpenPage, ShukeUp

Desk = Callable[..., Awaitable[Page]]


def desk_of(shop: ShukeUp, open_page: OpenPage) -> Desk:
    """Return what signs an agent in, in a browser of their own."""

    async def sign_in(name: str = "li", locale: str = "en-GB", **options: object) -> Page:
        page = await open_page(locale=locale, storage_state=shop.signed_in.get(name), **options)
        await page.goto(f"{shop.address}/desk")
        if name not in shop.signed_in:
            await page.locator("[name=name]").fill(name)
            await page.locator("[name=password]").fill(PASSWORD)
            await page.locator("main button").click()
        await expect(page.locator("#waiting-title")).to_be_visible()
        shop.signed_in[name] = await page.context.storage_state()
        return page

    return sign_in


async def open_talk(page: Page, shop: ShukeUp, user: str) -> None:
    """Open the conversation with a customer, whoever else waits."""
    [customer] = shop.installation.values(
        f"SELECT customer_id FROM identities WHERE channel = 'terminal' AND user_id = '{user}'"
    )
    await page.goto(f"{shop.address}/desk/talks/{customer}")


async def says(shop: ShukeUp, user: str, *lines: str) -> None:
    """Let a customer write, without waiting for answers: none comes where a colleague has the conversation."""
    address = json.loads((shop.installation.root / "var" / "terminal.json").read_text())
    reader, writer = await asyncio.open_connection(address["host"], address["port"])
    hello = {"token": address["token"], "user": user, "language": None}
    for line in (hello, *({"text": text, "id": uuid4().hex} for text in lines)):
        writer.write(json.dumps(line).encode() + b"\n")
    await writer.drain()
    await reader.readline()
    writer.write_eof()
    while await reader.readline():
        pass
    writer.close()
