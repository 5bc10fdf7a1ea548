"""Leaves a service alone while it does not answer, and tries it again by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta


class Breaker:
    """Opens after ``failures`` failures in a row; then one attempt a ``pause`` is let through.

    ``now`` tells seconds on a clock that never goes back. The first attempt that
    succeeds closes the breaker.
    """

    def __init__(self, *, failures: int, pause: timedelta, now: Callable[[], float]) -> None:
        self._failures_allowed = failures
        self._pause = pause.total_seconds()
        self._now = now
        self._failures = 0
        self._next_attempt = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._failures_allowed

    @property
    def is_resting(self) -> bool:
        """Whether no attempt may be made now; asking takes none."""
        return self.is_open and self._now() < self._next_attempt

    def allows(self) -> bool:
        """Return whether an attempt may be made now; a True takes that attempt.

        An attempt that is never reported (its task was cancelled) merely costs one
        pause, so nothing can leave the breaker open for ever.
        """
        if self.is_resting:
            return False
        if self.is_open:
            self._next_attempt = self._now() + self._pause
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self.is_open:
            self._next_attempt = self._now() + self._pause
