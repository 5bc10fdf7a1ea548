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
from flows.engine.correcting import Corrector, choice_offered
from flows.engine.filling import MAX_READ, answer, entity_value
from flows.engine.heard import ActionDone, Decision, FellSilent, Heard
from flows.engine.learning import Learner
from flows.engine.model import Collect, FlowBook, Slot
from flows.engine.payloads import SET, Pressed, accepts, read_payload, typed_option
from flows.engine.repairs import Repairs
from flows.engine.run import Run
from flows.engine.silence import fall_silent, greet_again
from flows.engine.starting import Starter, Wish, wishes_in, without_answers
from flows.engine.state import DialogueState
from flows.engine.taken_back import without_taken_back
from nlu.addresses import gives_an_address
from nlu.language import without_marks
from nlu.understanding import OUT_OF_SCOPE, IntentScore

CERTAINLY_NEW = 0.9
"""From this confidence on a message is not about what was asked before it, however it is worded."""
SHORT_TEXT = 40
"""Passing over a question is said in few characters."""


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


class _Talk:
    """One message of the customer."""

    def __init__(self, book: FlowBook, run: Run, heard: Heard, before: DialogueState) -> None:
        self._book = book
        self._patterns = book.patterns
        self._run = run
        self._before = before
        self._take(heard, {})

    def _take(self, heard: Heard, given: Mapping[str, Any]) -> None:
        """Go on with this as what was heard; ``given`` are the slots that its button carries."""
        self._heard = heard
        self._starter = Starter(self._book, self._run, heard, given)
        self._learner = Learner(self._book, self._run, heard)
        self._corrector = Corrector(self._run, heard)
        self._repairs = Repairs(self._book, self._run, heard, self._before)

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
        elif patterns.cancel_intent in names and not self._skips():
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

    def _in_the_open(self, names: list[str], wishes: list[Wish]) -> None:
        run = self._run
        if self._corrector.when_done(names, wishes) or greet_again(run, self._starter, self._heard, names, wishes):
            self._understood()
        elif (meant := self._meant_as_answer(names[0])) is not None:
            flow, about = meant
            self._understood()
            Starter(self._book, run, self._heard, about).begin(flow)
        elif wishes:
            self._understood()
            self._starter.serve(wishes)
        elif not self._small_talk(names) and not self._mentions() and not self._follows_up():
            self._misunderstood(None)

    def _small_talk(self, names: list[str]) -> bool:
        """What somebody tells of themselves is more than the manners around it, and less than a question of theirs."""
        asks = names[0] in self._book.asides and self._book.flows[self._book.asides[names[0]]].asks_again == "always"
        return (not asks and self._repairs.take_in()) or self._repairs.converse(names)

    def _meant_as_answer(self, intent: str) -> tuple[str, dict[str, Any]] | None:
        """Return the flow of an answer to our last words, if that is what the message is, and what it is about."""
        run, patterns = self._run, self._patterns
        for say in self._before.last_says:
            if intent in patterns.after_reply.get(say.reply, ()):
                run.note(f"an answer to {say.reply}")
                return patterns.after_reply[say.reply][intent], {}
        rules = {rule: flows[intent] for rule, flows in patterns.after_care.items() if intent in flows}
        flow = rules.get(run.fact("answers_care")) if rules else None  # which costs a look into the outbox
        if flow is None:
            return None
        run.note(f"an answer to our {run.fact('answers_care')}")
        case = run.fact("care_number")
        return flow, {"case": case} if case is not None else {}

    def _mentions(self) -> bool:
        """Somebody who sends an order number and nothing else wants to know about that order."""
        for entity in self._heard.entities:
            flow = self._patterns.mentions.get(entity.entity)
            if flow is not None and entity.value is not None:
                self._understood()
                self._starter.begin(flow)
                return True
        return False

    def _follows_up(self) -> bool:
        """Words that say little by themselves may go on with what was asked before: "and to Tibet?"."""
        inquiry = self._run.fact("follows_up")
        if inquiry not in self._book.by_intent:
            return False
        self._understood()
        self._run.note(f"goes on with {inquiry}")
        self._starter.begin(self._book.by_intent[inquiry])
        return True

    def _misunderstood(self, question: Collect | None) -> None:
        run = self._run
        if any(character.isalnum() for character in without_marks(self._heard.text[:MAX_READ])):
            run.misunderstood += 1  # an emoji, an empty message or a typed command says nothing that could be misread
        run.note(f"misunderstood {run.misunderstood} in a row")
        if run.misunderstood >= self._patterns.misunderstood_limit:
            self._starter.begin(self._patterns.misunderstood_flow)
        elif question is not None and question.help is not None:
            run.say(question.help)
            run.leave_open()
        else:
            run.repair("cannot_handle", asked=question is not None)

    def _more_of_the_same(self, question: Collect) -> None:
        """The customer says once more what they want: keep what is new, and ask again."""
        if not self._learner.grow():
            self._misunderstood(question)
            return
        self._understood()

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

    def _understood(self) -> None:
        self._run.misunderstood = 0
