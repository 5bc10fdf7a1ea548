"""Who is asked next: the least busy Rasa, and a short queue before all of them.

A Rasa works on one message at a time, so more than a few at once in each would only
wait there, where nobody can send them elsewhere.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from nlu.client import AT_ONCE, RasaClient
from nlu.errors import NluBusy


@dataclass(slots=True, eq=False)
class Lane:
    """One Rasa; ``model`` is the version that it serves, ``busy`` how many messages it has from us."""

    client: RasaClient
    model: str = ""
    busy: int = 0
    last_taken: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """Somebody who waits for a lane ``but`` those; the lower the ticket, the longer."""

    ticket: int
    but: Collection[Lane]
    comes: asyncio.Future[None]


class Lanes:
    """Hands out places in lanes, first come, first served; at most ``most_waiting`` messages wait."""

    def __init__(self, *, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._open: tuple[Lane, ...] = ()
        # Those who wait, and of them those who were not called yet: one who was called
        # has no place until it runs, and nobody may come in between.
        self._waiting = 0
        self._calls: list[_Call] = []
        self._tickets = 0
        self._taken = 0

    @property
    def waiting(self) -> int:
        return self._waiting

    def open(self, lanes: Iterable[Lane]) -> None:
        """Have these lanes and no others; what is under way in another one ends there."""
        self._open = tuple(lanes)
        self._call()

    def worth_asking(self, *, but: Collection[Lane] = ()) -> bool:
        """Return whether there is a Rasa, ``but`` those, that has not just failed to answer."""
        return any(lane not in but and not lane.client.is_resting for lane in self._open)

    async def take(self, *, but: Collection[Lane] = ()) -> Lane | None:
        """Return the least busy lane, ``but`` those, once there is a place in one; None where none is worth asking.

        Give it back. Who was let down by ``but`` has waited before, and does not queue again behind others.

        Raises:
            NluBusy: too many wait already.
        """
        if (but or not self._waiting) and (lane := self._free(but)) is not None:
            return self._occupied(lane)
        if not self.worth_asking(but=but):
            return None
        if self._waiting >= self._most_waiting:
            raise NluBusy(f"{self._waiting} messages wait for rasa already")
        self._waiting += 1
        try:
            return await self._called(but)
        finally:
            self._waiting -= 1
            # Also where this one gave up: the place that it was called to is another's.
            self._call()

    def give_back(self, lane: Lane) -> None:
        lane.busy -= 1
        self._call()

    async def _called(self, but: Collection[Lane]) -> Lane | None:
        self._tickets += 1
        ticket = self._tickets
        while True:
            call = _Call(ticket, but, asyncio.get_running_loop().create_future())
            insort(self._calls, call, key=lambda one: one.ticket)
            # Those before it may wait for others than the one that it can have.
            self._call()
            try:
                await call.comes
            finally:
                if call in self._calls:
                    self._calls.remove(call)
            if (lane := self._free(but)) is not None:
                return self._occupied(lane)
            if not self.worth_asking(but=but):
                return None

    def _call(self) -> None:
        """Call the first who waits and for whom there is a place, or nothing left to wait for."""
        for call in self._calls:
            if self._free(call.but) is not None or not self.worth_asking(but=call.but):
                self._calls.remove(call)
                if not call.comes.done():
                    call.comes.set_result(None)
                return

    def _free(self, but: Collection[Lane]) -> Lane | None:
        free = [lane for lane in self._open if lane.busy < AT_ONCE and lane not in but and not lane.client.is_resting]
        return min(free, key=lambda lane: (lane.busy, lane.last_taken), default=None)

    def _occupied(self, lane: Lane) -> Lane:
        self._taken += 1
        lane.busy += 1
        lane.last_taken = self._taken
        return lane
