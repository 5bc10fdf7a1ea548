"""Customers who do not answer: put the question once more, lay it aside, and take it up when they are back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.engine.filling import opening_slots
from flows.engine.heard import Decision, Heard
from flows.engine.run import Run
from flows.engine.starting import Starter, Wish
from flows.engine.values import word
from nlu.understanding import OUT_OF_SCOPE


def fall_silent(run: Run, *, closes: bool) -> Decision:
    """Nudge, or close what is under way without a word: nobody is there to hear it."""
    if run.stack and closes:
        run.lay_aside()
        # Its buttons go with it: who types "a person" a day later means the words, not the button of that name.
        laid_aside = run.decision()
        return replace(laid_aside, state=laid_aside.state.offering(()))
    if run.stack:
        run.repair("silence", task=word("flow", run.seen_flow.name))
        run.advance()
    return run.decision()


def greet_again(run: Run, starter: Starter, heard: Heard, names: Sequence[str], wishes: Sequence[Wish]) -> bool:
    """Say what was laid aside, to who is back; return whether nothing else is wanted.

    A wish for the same, or the answer to what was asked, takes it up with all that was known.
    """
    if not run.closed:
        return False
    book = run.book
    flow = book.flows[str(run.closed["flow"])]
    task = word("flow", flow.name)
    others = [wish for wish in wishes if wish.flow.matter != flow.matter]
    if len(others) < len(wishes) or (not wishes and _answers(run, heard)):
        # What is said now is newer than what was said then.
        given = opening_slots(book, flow, heard, heard.text)
        run.closed = {"flow": flow.name, "slots": {**run.closed["slots"], **given}}
        run.take_up_closed()
        starter.queue(others)
        return True
    if wishes:
        run.repair("returning", task=task, busy=True)
        run.advance()
        return False
    aside = book.asides.get(names[0])
    if names[0] == OUT_OF_SCOPE or (aside is not None and book.flows[aside].asks_again != "never"):
        run.repair("returning", task=task, busy=False)
        return True
    return False


def _answers(run: Run, heard: Heard) -> bool:
    slots = run.book.flows[str(run.closed["flow"])].slots.values()
    named = {entity.entity for entity in heard.entities if entity.value is not None}
    return any(slot.entity in named for slot in slots)
