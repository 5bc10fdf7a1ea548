"""A message while a question is open: its answer, a correction, another wish, or none of these."""

from __future__ import annotations

from flows.engine.correcting import choice_offered
from flows.engine.filling import answer, entity_value
from flows.engine.model import Collect, Slot
from flows.engine.starting import Wish, without_answers
from flows.engine.turn import Turn
from nlu.addresses import gives_an_address

SHORT_TEXT = 40
"""Passing over a question is said in few characters."""


class InQuestion(Turn):
    """Takes a message for what it is to the open question."""

    def _in_question(self, question: Collect, names: list[str], wishes: list[Wish]) -> None:
        flow = self._run.top_flow
        slot = flow.slots[question.slot]
        here = self._run.seen_flow.matter
        if self._corrector.in_talk(names, wishes):
            self._understood()
            self._starter.queue(wishes)
            return
        others = without_answers([wish for wish in wishes if wish.flow.matter != here], [flow])
        if not slot.free and any(entity_value(one, self._heard) for one in flow.slots.values() if one.entity):
            others = [wish for wish in others if not wish.flow.yields]
        if self._interrupts(slot, others, names):
            self._interrupt(others)
            return
        if names[0] == self._patterns.no_intent and self._corrector.in_words(question, after_a_no=True):
            self._understood()
            return
        learnt, corrected = self._learner.correct(flow, slot, others)
        if corrected and slot.free and self._heard.confidence < self._patterns.sure:
            others = []  # an unsure wish "to change" is what was put right just now
        passed_over = False
        found = None if corrected and slot.entity is None else self._learner.answer(flow, slot, names, others)
        if found is not None:
            self._run.fill(slot.name, found.value)
            self._run.choice = choice_offered(slot.name, self._before.options) or self._run.choice
            self._learner.describe(wishes)
            others = [] if found.bare else others
            if slot.each and flow is self._run.seen_flow:
                self._starter.queue_each(flow, {name: value for name, value in self._run.top.slots.items() if value})
        elif question.skippable and self._types_skip():
            # "没有订单" passes over the question; the order in it is no wish of its own.
            self._run.skip(slot.name)
            passed_over, others = True, []
        elif question.skippable and self._patterns.no_intent in names:
            self._run.skip(slot.name)
            passed_over = True
        elif not learnt:
            self._not_an_answer(question, names, wishes, others)
            return
        else:
            self._learner.describe(wishes)
        self._understood()
        self._starter.queue(others)
        if corrected:
            self._run.rerun()
        if passed_over:
            self._run.repair("skip")

    def _interrupts(self, slot: Slot, others: list[Wish], names: list[str]) -> bool:
        """Another wish comes first where it claims what the message names, or is sure against free text."""
        if not others or others[0].intent != names[0] or self._heard.confidence < self._patterns.sure:
            return False
        claimed = {other.entity for other in others[0].flow.slots.values()}
        if slot.free:
            return not (gives_an_address(self._heard.text) or self._names_what_is_wanted(claimed))
        if self._patterns.yes_intent in names and slot.entity is None:
            return True  # "那就退货吧" at the read-back of something else sounds like a yes, and is none to it
        found = entity_value(slot, self._heard)
        return found is not None and slot.entity in claimed and not found.bare

    def _names_what_is_wanted(self, claimed: set[str | None]) -> bool:
        """Return whether the message names what the flow takes, such as a day, and the other wish does not."""
        slots = self._run.top_flow.slots.values()
        return any(
            slot.entity not in claimed and entity_value(slot, self._heard) is not None for slot in slots if slot.entity
        )

    def _skips(self) -> bool:
        """Return whether what is asked may be passed over and is: that ends nothing, whatever it was taken for."""
        return self._run.question is not None and self._run.question.skippable and self._types_skip()

    def _types_skip(self) -> bool:
        text = self._heard.text.strip()
        return 0 < len(text) <= SHORT_TEXT and self._patterns.skip.search(text) is not None

    def _not_an_answer(self, question: Collect, names: list[str], wishes: list[Wish], others: list[Wish]) -> None:
        if others:
            self._interrupt(others)
        elif wishes:
            self._more_of_the_same(question)
        elif names[0] == self._patterns.yes_intent and self._run.top_flow.slots[question.slot].attachment:
            self._understood()  # "ok" says that it will be done, and is not it
            self._run.repair("take_your_time", then=self._repairs.reminding("once"))
        elif self._corrector.in_words(question):
            self._understood()
        elif not self._repairs.take_in() and not self._repairs.converse(names):
            self._misunderstood(question)

    def _interrupt(self, wishes: list[Wish]) -> None:
        self._understood()
        if self._run.bring_up(wishes[0].flow.matter):
            self._answer_in_passing(wishes)
            self._starter.queue(wishes[1:])
            self._run.resume()
        else:
            self._starter.serve(wishes)

    def _answer_in_passing(self, wishes: list[Wish]) -> None:
        """What brings a task up again may answer its open question as well."""
        question = self._run.question
        if question is None:
            return
        flow = self._run.top_flow
        slot = flow.slots[question.slot]
        _, corrected = self._learner.correct(flow, slot, [])
        found = None if slot.free else answer(self._book, flow, slot, self._heard, self._heard.names)
        if found is not None:
            self._run.fill(slot.name, found.value)
            self._learner.describe(wishes)
        elif corrected:
            self._run.rerun()

    def _more_of_the_same(self, question: Collect) -> None:
        """The customer says once more what they want: keep what is new, and ask again."""
        if not self._learner.grow():
            self._misunderstood(question)
            return
        self._understood()
