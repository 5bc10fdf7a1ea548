"""What local platforms have in common: calls that go wrong on demand, and tests that wait for what they come to."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.http import DropConnection


class Unreadable(Exception):
    """Answer 200 and half a JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a call goes wrong; a platform adds how it says so.

    ``status`` answers with that error; ``drop`` closes the connection, ``stall``
    never answers (the client must time out), ``unreadable`` answers 200 and half a
    JSON. With ``handled`` the work is done first, so that only the answer is lost.
    """

    status: int | None = None
    drop: bool = False
    stall: bool = False
    unreadable: bool = False
    handled: bool = False

    async def strike(self) -> None:
        """Do what is the same on every platform; returns where the answer is an error of the platform's own.

        Raises:
            DropConnection, Unreadable: as they say.
        """
        if self.stall:
            await asyncio.Event().wait()
        if self.drop:
            raise DropConnection
        if self.unreadable:
            raise Unreadable


class LocalPlatform[F: Fault]:
    """Keeps the faults to come, and wakes who waits."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._faults: dict[str, deque[F]] = defaultdict(deque)

    async def wait_until(self, condition: Callable[[], bool], within: float = 5) -> None:
        """Wait until ``condition`` holds; it is tried after each call and each thing that a customer does."""
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def has_failed(self, name: str) -> bool:
        """Return whether every fault planned for these calls has struck."""
        return not self._faults[name]

    def _will_fail(self, name: str, fault: F, times: int) -> None:
        self._faults[name].extend([fault] * times)

    def _next_fault(self, name: str) -> F | None:
        faults = self._faults[name]
        return faults.popleft() if faults else None
