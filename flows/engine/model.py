"""What a flow is made of, in the words of CALM: steps that collect, act, say, set, link and call.

A flow is one YAML file, read by `load.py` into these frozen shapes; nothing here
knows a file format, a database or a channel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from flows.engine.conditions import Condition

END = "end"

SlotType = Literal["text", "number", "bool", "choice"]
AsksAgain = Literal["always", "once", "never"]

ASIDE = "aside"
"""The pattern of what is answered at any time, by its intent, without losing the question that is open."""
REPAIRS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "cancel": frozenset({"task"}),
        "resume": frozenset({"task"}),
        "repeat": frozenset({"said"}),
        "skip": frozenset(),
        "correction": frozenset({"value", "task", "elsewhere"}),
        "other_language": frozenset({"asked"}),
        "cannot_handle": frozenset({"asked"}),
        "clarification": frozenset({"first", "second", "first_wish", "second_wish", "unclear"}),
        "old_button": frozenset(),
        "media": frozenset({"attachment", "asked", "of_use"}),
        "yes_or_no": frozenset({"yes", "offered"}),
        "take_your_time": frozenset(),
        "completed": frozenset({"task"}),
        "silence": frozenset({"task"}),
        "returning": frozenset({"task", "busy"}),
        "told": frozenset({"kept"}),
        "leave": frozenset({"told_in"}),
    }
)
"""Pattern → the slots that the engine gives its flow; each has exactly one flow (see `flows/README.md`)."""
MAY_BE_MISSING = frozenset({("cancel", "task")})
"""Of the slots of `REPAIRS`, those that are now and then null: (pattern, slot)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file as a person would name it, and the line."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a flow wants to know, and the ways in which it can be learnt."""

    name: str
    type: SlotType
    place: Place
    entity: str | None = None
    """Filled by this entity wherever it is named, asked or not."""
    values: tuple[str, ...] = ()
    """The only values of a ``choice``."""
    by_intent: Mapping[str, str] = field(default_factory=dict)
    """The value that an intent stands for. Within the flow such an intent is no wish of its own."""
    words: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """What the words of a message stand for, asked or not: the first that is found counts."""
    yes: str | None = None
    no: str | None = None
    """What yes and no mean where a ``choice`` is asked."""
    matches: re.Pattern[str] | None = None
    """Where asked: what of the text is the value (its first group, or all of it)."""
    told: re.Pattern[str] | None = None
    """What of a message's text is the value (the first group that is there), asked or not."""
    upper: bool = False
    """What ``matches`` finds is kept in capitals, as order numbers are."""
    free: bool = False
    """Where asked: the customer's whole text is the value."""
    opening: int | None = None
    """The text that starts the flow is the value, if it says at least so much (see `substance`)."""
    problems: bool = False
    """What its entity cannot be, such as 30 February, is taken as ``{"problem": …}``: the flow speaks of it."""
    attachment: str | None = None
    """An attachment of this kind makes a ``bool`` true, asked or not."""
    grows: bool = False
    """What the customer adds later on the same matter is added to the value."""
    each: bool = False
    """Where a message names several, the flow runs once for each, one after the other."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way out of a step: taken where ``when`` holds; the last one has no condition."""

    when: Condition | None
    then: str
    line: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that the flow will not take, and the reply that says so."""

    when: Condition
    utter: str
    line: int


@dataclass(frozen=True, slots=True)
class Collect:
    """Ask for a slot, unless it is known."""

    id: str
    slot: str
    utter: str
    place: Place
    routes: tuple[Route, ...]
    help: str | None = None
    """Said instead of the general line where the first answer is no answer."""
    ask_before_filling: bool = False
    rejections: tuple[Rejection, ...] = ()
    skippable: bool = False
    offer: bool = False
    """It sells something: never while a complaint is open."""


@dataclass(frozen=True, slots=True)
class Do:
    """Have an action done; what it returns is ``result.…`` from then on."""

    id: str
    action: str
    args: Mapping[str, Any]
    place: Place
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """Say a reply."""

    id: str
    reply: str
    offers_help: bool
    place: Place
    routes: tuple[Route, ...]
    offer: bool = False
    """It sells something: never while a complaint is open."""


@dataclass(frozen=True, slots=True)
class SetSlots:
    """Give slots fixed values; null empties one, so that it is asked again."""

    id: str
    values: Mapping[str, Any]
    place: Place
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """End this flow and go on with another one."""

    id: str
    flow: str
    place: Place
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """Run another flow as a part of this one; slots of the same name are shared."""

    id: str
    flow: str
    place: Place
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Noop:
    """Only choose where to go."""

    id: str
    place: Place
    routes: tuple[Route, ...]


Step = Collect | Do | Tell | SetSlots | Link | Call | Noop


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing that the bot can do with a customer."""

    name: str
    description: str
    place: Place
    intents: tuple[str, ...]
    slots: Mapping[str, Slot]
    steps: Mapping[str, Step]
    """In the order of the file; the first is where the flow begins."""
    matter: str
    """Flows of one matter don't interrupt each other, and one message starts only one of them."""
    drops_others: bool = False
    """Starting this flow cancels every other one: somebody else takes over."""
    yields: bool = False
    """What it takes is the answer where another flow is asking for just that."""
    persisted_slots: tuple[str, ...] = ()
    pattern: str | None = None
    """`ASIDE` or one of `REPAIRS`: the flow speaks in between, and the talk goes on below it."""
    asks_again: AsksAgain = "always"
    """Whether a question that is open is put again behind a pattern: ``once`` means not twice in a row."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Step of before → step of today, for talks that stand where there is no step any more."""

    @property
    def first_step(self) -> str:
        return next(iter(self.steps))


