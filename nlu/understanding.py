"""What a message was understood to mean: the shape that everybody above shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nlu.felt import Felt
from nlu.sensitive import Sensitive

Language = Literal["zh", "en", "other"]
Source = Literal["rasa", "rules", "fallback"]

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class IntentScore:
    """An intent of the design's list and how sure we are of it, 0 to 1."""

    name: str
    confidence: float

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "confidence": round(self.confidence, 3)}


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing named in a message; ``text[start:end]`` of the typed message is ``text``.

    ``value`` is the normal form as JSON (see the command reference of `nlu parse`);
    None, with a ``problem``, where what was written cannot be.
    """

    entity: str
    value: Any
    text: str
    start: int
    end: int
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        shown = {"entity": self.entity, "value": self.value, "text": self.text, "start": self.start, "end": self.end}
        return shown if self.problem is None else shown | {"problem": self.problem}


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message, understood.

    ``intents`` are those that the message carries, best first, and ``intent`` the
    first of them (``out_of_scope`` where nothing fits). ``sentiment`` runs from -1
    (furious) to 1 (delighted), ``urgency`` from 0 to 1. ``sensitive`` are the matters
    that want a careful hand (threats, harm, death, illness, children), most often none; ``felt``
    are the feelings that made the two scores, each with the words that showed it.
    ``instead`` is what the message may want as well as its only intent, where that one is too
    unsure to be acted on without asking; most often none.
    """

    text: str
    language: Language
    intent: str
    confidence: float
    intents: tuple[IntentScore, ...]
    entities: tuple[Entity, ...]
    sentiment: float
    urgency: float
    source: Source
    sensitive: tuple[Sensitive, ...] = ()
    instead: tuple[IntentScore, ...] = ()
    felt: tuple[Felt, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the line that `shuke nlu parse` prints."""
        shown = {
            "text": self.text,
            "language": self.language,
            "intent": self.intent,
            "confidence": round(self.confidence, 3),
            "intents": [i.as_json() for i in self.intents],
            "entities": [entity.as_json() for entity in self.entities],
            "sentiment": round(self.sentiment, 3),
            "urgency": round(self.urgency, 3),
            "source": self.source,
        }
        if self.instead:
            shown["instead"] = [one.as_json() for one in self.instead]
        if self.felt:
            shown["felt"] = [one.as_json() for one in self.felt]
        return shown | {"sensitive": [one.as_json() for one in self.sensitive]} if self.sensitive else shown
