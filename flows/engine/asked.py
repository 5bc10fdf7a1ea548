"""What an open question has to do with a message: whether it answers it, or names what was asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flows.engine.filling import answer, entity_value
from flows.engine.heard import Heard
from flows.engine.run import Run
from flows.engine.starting import Wish


def is_for_the_question(run: Run, heard: Heard, wishes: Sequence[Wish]) -> bool:
    """Return whether an unsure message answers the open question, or is about its matter anyway."""
    if run.question is None:
        return False
    here = any(wish.flow.matter == run.seen_flow.matter for wish in wishes)
    return here or answers_the_question(run, heard, heard.names)


def names_what_is_asked(run: Run, heard: Heard) -> bool:
    """Return whether a message in another language names the value that was asked for: a number is one in any."""
    question = run.question
    return question is not None and entity_value(run.top_flow.slots[question.slot], heard) is not None


def answers_the_question(run: Run, heard: Heard, names: Collection[str]) -> bool:
    """Return whether the message can be an answer to the open question; any text is one to a free one."""
    question = run.question
    if question is None:
        return False
    flow = run.top_flow
    slot = flow.slots[question.slot]
    return slot.free or answer(run.book, flow, slot, heard, names) is not None
