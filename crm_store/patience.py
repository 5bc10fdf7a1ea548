"""Trying again until something works, or for as long as one is patient."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long something is tried, and how long to rest between two tries."""

    lasts: timedelta
    rest: timedelta

    def until[T](
        self,
        attempt: Callable[[], T | None],
        *,
        counter: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> T | None:
        """Return what ``attempt`` comes back with once that is anything; None where it never was.

        It is tried at least once, and once more when time is up. Blocks its thread: none of an event loop's.
        """
        end = counter() + self.lasts.total_seconds()
        while True:
            over = counter() >= end
            if (found := attempt()) is not None or over:
                return found
            sleep(min(self.rest.total_seconds(), max(end - counter(), 0)))
