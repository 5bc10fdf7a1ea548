"""Who is connected in a terminal just now."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

_SLOWEST_READER = timedelta(seconds=5)


class Session:
    """One connected terminal."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def show(self, line: dict[str, Any]) -> bool:
        """Write one JSON line; return whether the terminal was there to take it."""
        if self._writer.is_closing():
            return False
        self._writer.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        try:
            async with asyncio.timeout(_SLOWEST_READER.total_seconds()):
                await self._writer.drain()
        except (TimeoutError, ConnectionError):
            # Somebody who does not read must not hold up the others' answers.
            self._writer.close()
            return False
        return True


class Sessions:
    """The connected terminals by user; shared by the server and the channel of one process."""

    def __init__(self) -> None:
        self._of: defaultdict[str, set[Session]] = defaultdict(set)

    def add(self, user: str, session: Session) -> None:
        self._of[user].add(session)

    def remove(self, user: str, session: Session) -> None:
        self._of[user].discard(session)
        if not self._of[user]:
            del self._of[user]

    def of(self, user: str) -> Iterable[Session]:
        """Return the terminals of ``user``, none if they have left."""
        return tuple(self._of.get(user, ()))
