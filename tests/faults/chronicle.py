"""What happened in a town, in order, and what it cost: printed where a promise was broken, counted where none was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic


@dataclass(frozen=True, slots=True)
class Harm:
    """Something done to a process or the database: what, at which step, and the messages it was sending then."""

    at: float
    what: str
    to: str
    step: str
    in_doubt: int

    @property
    def role(self) -> str:
        return self.to.split(" ")[0]


@dataclass(slots=True)
class Chronicle:
    """The events of one run; times are seconds since it began."""

    began: float = field(default_factory=monotonic)
    events: list[str] = field(default_factory=list)
    harms: list[Harm] = field(default_factory=list)
    in_doubt: Counter[str] = field(default_factory=Counter)
    """How often each message, by its reference, was being sent by somebody who was killed, frozen or cut off."""
    waits: list[float] = field(default_factory=list)
    """How long customers waited for each answer."""
    broken: list[str] = field(default_factory=list)
    """Promises that were seen broken on the way."""

    def note(self, what: str) -> None:
        """Write down an event."""
        self.events.append(f"{self.now():8.3f}  {what}")

    def harm(self, what: str, to: str, step: str, sending: Sequence[str]) -> None:
        """Write down a harm, and the references of the messages that became doubtful by it."""
        self.in_doubt.update(sending)
        self.harms.append(Harm(self.now(), what, to, step, len(sending)))
        self.note(f"{to}: {what} ({step}), sending {len(sending)}")

    def broke(self, what: str) -> None:
        """Write down a promise that was broken."""
        self.broken.append(what)
        self.note(f"BROKEN: {what}")

    def now(self) -> float:
        return monotonic() - self.began

    @property
    def kills(self) -> int:
        return sum(one.what == "killed" for one in self.harms)
