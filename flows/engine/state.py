"""Where a talk stands: JSON between turns, frozen while one is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Say:
    """One reply to be said: its name, what its placeholders may use, and how.

    ``again`` asks for the short wording of a question that was asked before.
    """

    reply: str
    values: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"reply": self.reply, "values": dict(self.values), "again": self.again}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Say:
        return cls(str(stored["reply"]), dict(stored.get("values") or {}), bool(stored.get("again")))


@dataclass(frozen=True, slots=True)
class Frame:
    """One flow under way. ``step`` is None while it waits for its turn to begin."""

    flow: str
    step: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    """Slots that the customer passed over."""
    asked: tuple[str, ...] = ()
    """Slots whose question has been put."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What the flow's actions returned, newest over older."""
    opening: str = ""
    """The customer's words that started the flow."""
    called: bool = False
    """A part of the flow below it, not one of its own."""
    between: Literal["", "ask", "keep"] = ""
    """A pattern that speaks in between; behind it, the open question below is put again or just stays open."""

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": self.flow,
            "step": self.step,
            "slots": dict(self.slots),
            "skipped": list(self.skipped),
            "asked": list(self.asked),
            "result": dict(self.result),
            "opening": self.opening,
            "called": self.called,
            "between": self.between,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Frame:
        return cls(
            flow=str(stored["flow"]),
            step=stored.get("step"),
            slots=dict(stored.get("slots") or {}),
            skipped=tuple(stored.get("skipped") or ()),
            asked=tuple(stored.get("asked") or ()),
            result=dict(stored.get("result") or {}),
            opening=str(stored.get("opening") or ""),
            called=bool(stored.get("called")),
            between=stored.get("between") or "",
        )


@dataclass(frozen=True, slots=True)
class DialogueState:
    """The whole talk. The last frame of ``stack`` is the one under way."""

    stack: tuple[Frame, ...] = ()
    asking: str | None = None
    """The slot whose question is open."""
    misunderstood: int = 0
    """Messages in a row that made no sense to the bot."""
    last_says: tuple[Say, ...] = ()
    """What was said last, for a customer who wants to hear it again."""
    offered_help: bool = False
    """The last thing said was an offer of more help."""
    reminded: bool = False
    """The open question was put again after small talk; it is not put again after more of it."""
    options: tuple[tuple[str, str], ...] = ()
    """(title, payload) of the buttons shown last; a title or its number may be typed instead."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    """Slots that outlive their flow (`persisted_slots`)."""
    wordings: Mapping[str, int] = field(default_factory=dict)
    """Which wording of a reply was used last."""
    closed: Mapping[str, Any] = field(default_factory=dict)
    """What was laid aside after a long silence (``flow`` and ``slots``), until the customer is told."""
    done: Mapping[str, Any] = field(default_factory=dict)
    """The flow that was completed last and its ``slots``: what was wrong in it can still be put right."""
    choice: Mapping[str, Any] = field(default_factory=dict)
    """The ``slot`` that was chosen last by a button, and the ``values`` that there were."""
    acts: int = 0
    """Actions since the customer's last message; bounded, so that no flow runs for ever."""
    complained: bool = False
    """A complaint has been under way since the customer's last message, be it over by now."""

    @property
    def flow(self) -> str | None:
        """The flow that the customer sees: called parts count as the flow that called them, patterns not at all."""
        for frame in reversed(self.stack):
            if not frame.called and not frame.between:
                return frame.flow
        return None

    @property
    def shown_slots(self) -> dict[str, Any]:
        """The filled slots of the flow that the customer sees, its called parts included."""
        shown: dict[str, Any] = {}
        for frame in reversed(self.stack):
            if frame.between:
                continue
            shown = {name: value for name, value in frame.slots.items() if value is not None} | shown
            if not frame.called:
                break
        return shown

    def offering(self, buttons: Sequence[tuple[str, str]]) -> DialogueState:
        """Return the state with these buttons, as (title, payload), as the ones shown last."""
        return replace(self, options=tuple(buttons))

    def to_json(self) -> dict[str, Any]:
        return {
            "stack": [frame.to_json() for frame in self.stack],
            "asking": self.asking,
            "misunderstood": self.misunderstood,
            "last_says": [say.to_json() for say in self.last_says],
            "offered_help": self.offered_help,
            "reminded": self.reminded,
            "options": [list(option) for option in self.options],
            "slots": dict(self.slots),
            "wordings": dict(self.wordings),
            "closed": dict(self.closed),
            "done": dict(self.done),
            "choice": dict(self.choice),
            "acts": self.acts,
            "complained": self.complained,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> DialogueState:
        """Return the state that `to_json` gave; None is the start of a talk."""
        if not stored:
            return cls()
        return cls(
            stack=tuple(Frame.from_json(frame) for frame in stored.get("stack") or ()),
            asking=stored.get("asking"),
            misunderstood=int(stored.get("misunderstood") or 0),
            last_says=tuple(Say.from_json(say) for say in stored.get("last_says") or ()),
            offered_help=bool(stored.get("offered_help")),
            reminded=bool(stored.get("reminded")),
            options=tuple((str(title), str(payload)) for title, payload in stored.get("options") or ()),
            slots=dict(stored.get("slots") or {}),
            wordings=dict(stored.get("wordings") or {}),
            closed=dict(stored.get("closed") or {}),
            done=dict(stored.get("done") or {}),
            choice=dict(stored.get("choice") or {}),
            acts=int(stored.get("acts") or 0),
            complained=bool(stored.get("complained")),
        )
