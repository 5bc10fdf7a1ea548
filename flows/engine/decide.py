"""What to do next: state and what was heard in, a decision out. Pure: no clock, no store, no chance.

    decision = decide(book, state, Heard(...), facts)
    while decision.act is not None:
        result = …do it…
        decision = decide(book, decision.state, ActionDone(decision.act.name, result), facts)

Read `_Talk.listen` from top to bottom for the order in which wishes win.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flows.engine.asked import answers_the_question, is_for_the_question, names_what_is_asked
from flows.engine.clarifying import ask_which, chosen, open_choice, pressed_wish, two_wishes
from flows.engine.complaining import says_it_complains
from flows.engine.correcting import choice_offered
from flows.engine.filling import MAX_READ
from flows.engine.heard import ActionDone, Decision, FellSilent, Heard
from flows.engine.in_question import InQuestion
from flows.engine.in_the_open import InTheOpen
from flows.engine.model import FlowBook
from flows.engine.payloads import SET, Pressed, accepts, read_payload, typed_option
from flows.engine.run import Run
from flows.engine.silence import fall_silent
from flows.engine.starting import Wish, wishes_in, without_answers
from flows.engine.state import DialogueState
from flows.engine.taken_back import without_taken_back
from nlu.understanding import OUT_OF_SCOPE, IntentScore

CERTAINLY_NEW = 0.9
"""From this confidence on a message is not about what was asked before it, however it is worded."""


def decide(
    book: FlowBook, state: DialogueState, event: Heard | FellSilent | ActionDone, facts: Mapping[str, Any]
) -> Decision:
    """Decide what to do about a message, about silence, or about what an action returned; never raises.

    ``facts`` are what the world around the talk knows, for conditions and
    placeholders (`flows.standard.FACTS`).
    """
    if isinstance(event, ActionDone):
        run = Run(book, state, facts, {})
        if run.action_done(event.name, event.result):
            run.advance()
        return run.decision(spoke_before=True)
    if isinstance(event, FellSilent):
        return fall_silent(Run(book, state, facts, {}), closes=event.closes)
    message = {"sentiment": event.sentiment, "urgency": event.urgency, "intent": event.intent}
    run = Run(book, replace(state, acts=0, offered_help=False, complained=False), facts, message)
    _Talk(book, run, without_taken_back(book.patterns, event), state).listen()
    run.advance()
    return run.decision()


class _Talk(InQuestion, InTheOpen):
    """One message of the customer."""

    def listen(self) -> None:
        heard = self._heard
        payload = heard.payload if heard.payload is not None else typed_option(self._before.options, heard.text)
        if payload is not None:
            self._press(payload)
        elif heard.attachment is not None and not heard.text.strip():
            self._see_attachment(heard.attachment)
        else:
            self._hear()

    # Buttons and attachments

    def _press(self, payload: str) -> None:
        pressed = read_payload(payload)
        if pressed is None or not (self._set(payload, pressed) or self._command(pressed)):
            self._run.note("a button of a question no longer asked")
            self._run.repair("old_button")

    def _set(self, payload: str, pressed: Pressed) -> bool:
        question = self._run.question
        if pressed.command != SET or question is None:
            return False
        choice = open_choice(self._run)
        wish = pressed_wish(pressed, self._heard.language)
        if choice is not None and (meant := chosen(choice, wish)) is not None:
            self._run.stop_between()
            self._take(meant, {})
            self._hear()
            return True
        offered = any(payload == shown for _, shown in self._before.options)
        flow = self._run.top_flow
        changed = False
        for name, value in pressed.slots.items():
            slot = flow.slots.get(name)
            asked = name == question.slot
            if slot is None or not (asked or offered):
                continue
            if value is None and asked and question.skippable:
                self._run.skip(name)
            elif accepts(slot, value):
                self._run.fill(name, value)
                self._run.choice = choice_offered(name, self._before.options) or self._run.choice
            else:
                continue
            changed = True
        if changed:
            self._understood()
            if question.slot not in pressed.slots:
                self._run.rerun()
        return changed

    def _command(self, pressed: Pressed) -> bool:
        intent = pressed.command
        patterns = self._patterns
        others = (patterns.cancel_intent, patterns.repeat_intent, patterns.yes_intent, patterns.no_intent)
        if intent not in self._book.by_intent and intent not in self._book.asides and intent not in others:
            return False
        wish = Heard(intent=intent, intents=(IntentScore(intent, 1.0),), confidence=1.0, language=self._heard.language)
        self._take(wish, pressed.slots)
        self._hear()
        return True

    def _see_attachment(self, kind: str) -> None:
        question = self._run.question
        if question is not None and self._run.top_flow.slots[question.slot].attachment == kind:
            self._understood()
            self._run.fill(question.slot, True)
            return
        self._run.stop_between()
        of_use = self._run.question is not None and self._is_of_use(kind)
        self._run.repair("media", attachment=kind, asked=self._run.question is not None, of_use=of_use)

    def _is_of_use(self, kind: str) -> bool:
        """Return whether the flow takes such an attachment at any time, and keep that it came."""
        taken = [slot.name for slot in self._run.top_flow.slots.values() if slot.attachment == kind]
        for name in taken:
            self._run.fill(name, True)
        if taken:
            self._understood()
        return bool(taken)

    # Words

    def _hear(self) -> None:
        self._close_what_spoke_between()
        names = self._heard.names
        patterns = self._patterns
        wishes = wishes_in(self._book, names)
        complains = self._complains(wishes)
        wishes = without_answers(wishes, [wish.flow for wish in wishes])
        grave = next((matter for matter in self._heard.sensitive if matter in patterns.sensitive), None)
        if grave is not None:
            self._hand_over(grave, patterns.sensitive[grave])
        elif self._heard.urgency >= patterns.danger_at_least and (complains or patterns.danger_with & set(names)):
            self._hand_over("danger", patterns.danger_complaint_flow)
        elif patterns.human_intent in names:
            self._hand_over("a person is asked for", patterns.human_flow)
        elif self._heard.foreign and not names_what_is_asked(self._run, self._heard):
            self._run.repair("other_language", asked=self._run.question is not None)
        elif self._heard.sentiment <= patterns.angry_at_most and patterns.angry_unless.isdisjoint(names):
            is_case = complains or says_it_complains(patterns, self._heard)
            self._hand_over("angry", patterns.angry_complaint_flow if is_case else patterns.angry_flow)
        elif (patterns.cancel_intent in names or self._gives_up_for(wishes)) and not self._skips():
            self._cancel([wish for wish in wishes if wish.intent != patterns.cancel_intent])
        else:
            if "needs_leave" in self._heard.told and not complains:
                self._run.speak_afterwards("leave", told_in=self._heard.ref)
            self._talk(names, wishes)

    def _talk(self, names: list[str], wishes: list[Wish]) -> None:
        if self._run.question is None and self._heard.confidence < CERTAINLY_NEW and self._follows_up():
            return  # "and abroad?" looks like this and that, and is about what was asked before
        either = two_wishes(self._book, self._heard)
        if either and self._run.question is None and self._repairs.take_in():
            self._run.note(f"unsure between {either[0]} and {either[1]}, and it tells of its writer")
        elif either and not is_for_the_question(self._run, self._heard, wishes):
            ask_which(self._run, self._heard, either)
        elif self._run.question is not None:
            self._in_question(self._run.question, names, wishes)
        else:
            self._in_the_open(names, wishes)

    def _complains(self, wishes: list[Wish]) -> bool:
        """Return whether the message is a complaint, or comes in the middle of one."""
        matter = self._patterns.complaint_matter
        under_way = [self._book.flows[frame.flow] for frame in self._run.stack]
        return any(flow.matter == matter for flow in (*under_way, *(wish.flow for wish in wishes)))

    def _hand_over(self, why: str, flow: str) -> None:
        """A person goes on, at once; a complaint becomes a ticket on the way."""
        self._run.note(why)
        self._starter.begin(flow)

    def _gives_up_for(self, wishes: list[Wish]) -> bool:
        """Return whether the message drops what is asked before it comes to something else."""
        run = self._run
        if run.question is None or self._patterns.gives_up.search(self._heard.text[:MAX_READ]) is None:
            return False
        return any(wish.flow.matter != run.seen_flow.matter for wish in wishes)

    def _cancel(self, wishes: list[Wish]) -> None:
        self._understood()
        task, is_task = None, not self._run.between
        if self._run.stack:
            task = self._run.cancel()
        if wishes:
            self._starter.serve(wishes)
        elif is_task:
            self._run.resume()
        if task is not None or not wishes:
            self._run.repair("cancel", task=task)  # on top, so it is said first

    def _close_what_spoke_between(self) -> None:
        """A question of a pattern is answered, or dropped for another wish, or it stays open behind small talk."""
        run = self._run
        choice = open_choice(run)
        if choice is not None and (meant := chosen(choice, self._heard)) is not None:
            run.stop_between()
            self._take(meant, {})
            return
        names = self._heard.names
        talk = {OUT_OF_SCOPE, self._patterns.repeat_intent, self._patterns.cancel_intent, *self._book.asides}
        if run.between and names[0] not in talk and not answers_the_question(run, self._heard, names):
            run.stop_between()
