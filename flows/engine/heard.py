"""What reaches the engine, and what leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flows.engine.state import DialogueState, Say
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore, Understanding

FlowEventKind = Literal["flow.started", "flow.completed", "flow.cancelled", "flow.interrupted", "flow.resumed"]


Told = Literal["noted", "needs_leave", "not_kept"]
"""Something of themselves: remembered already, or of the kind that is only kept with the customer's leave, or of that
kind after they refused it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a customer: words with their understanding, or a pressed button, or an attachment."""

    text: str = ""
    intent: str = OUT_OF_SCOPE
    intents: tuple[IntentScore, ...] = ()
    confidence: float = 0.0
    entities: tuple[Entity, ...] = ()
    language: str = "zh"
    sentiment: float = 0.0
    urgency: float = 0.0
    sensitive: tuple[str, ...] = ()
    """The matters that want a careful hand, the gravest first."""
    instead: tuple[str, ...] = ()
    """Intents that the message may want instead of its own, which is too unsure to be acted on without asking."""
    foreign: bool = False
    """Written in neither of our languages; `language` is the one to answer in."""
    told: tuple[Told, ...] = ()
    """What it tells of its customer beside any wish, as far as the talk has to know."""
    payload: str | None = None
    ref: str | None = None
    """Which message of the history this is: for a question about it that is put later."""
    attachment: str | None = None
    """``photo``, ``voice``, ``sticker``, ``file``, ``location``, ``other``, or ``contact``: the
    platform's own word on the customer's phone, which the runtime has taken in already."""

    @classmethod
    def of(cls, understood: Understanding, attachment: str | None = None) -> Heard:
        """Return words with what they were understood to mean."""
        return cls(
            text=understood.text,
            intent=understood.intent,
            intents=understood.intents,
            confidence=understood.confidence,
            entities=understood.entities,
            language=understood.language,
            sentiment=understood.sentiment,
            urgency=understood.urgency,
            sensitive=tuple(one.matter for one in understood.sensitive),
            instead=tuple(one.name for one in understood.instead),
            foreign=understood.language == "other",
            attachment=attachment,
        )

    @property
    def names(self) -> list[str]:
        """Every intent of the message, best first; where it fits none, what comes behind is a guess and no wish."""
        if self.intent == OUT_OF_SCOPE:
            return [OUT_OF_SCOPE]
        return list(dict.fromkeys((self.intent, *(score.name for score in self.intents))))


@dataclass(frozen=True, slots=True)
class FellSilent:
    """The customer has not answered; ``closes`` where it has been so long that what was asked is laid aside."""

    closes: bool = False


@dataclass(frozen=True, slots=True)
class ActionDone:
    """What the action that was asked for returned (JSON)."""

    name: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """An action to be done before the engine can go on; ``args`` are the flow's slots and the step's args."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlowEvent:
    """Something that happened to a flow the customer sees, for the history."""

    kind: FlowEventKind
    flow: str

    @property
    def data(self) -> dict[str, Any]:
        return {"flow": self.flow}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next. Where ``act`` is set, `decide` is to be called again with its `ActionDone`."""

    state: DialogueState
    says: tuple[Say, ...] = ()
    act: Act | None = None
    events: tuple[FlowEvent, ...] = ()
    trace: tuple[str, ...] = field(default=())
    """Why, step by step, for `shuke explain`; no words of the customer."""
