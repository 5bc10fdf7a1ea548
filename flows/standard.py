"""The flows that come with the project, with their replies and actions, and a shop's own laid over them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from flows import actions
from flows.engine.check import Problem
from flows.engine.load import REPLIES_FOLDER, load_book
from flows.engine.model import Call, Do, FlowBook, Step
from flows.knowledge.base import FOLDER as KNOWLEDGE_FOLDER
from flows.knowledge.base import Knowledge
from flows.proving.proof import Proof, Thoroughness, prove_all
from flows.proving.static import prove
from flows.replies import Replies

DEFAULTS = Path(__file__).parent

FACTS = frozenset(
    {
        "verified",
        "language",
        "known_name",
        "channel_buttons",
        "can_request_contact",
        "staffed",
        "back_at",
        "recent_orders",
        "open_complaint",
        "last_was_care",
        "answers_care",
        "care_number",
        "evidence_for",
        "desk_days",
        "desk_opens",
        "desk_closes",
        "redeemed_lately",
        "follows_up",
        "returning",
        "open_case",
        "order_under_way",
        "noted",
        "noted_before",
        "instead_of",
        "told_matter",
        "privacy_url",
    }
)
"""What the runtime tells the engine about the world in each turn.

``returning``: the customer has not written for some hours, or never; ``open_case`` and ``order_under_way`` are the
numbers of a verified customer's open case and of an order that has not come, None where there is none.
``back_at`` is when people are back, as `flows.engine.values.moment`, and None while
somebody is there; ``recent_orders`` are the numbers of a verified customer's latest
orders, empty for anybody else. ``last_was_care`` says that the last message the customer got, a few days ago at
most, was one that we sent of our own accord; ``answers_care`` is its rule then, and ``care_number`` the
number of the case that it was about; ``evidence_for`` is the number of the case that the message's photo is
kept with, which was opened a short while ago. ``desk_days``, ``desk_opens`` and
``desk_closes`` are when people are there, in the shop's zone. ``redeemed_lately``: something was redeemed for points
that can still be undone. ``follows_up`` is the inquiry that words go on with which fit nothing by themselves,
None where they go on with none. ``noted`` are the facts that this message told and
that are remembered now, ``noted_before`` those that were known, ``instead_of`` what they take the place of;
``told_matter`` is what kind of sensitive thing it told, in a word of ours. ``privacy_url`` is where the shop's
privacy statement stands.
"""


def _import_what_acts() -> None:
    """Import the modules that stand beside flows: that registers their actions."""
    for folder in sorted({flow.parent for flow in DEFAULTS.glob("*/*.yml")}):
        for module in sorted(folder.glob("*.py")):
            import_module(".".join((DEFAULTS.name, folder.name, module.stem)))


_import_what_acts()

ANSWERING = "answer_from_knowledge"
LOOK_UP = "look_up"
"""The flow that answers for the others, and the slot of those that go on to register what is asked for."""
REGISTER = "register"
SAID_BY_THE_RUNTIME = (
    "handoff_cancelled",
    "handoff_after_error",
    "window_ends",
    "not_promised",
    "noted",
    "privacy_notice",
)
"""Replies that no flow says: the runtime does, where the flows are not asked."""


class Standard(NamedTuple):
    """Everything that the dialogue needs, loaded once."""

    book: FlowBook
    replies: Replies
    knowledge: Knowledge

    def problems(self, intents: Collection[str] | None = None) -> list[Problem]:
        """Return what can be read off the flows; ``intents`` are those that the NLU knows, where that is asked too."""
        found = prove(self.book, self.replies, actions.REGISTERED, FACTS, SAID_BY_THE_RUNTIME, intents)
        return [*found, *self._unanswered()]

    def proof(
        self,
        thorough: Thoroughness,
        intents: Collection[str] | None = None,
        done: Callable[[float], None] = lambda share: None,
    ) -> Proof:
        """Return what `shuke flows check` finds: `problems`, and what shows itself in talks alone.

        ``done`` is told what share of the work is behind us.
        """
        proof = prove_all(
            self.book, self.replies, actions.REGISTERED, FACTS, SAID_BY_THE_RUNTIME, intents,
            thorough=thorough, done=done,
        )  # fmt: skip
        return replace(proof, problems=(*proof.problems, *self._unanswered()))

    def _unanswered(self) -> list[Problem]:
        """Return what is wrong with the knowledge."""
        return [*self.knowledge.problems(*_answered_from_knowledge(self.book))]


def load_standard(overlay: Path | None = None, knowledge: Path | None = None) -> Standard:
    """Load the project's flows, with those of ``overlay`` (a shop's folder of flows) over them.

    ``knowledge`` is one more folder of entries, laid over those of both.

    Raises:
        FlowError: a file cannot be read; it names the place and the mend.
    """
    own_replies = overlay / REPLIES_FOLDER if overlay is not None else None
    replies = Replies.load(DEFAULTS / REPLIES_FOLDER, own_replies)
    theirs = overlay / KNOWLEDGE_FOLDER if overlay is not None else None
    folders = filter(None, (DEFAULTS / KNOWLEDGE_FOLDER, theirs, knowledge))
    return Standard(load_book(DEFAULTS, overlay), replies, Knowledge.load(*folders))


def _answered_from_knowledge(book: FlowBook) -> tuple[set[str], set[str]]:
    """Return the intents that flows answer from knowledge, and those of which a flow also registers something."""
    answered: set[str] = set()
    registered: set[str] = set()
    for flow in book.flows.values():
        if any(_looks_up(step) for step in flow.steps.values()):
            answered.update(flow.intents)
            registered.update(flow.intents if REGISTER in flow.slots else ())
    return answered, registered


def _looks_up(step: Step) -> bool:
    """Return whether a step answers from knowledge, by the flow that does nothing else or by itself."""
    return (isinstance(step, Call) and step.flow == ANSWERING) or (isinstance(step, Do) and step.action == LOOK_UP)
