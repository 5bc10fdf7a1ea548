"""Time, ids and chance, injected everywhere so that a simulated world is exact.

Nothing else in the project may ask the machine for the time, a random number or
a new id: what happens in `shuke simulate` must happen again, byte for byte.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from random import Random
from typing import Protocol

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as ULIDs use it
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> str:
        """Return a new id: 26 characters, unique, sorting by the time of its making."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; it never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Set the time.

        Raises:
            ValueError: ``moment`` lies before the present; the clock has not moved.
        """
        if moment < self._now:
            raise ValueError(f"the clock stands at {self._now.isoformat()} and cannot go back to {moment.isoformat()}")
        self._now = moment.astimezone(UTC)


class Ulids:
    """ULIDs from a clock and a source of chance; within one millisecond they count up.

    Counting up keeps ids of one process in the order of their making. May be
    shared between threads.
    """

    def __init__(self, clock: Clock, chance: Random | None = None) -> None:
        self._clock = clock
        self._chance = chance or secrets.SystemRandom()
        self._last_ms = -1
        self._last_tail = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        ms = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            if ms > self._last_ms:
                self._last_ms = ms
                self._last_tail = self._chance.getrandbits(79)
            else:
                self._last_tail += 1
            number = (self._last_ms << 80) | self._last_tail
        return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -10, -10)])
