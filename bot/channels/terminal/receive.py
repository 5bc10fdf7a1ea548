"""A loopback server that speaks JSON lines with `shuke chat`; `doc.md` has the format."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.channels.edge import storable, store
from bot.channels.terminal.send import CHANNEL
from bot.channels.terminal.sessions import Session, Sessions
from bot.channels.terminal.settings import TerminalSettings
from bot.messages import Inbound
from bot.ports import Receive
from crm_store.ports import Clock, Ids

log = structlog.get_logger(__name__)

ACCOUNT = "local"
LINE_LIMIT = 1024 * 1024
_LONGEST_NAME = 128
_HELLO_WITHIN = timedelta(seconds=10)


class BadLine(Exception):
    """A line that is not of the format; the text says what to mend and goes back to the client."""


class TerminalServer:
    """Takes what people type in `shuke chat`.

    A line is answered by ``{"stored": id}`` once its message is stored. A bad line gets
    ``{"error": …}`` and stops nothing.
    """

    def __init__(
        self,
        settings: TerminalSettings,
        sessions: Sessions,
        receive: Receive,
        *,
        clock: Clock,
        ids: Ids,
        new_token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._receive = receive
        self._clock = clock
        self._ids = ids
        self._token = new_token()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._storing: set[asyncio.Task[bool]] = set()

    async def start(self) -> None:
        """Listen, and write where to ``address_file``.

        Raises:
            OSError: the port is taken or the file cannot be written.
        """
        settings = self._settings
        self._server = await asyncio.start_server(self._connected, settings.host, settings.port, limit=LINE_LIMIT)
        port = self._server.sockets[0].getsockname()[1]
        _write_private(settings.address_file, {"host": settings.host, "port": port, "token": self._token})

    async def stop(self) -> None:
        """Hang up and take the address away; a message under way is stored first."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._talks):
            task.cancel()
        await asyncio.gather(*self._talks, *self._storing, return_exceptions=True)
        self._settings.address_file.unlink(missing_ok=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(writer)
        try:
            async with asyncio.timeout(_HELLO_WITHIN.total_seconds()):
                user, language = self._greeted(await _next_line(reader))
        except (BadLine, TimeoutError) as exc:
            await session.show({"error": str(exc) or "say hello first"})
            writer.close()
            return
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        self._sessions.add(user, session)
        try:
            await session.show({"hello": user})
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self._take_line(reader, session, user, language)
        finally:
            self._sessions.remove(user, session)
            writer.close()

    def _greeted(self, line: bytes) -> tuple[str, str | None]:
        hello = _object(line)
        token, user, language = hello.get("token"), hello.get("user"), hello.get("language")
        if not isinstance(token, str) or not hmac.compare_digest(
            token.encode("utf-8", "replace"), self._token.encode()
        ):
            raise BadLine("the token is wrong; read it from the address file again")
        if not isinstance(user, str) or not 0 < len(user := storable(user).strip()) <= _LONGEST_NAME:
            raise BadLine(f"user: give a name of 1 to {_LONGEST_NAME} characters")
        if language is not None and not isinstance(language, str):
            raise BadLine('language: give one such as "zh", or null')
        return user, language

    async def _take_line(self, reader: asyncio.StreamReader, session: Session, user: str, language: str | None) -> None:
        try:
            line = _object(await _next_line(reader))
            name = self._name(line)
            inbound = Inbound(
                channel=CHANNEL,
                account=ACCOUNT,
                external_id=f"{user}:{name}",
                user_id=user,
                sent_at=self._clock.now(),
                display_name=user,
                language=language,
                **_content(line),
            )
        except BadLine as exc:
            await session.show({"error": str(exc)})
            return
        # Shielded: a server that stops still finishes storing what it took.
        storing = asyncio.create_task(store(self._receive, inbound))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        if await asyncio.shield(storing):
            await session.show({"stored": name})
        else:
            await session.show({"error": "could not be stored; send it again", "id": name})

    def _name(self, line: dict[str, Any]) -> str:
        name = line.get("id")
        if name is None:
            return self._ids.new()
        if not isinstance(name, str | int) or not 0 < len(str(name)) <= _LONGEST_NAME:
            raise BadLine(f"id: give a text of 1 to {_LONGEST_NAME} characters")
        return storable(str(name))


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    too_long = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as exc:
            # Read past it, or the rest of the line would pass for the next one.
            await reader.readexactly(exc.consumed)
            too_long = True
            continue
        if too_long:
            raise BadLine(f"the line has more than {LINE_LIMIT} bytes")
        return line


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("the line is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise BadLine('the line is not an object such as {"text": "hello"}')
    return value


def _content(line: dict[str, Any]) -> dict[str, Any]:
    match line:
        case {"text": str(text)}:
            return {"kind": "text", "text": storable(text)}
        case {"payload": str(payload)}:
            return {"kind": "payload", "payload": storable(payload)}
        case {"contact": {"phone": str(phone)}}:
            return {"kind": "contact", "contact_phone": storable(phone)}
    raise BadLine('give one of {"text": "…"}, {"payload": "…"}, {"contact": {"phone": "…"}}')


def _write_private(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A new file and a rename: it is never readable by others, not for a moment, and
    # never half written.
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    fresh.replace(path)
