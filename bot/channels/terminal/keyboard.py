"""Lines from a keyboard or a pipe."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator


async def typed_lines(descriptor: int) -> AsyncIterator[str]:
    """Yield the lines that arrive at a file descriptor, without their ends, until there are no more.

    A thread reads, since a regular file cannot be waited for; it reads the descriptor
    itself, since Python's own standard input may not be held by a thread when the
    program ends. Invalid UTF-8 becomes U+FFFD.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while chunk := os.read(descriptor, 65536):
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in lines:
                loop.call_soon_threadsafe(arrived.put_nowait, line.removesuffix("\r"))
        if rest := rest + decoder.decode(b"", final=True):
            loop.call_soon_threadsafe(arrived.put_nowait, rest)
        loop.call_soon_threadsafe(arrived.put_nowait, None)

    threading.Thread(target=read, name="typed-lines", daemon=True).start()
    while (line := await arrived.get()) is not None:
        yield line
