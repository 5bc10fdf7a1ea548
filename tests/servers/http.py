"""As much of an HTTP/1.1 server as a platform's stand-in needs: quick to start, able to misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_BODY_LIMIT = 64 * 1024 * 1024


class DropConnection(Exception):
    """Close the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``fields`` are those of the query and of a form or JSON body, ``body`` is as it came."""

    method: str
    path: str
    headers: dict[str, str]
    fields: dict[str, Any]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; ``body`` goes out as JSON, text as it is."""

    status: int
    body: Any


Handler = Callable[[Request], Awaitable[Response]]


class LocalServer:
    """Serves ``handler`` on a loopback port, 0 for a free one."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._connected, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await _read_request(reader)
                response = await self._handler(request)
                writer.write(_encode(response))
                await writer.drain()
        except (DropConnection, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    size = min(int(headers.get("content-length", "0")), _BODY_LIMIT)
    body = await reader.readexactly(size)
    url = urlsplit(target)
    fields: dict[str, Any] = dict(parse_qsl(url.query, keep_blank_values=True))
    if body and headers.get("content-type", "").startswith("application/json"):
        fields |= json.loads(body)
    elif body:
        fields |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Request(method, url.path, headers, fields, body)


def _encode(response: Response) -> bytes:
    if isinstance(response.body, str):
        body, kind = response.body.encode(), "text/plain"
    else:
        # ASCII: half a surrogate pair, which some tests send, has no UTF-8 form.
        body, kind = json.dumps(response.body).encode(), "application/json"
    head = f"HTTP/1.1 {response.status} .\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