@dataclass(frozen=True, slots=True)
class Patterns:
    """How the bot finds its way between flows (`patterns.yml`); what it says on the way are flows."""

    place: Place
    mentions: Mapping[str, str]
    """Entity → flow: what a customer wants who says nothing but this."""
    after_care: Mapping[str, Mapping[str, str]]
    """Rule of care → intent → flow: what an answer to its message means."""
    after_reply: Mapping[str, Mapping[str, str]]
    """Reply → intent → flow: what an answer to it means, where it asks in passing and leaves nothing open."""
    human_intent: str
    human_flow: str
    cancel_intent: str
    repeat_intent: str
    yes_intent: str
    no_intent: str
    angry_at_most: float
    angry_flow: str
    angry_unless: frozenset[str]
    danger_at_least: float
    danger_with: frozenset[str]
    """Intents that are a complaint where danger is in the message."""
    sensitive: Mapping[str, str]
    """Matter → flow, which comes before anything else that the message wants."""
    complaint_matter: str
    complaint_words: re.Pattern[str]
    """What makes a complaint of an angry message, whatever else it asks."""
    complaint_with: frozenset[str]
    """Sensitive matters that make a complaint of an angry message, such as a threat."""
    angry_complaint_flow: str
    danger_complaint_flow: str
    misunderstood_limit: int
    misunderstood_flow: str
    sure: float
    """From this confidence on, another wish interrupts a question that takes any text."""
    filler_words: tuple[str, ...]
    skip: re.Pattern[str]
    """What a customer types who wants to pass over a question."""
    gives_up: re.Pattern[str]
    """How a message begins that drops what is under way and asks for something else: "never mind, are you open"."""
    corrects: re.Pattern[str]
    """How a customer says that something said before was wrong."""
    denies: re.Pattern[str]
    """What stands right before the one of two things that is not meant: "not A10293"."""
    adds: re.Pattern[str]
    """What stands between two things that are both meant."""
    refers_back: re.Pattern[str]
    """How a customer speaks of what was named before: "that order", "它"."""
    other_one: re.Pattern[str]
    """How a customer says that of two choices it was not the one but the other."""
    cannot_go_on: str
    """The reply where a flow has run into a wall."""


@dataclass(frozen=True, slots=True)
class FlowBook:
    """Every flow and pattern, with what is looked up in each turn computed beforehand."""

    flows: Mapping[str, Flow]
    patterns: Patterns
    by_intent: Mapping[str, str]
    """Intent → flow."""
    asides: Mapping[str, str]
    """Intent → flow of what is answered in between; an intent of `by_intent` is none."""
    repairs: Mapping[str, str]
    """Pattern → flow, for each of `REPAIRS`."""
    fillers: re.Pattern[str]
    """What `substance` leaves out of account."""
