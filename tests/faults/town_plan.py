"""What is to happen in a town, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tests.faults.chronicle import Chronicle
from tests.faults.sending_checks import came_again
from tests.faults.town_records import Records
from tests.servers.telegram_api import Sent

type WayIn = Literal["poll", "webhook"]

LEASE = timedelta(seconds=3)
"""How long the town's processes lease what they work on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: how many kills, by which seed, and what besides.

    Of two workers and two clocks the second of each is set an hour wrong, soon after
    its start, where ``wrong_clocks``. ``plant`` names a fault that every process is given.
    """

    seed: int
    kills: int
    restarts: int = 2
    """How often PostgreSQL is stopped or killed, and started again."""
    way_in: WayIn = "poll"
    wrong_clocks: bool = True
    talking: int = 8
    """Customers at once."""
    cared_for: int = 6
    plant: str | None = None
    patience: float = 90
    """Seconds that a customer waits for an answer, and that all waits for an end once nobody is killed any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run; ``broken`` are the promises that were not kept."""

    plan: Plan
    chronicle: Chronicle
    records: Records
    broken: Sequence[str]
    sent: Sequence[Sent]
    seconds: float
    """How long it took, from the first process to the last one's end."""
    sent_at: Sequence[float]
    """When each of ``sent`` arrived, in seconds since the beginning."""

    def story(self) -> str:
        """Return what was broken, the seed, everything that happened, in order, and when what came again came."""
        again = came_again(self.sent)
        came = [
            f"{at:8.3f}  {one.ref} came to {one.chat_id}"
            for one, at in zip(self.sent, self.sent_at, strict=True)
            if one.ref in again
        ]
        lines = [f"seed {self.plan.seed}, {self.plan}:", *self.broken, "", *self.chronicle.events, "", *came]
        return "\n".join(lines)
