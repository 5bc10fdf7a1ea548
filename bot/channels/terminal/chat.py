"""The terminal's end of the chat: what `shuke chat` runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.channels.terminal.receive import LINE_LIMIT
from bot.errors import ShukeError
from crm_store.ports import Ids

NOT_RUNNING = "机器人没有运行，请先 shuke up。The bot is not running; start it with: shuke up"
HUNG_UP = "连接已断开。The bot has hung up."
CONNECTED = "已接通，直接打字即可，Ctrl-D 结束。Connected: just type; Ctrl-D ends it."
SEND_AGAIN = "这条没有发出去。This line was not taken"
SHARE = "（发送 /phone 号码 可分享手机号 · to share your phone, type /phone NUMBER）"


class ChatUnavailable(ShukeError):
    """The chat cannot go on; the text says why, in both languages."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the chat waits when its lines come from a pipe and not from a person."""

    for_an_answer: timedelta = timedelta(seconds=20)
    """After a line, until something is answered; a colleague may own the talk, and nothing come."""
    between_answers: timedelta = timedelta(milliseconds=400)
    """After an answer, whether another belongs to it."""
    at_the_end: timedelta = timedelta(milliseconds=1500)
    """After the last answer."""


class Chat:
    """One talk with the running bot as ``user``.

    A number alone presses that button of the last message that had any; ``/phone NUMBER``
    shares a phone.
    """

    def __init__(
        self,
        console: Console,
        *,
        user: str,
        language: str | None,
        ids: Ids,
        patience: Patience | None = None,
    ) -> None:
        self._console = console
        self._user = user
        self._language = language
        self._ids = ids
        self._patience = patience or Patience()
        self._buttons: list[dict[str, str]] = []
        self._answered = asyncio.Event()

    async def run(self, address_file: Path, lines: AsyncIterator[str], *, wait_for_answers: bool) -> None:
        """Send ``lines`` and show what is answered, until the lines end.

        With ``wait_for_answers``, for a pipe, each line waits for the answer to the one
        before, and the last answer is waited for.

        Raises:
            ChatUnavailable: the bot is not running, refuses, or hangs up.
        """
        reader, writer = await _connect(address_file, self._user, self._language)
        if not wait_for_answers:
            self._show(CONNECTED, style="dim")
        listening = asyncio.create_task(self._listen(reader))
        sending = asyncio.create_task(self._send_all(writer, lines, wait=wait_for_answers))
        try:
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ChatUnavailable(HUNG_UP)
            await sending
        except ConnectionError:
            raise ChatUnavailable(HUNG_UP) from None
        finally:
            sending.cancel()
            listening.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
            writer.close()

    async def _send_all(self, writer: asyncio.StreamWriter, lines: AsyncIterator[str], *, wait: bool) -> None:
        last = False
        async for line in lines:
            if not line.strip():
                continue
            if wait and last:
                await self._quiet(self._patience.between_answers)
            self._answered.clear()
            writer.write(_encoded(self._meant(line.strip()) | {"id": self._ids.new()}))
            await writer.drain()
            last = True
            if wait:
                await self._first_answer()
        if wait and last:
            await self._quiet(self._patience.at_the_end)

    def _meant(self, line: str) -> dict[str, Any]:
        if line.isdecimal() and 0 < int(line) <= len(self._buttons):
            return {"payload": self._buttons[int(line) - 1]["payload"]}
        command, _, phone = line.partition(" ")
        if command == "/phone" and phone:
            return {"contact": {"phone": phone.strip()}}
        return {"text": line}

    async def _first_answer(self) -> None:
        try:
            async with asyncio.timeout(self._patience.for_an_answer.total_seconds()):
                await self._answered.wait()
        except TimeoutError:
            # Silence may be meant: a colleague has taken over.
            self._answered.set()

    async def _quiet(self, span: timedelta) -> None:
        """Wait until nothing has been answered for ``span``."""
        while self._answered.is_set():
            self._answered.clear()
            try:
                async with asyncio.timeout(span.total_seconds()):
                    await self._answered.wait()
            except TimeoutError:
                return

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            if "error" in message:
                self._show(f"{SEND_AGAIN}: {message['error']}", style="red")
                self._answered.set()
            elif "text" in message:
                self._show_message(message)
                self._answered.set()

    def _show_message(self, message: dict[str, Any]) -> None:
        self._show(message["text"], style="green")
        if message["buttons"]:
            self._buttons = message["buttons"]
        for number, button in enumerate(message["buttons"], start=1):
            self._show(f"  {number}. {button['title']}", style="cyan")
        if message.get("request_contact"):
            self._show(f"  {SHARE}", style="cyan")

    def _show(self, text: str, *, style: str) -> None:
        # As Text: brackets in what people write are no markup.
        self._console.print(Text(text, style=style), soft_wrap=True)


async def _connect(
    address_file: Path, user: str, language: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = _address(address_file)
    try:
        reader, writer = await asyncio.open_connection(address["host"], address["port"], limit=LINE_LIMIT)
    except OSError:
        raise ChatUnavailable(NOT_RUNNING) from None
    writer.write(_encoded({"token": address["token"], "user": user, "language": language}))
    hello = await reader.readline()
    if not hello:
        raise ChatUnavailable(HUNG_UP)
    if error := json.loads(hello).get("error"):
        raise ChatUnavailable(f"机器人拒绝了连接。The bot refused: {error}")
    return reader, writer


def _address(file: Path) -> dict[str, Any]:
    try:
        address: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ChatUnavailable(NOT_RUNNING) from None
    return address


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
