"""A message while nothing is asked: wishes, answers to what was said last, small talk, bare mentions."""

from __future__ import annotations

from typing import Any

from flows.engine.silence import greet_again
from flows.engine.starting import Starter, Wish
from flows.engine.turn import Turn


class InTheOpen(Turn):
    """Finds what a message wants that answers no question."""

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
