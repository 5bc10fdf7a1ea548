"""Whether a new model may take the place of the last one: both scored on the same examples, intent by intent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

ACCURACY_MAY_FALL: Final = 0.005
"""Half a point: so much may change by chance, from one training to the next."""
F1_MAY_FALL: Final = 0.05
FEWEST_EXAMPLES: Final = 10
"""Of fewer examples one more mistake is already more than `F1_MAY_FALL`, and says nothing."""

_DIGITS = 4  # as many as `nlu.evaluate.report` gives


@dataclass(frozen=True, slots=True)
class IntentChange:
    """How an intent fared, by F1 (0 to 1) before and after."""

    intent: str
    examples: int
    before: float
    after: float

    @property
    def change(self) -> float:
        return round(self.after - self.before, _DIGITS)

    @property
    def worse(self) -> bool:
        """Whether it fell by more than chance explains."""
        return self.examples >= FEWEST_EXAMPLES and -self.change > F1_MAY_FALL


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the last one. ``intents`` are the worst changes first."""

    examples: int
    accuracy_before: float
    accuracy_after: float
    macro_f1_before: float
    macro_f1_after: float
    intents: tuple[IntentChange, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the new model is worse, in words for who trains; none where it is not."""
        fell = round(self.accuracy_before - self.accuracy_after, _DIGITS)
        whole = [f"accuracy fell by {fell * 100:.1f} points"] if fell > ACCURACY_MAY_FALL else []
        return (
            *whole,
            *(f"{one.intent} fell by {-one.change * 100:.1f} points of F1" for one in self.intents if one.worse),
        )

    @property
    def is_worse(self) -> bool:
        """Whether the new model must not take the last one's place unless somebody insists."""
        return bool(self.reasons)

    def as_json(self) -> dict[str, Any]:
        intents = [asdict(one) | {"change": one.change, "worse": one.worse} for one in self.intents]
        return asdict(self) | {"intents": intents, "worse": self.is_worse, "reasons": list(self.reasons)}


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Return how the model behind the report ``after`` fares beside the one behind ``before``.

    Both are what `nlu.evaluate.report` returns.

    Raises:
        ValueError: they were not made on the same examples.
    """
    counted = [{name: one["examples"] for name, one in report["intents"].items()} for report in (before, after)]
    if counted[0] != counted[1]:
        raise ValueError("two models are compared on the same examples; score both on one file")
    changes = [
        IntentChange(name, one["examples"], before["intents"][name]["f1"], one["f1"])
        for name, one in after["intents"].items()
    ]
    changes.sort(key=lambda one: (one.change, one.intent))
    return Comparison(
        after["examples"], before["accuracy"], after["accuracy"], before["macro_f1"], after["macro_f1"], tuple(changes)
    )


def lines(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison as a table: the whole, then every intent that changed, the worst first."""
    yield f"{'':<32} {'last':>6} {'new':>6} {'change':>7}  of {comparison.examples} examples"
    yield _line("accuracy", comparison.accuracy_before, comparison.accuracy_after)
    yield _line("macro-F1", comparison.macro_f1_before, comparison.macro_f1_after)
    changed = [one for one in comparison.intents if one.change]
    for one in changed:
        mark = "  worse" if one.worse else ""
        yield f"{_line(one.intent, one.before, one.after)}  of {one.examples}{mark}"
    if not changed:
        yield "no intent fares otherwise than before"


def _line(name: str, before: float, after: float) -> str:
    return f"{name:<32} {before * 100:>6.1f} {after * 100:>6.1f} {(after - before) * 100:>+7.1f}"
