"""The virtual world of `shuke simulate`: a JSON line in, a JSON line out.

Channels only record; everything else, from the understanding to the ledger, is what
runs in the shop. Same seed, model and input: same output, byte for byte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import orjson

from bot.world.lines import LineRefused, read_line
from bot.world.world import BEGINNING, World

__all__ = ["BEGINNING", "LineRefused", "World", "run"]


async def run(world: World, lines: AsyncIterator[bytes] | Iterable[bytes], write: Callable[[bytes], None]) -> None:
    """Handle line after line; one that is refused is answered with its error, and the run goes on.

    Empty lines are passed over, but counted: an answer's number is its line's in the input.

    Raises:
        NluUnavailable: nobody could say what a text means; the answers so far are written.
    """
    number = 0
    async for raw in _each(lines):
        number += 1
        if not raw.strip():
            continue
        try:
            answer = {"line": number} | await world.handle(read_line(raw))
        except LineRefused as exc:
            answer = {"line": number, "error": str(exc)}
        write(orjson.dumps(answer) + b"\n")


async def _each(lines: AsyncIterator[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(lines, AsyncIterator):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line
