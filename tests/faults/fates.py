"""What becomes of a process: chosen by a seed before it is born, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Literal

type How = Literal["killed at", "killed", "frozen", "stopped"]

COMMITS = {"statement": 60, "before commit": 12, "after commit": 12}
STEPS: Mapping[str, Mapping[str, int]] = {
    "worker": COMMITS | {"before sendmessage": 3, "after sendmessage": 3},
    "poll": COMMITS | {"before getupdates": 4, "after getupdates": 4},
    "web": {"statement": 40, "before commit": 8, "after commit": 8},
    "clock": COMMITS,
}
"""Where a role can be killed, and how often it comes by there at most before it is."""
PLANTS = {
    "done before it is answered": "took turns for",
    "claimed without a lock": "came more often than meant",
    "goes by its own clock": "times are not of this run",
    "stored as often as delivered": "of which is stored",
    "acknowledged before it is stored": "of which is stored",
}
"""Faults that can be planted in a process (`plants`), and how the promise that each breaks is told."""
LIVES_AT_MOST = 1.2
"""Seconds before one that is to be killed, frozen or stopped from outside is."""
CUT_SHORT = 2.5
"""Seconds after which one that has not come by its step is killed all the same."""


@dataclass(frozen=True, slots=True)
class Fate:
    """``killed at`` the ``number``-th time that it comes by ``step``; or ``killed``, ``frozen`` or ``stopped`` by
    SIGKILL, SIGSTOP (for longer than a lease) or SIGTERM from outside, ``after`` so many seconds."""

    how: How
    step: str | None = None
    number: int = 0
    after: float = CUT_SHORT

    def __str__(self) -> str:
        if self.how == "killed at":
            return f"killed at {self.step} {self.number}"
        return f"{self.how} after {self.after:.2f} s"


@dataclass(frozen=True, slots=True)
class Birth:
    """A role's process to be: what it is told, how wrong its clock goes, what is broken in it, and its fate."""

    role: str
    environment: Mapping[str, str]
    log: Path
    fate: Fate | None = None
    clock_off: timedelta = timedelta(0)
    plant: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the town that always has a process of a role; ``calmer`` ones come to harm so many times later."""

    role: str
    number: int
    clock_off: timedelta = timedelta(0)
    calmer: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.role} {self.number}"


def a_fate(slot: Slot, chance: Random) -> Fate:
    """Choose how a process ends: most by a kill at a named step, the others from outside at any moment."""
    drawn = chance.random()
    if drawn < 0.6:
        step = chance.choice(sorted(STEPS[slot.role]))
        return Fate("killed at", step, chance.randint(1, STEPS[slot.role][step] * slot.calmer), CUT_SHORT * slot.calmer)
    how: How = "killed" if drawn < 0.9 else "stopped" if drawn < 0.96 else "frozen"
    return Fate(how, after=0.3 + chance.random() * LIVES_AT_MOST * slot.calmer)
