"""Plain HTTP/1.1 on this machine for httpx, at a fifth of the CPU of its own transport.

A message costs Rasa some three milliseconds; httpx's general transport (any
network, any async library) would add another one to every turn of the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

import httpx

_LONGEST_HEAD = 64 * 1024  # bytes, of an answer


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def is_alive(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing()


class LoopbackTransport(httpx.AsyncBaseTransport):
    """Keeps connections open between requests, one request on each at a time.

    Only for idempotent requests to a server that names the length of its answers:
    a request is sent once more where the server had closed an idle connection.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[_Connection]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = (request.url.host, request.url.port or 80)
        message = _written(request, await request.aread())
        try:
            while (kept := self._kept(place)) is not None:
                try:
                    return await self._exchange(place, kept, message)
                except (asyncio.IncompleteReadError, ConnectionError):
                    # It was closed while idle; the message was not looked at.
                    continue
            connection = _Connection(*await asyncio.open_connection(*place, limit=_LONGEST_HEAD))
            return await self._exchange(place, connection, message)
        except asyncio.LimitOverrunError as exc:
            raise httpx.RemoteProtocolError("the head of the answer is too long", request=request) from exc
        except (asyncio.IncompleteReadError, OSError) as exc:
            raise httpx.NetworkError(f"no whole answer: {type(exc).__name__}", request=request) from exc

    async def aclose(self) -> None:
        for connection in [connection for kept in self._idle.values() for connection in kept]:
            connection.writer.close()
        self._idle.clear()

    def _kept(self, place: tuple[str, int]) -> _Connection | None:
        kept = self._idle.get(place, [])
        while kept:
            connection = kept.pop()
            if connection.is_alive:
                return connection
            connection.writer.close()
        return None

    async def _exchange(self, place: tuple[str, int], connection: _Connection, message: bytes) -> httpx.Response:
        answered = False
        try:
            connection.writer.write(message)
            response = await _read(connection.reader)
            answered = response.headers.get("connection", "").lower() != "close"
            return response
        finally:
            # After a failure or a cancelled wait an answer may still be under way,
            # and the next message would be given it.
            if answered:
                self._idle.setdefault(place, []).append(connection)
            else:
                connection.writer.close()


def _written(request: httpx.Request, body: bytes) -> bytes:
    target: bytes = request.extensions.get("target", request.url.raw_path)
    lines = [request.method.encode() + b" " + target + b" HTTP/1.1", *_lines(request.headers.raw), b"", body]
    return b"\r\n".join(lines)


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    return [name + b": " + value for name, value in headers]


async def _read(reader: asyncio.StreamReader) -> httpx.Response:
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    try:
        status = int(head[0].split(b" ", 2)[1])
        fields = (line.partition(b":") for line in head[1:] if line)
        headers = httpx.Headers([(name, value.strip()) for name, _, value in fields])
        length = int(headers["content-length"])
        if length < 0:
            raise ValueError(length)
    except (ValueError, IndexError, KeyError) as exc:
        raise httpx.RemoteProtocolError("the answer names no status or no length") from exc
    return httpx.Response(status, headers=headers, content=await reader.readexactly(length))
