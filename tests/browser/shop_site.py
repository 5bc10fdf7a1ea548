"""The shop's own site, another origin than the chat's: pages with the chat's one tag."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Page

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
