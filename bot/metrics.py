"""What is counted while Shuke works, for `/metrics`: numbers alone, never a customer's words, names or ids.

Counting takes about a microsecond, on the thread of the event loop, and asks the
database nothing; what stands in the tables is read when somebody looks (`bot.monitoring`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

TurnOutcome = Literal["answered", "silent", "noted", "failed", "given_up", "taken"]
"""``silent``: a person has the conversation; ``noted``: nothing to answer, as a receipt; ``failed``: it is tried
again; ``given_up``: a person has to answer; ``taken``: another worker was faster."""
Fate = Literal["sent", "postponed", "failed", "unknown", "skipped"]
Step = Literal["understand", "write", "deliver", "finish"]

STEPS: tuple[Step, ...] = ("understand", "write", "deliver", "finish")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_RULES = "rules"


class Metrics:
    """The figures of one process, in a registry of their own.

    ``now`` tells seconds on a clock that never goes back.
    """

    def __init__(self, *, now: Callable[[], float] = perf_counter) -> None:
        self.registry = registry = CollectorRegistry()
        self._now = now
        ProcessCollector(registry=registry)
        self._turns = Counter("shuke_turns", "Turns, by what came of them.", ["outcome"], registry=registry)
        seconds = Histogram(
            "shuke_turn_seconds", "How long the steps of a turn took.", ["step"], buckets=_SECONDS, registry=registry
        )
        # Looked up once: by name it costs as much again as counting.
        self._steps = {step: seconds.labels(step) for step in STEPS}
        understood = Histogram(
            "shuke_nlu_seconds", "How long a text took to be understood, by whom: rasa or the keyword rules.",
            ["source"], buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._understood = {source: understood.labels(source) for source in ("rasa", _RULES)}
        self._received = Counter(
            "shuke_messages_received", "Messages taken in; those that came again are duplicates.",
            ["channel", "duplicate"], registry=registry,
        )  # fmt: skip
        self._messages = Counter(
            "shuke_messages", "Attempts at sending, by what came of them.", ["channel", "kind", "fate"],
            registry=registry,
        )  # fmt: skip
        self._care = Counter(
            "shuke_care", "Occasions of care, by what came of them; skipped ones by the gate's reason.",
            ["outcome", "reason"], registry=registry,
        )  # fmt: skip
        self._breaker = Gauge(
            "shuke_nlu_breaker_open", "1 while Rasa is left alone because it did not answer.", registry=registry
        )

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Time one step of a turn; one that fails is timed too."""
        began = self._now()
        try:
            yield
        finally:
            self._steps[step].observe(self._now() - began)

    @contextmanager
    def understanding(self) -> Iterator[Callable[[str], None]]:
        """Time the step that understands a text; the caller says by whom it was understood."""
        began = self._now()

        def by(source: str) -> None:
            # A fallback is what the rules say where they know nothing.
            self._understood["rasa" if source == "rasa" else _RULES].observe(self._now() - began)

        try:
            yield by
        finally:
            self._steps["understand"].observe(self._now() - began)

    def turn(self, outcome: TurnOutcome) -> None:
        """Count a turn."""
        self._turns.labels(outcome).inc()

    def received(self, channel: str, *, duplicate: bool) -> None:
        """Count a message that was taken in."""
        self._received.labels(channel, "yes" if duplicate else "no").inc()

    def message(self, channel: str, kind: str, fate: str) -> None:
        """Count what came of handing a message to its platform."""
        self._messages.labels(channel, kind, fate).inc()

    def care(self, outcome: str, reason: str | None) -> None:
        """Count what came of an occasion of care."""
        self._care.labels(outcome, reason or "").inc()

    def watch_breaker(self, is_open: Callable[[], bool]) -> None:
        """Have the breaker before Rasa asked whenever somebody looks."""
        self._breaker.set_function(lambda: float(is_open()))
