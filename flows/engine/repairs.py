"""What is answered beside flows: small talk, "say that again", a yes or a no to nothing."""

from __future__ import annotations

from flows.engine.heard import Heard
from flows.engine.model import AsksAgain, FlowBook
from flows.engine.run import Run
from flows.engine.state import DialogueState
from flows.engine.under_way import Between


class Repairs:
    """Lets patterns speak for one message; an open question stays open."""

    def __init__(self, book: FlowBook, run: Run, heard: Heard, before: DialogueState) -> None:
        self._book = book
        self._run = run
        self._heard = heard
        self._before = before

    def converse(self, names: list[str]) -> bool:
        """Answer what needs no flow of its own; return whether the message was that."""
        patterns = self._book.patterns
        name = names[0]
        if patterns.no_intent in names and self._before.offered_help:
            name = patterns.no_intent
        if name in self._book.asides:
            flow = self._book.asides[name]
            self._run.speak_between(flow, then=self.reminding(self._book.flows[flow].asks_again))
        elif name == patterns.repeat_intent:
            self._repeat()
        elif name in (patterns.yes_intent, patterns.no_intent) and self._run.question is None:
            yes = name == patterns.yes_intent
            self._run.repair("yes_or_no", yes=yes, offered=self._before.offered_help)
        else:
            return False
        self._run.misunderstood = 0
        return True

    def take_in(self) -> bool:
        """Say that what the customer told of themselves is remembered, or is not; return whether they told anything."""
        told = self._heard.told
        if "noted" in told or "not_kept" in told:
            self._run.repair("told", then="ask", kept="noted" in told)
        self._run.misunderstood = 0 if told else self._run.misunderstood
        return bool(told)

    def _repeat(self) -> None:
        run = self._run
        run.repair("repeat", then="keep" if run.said_last else "ask", said=run.said_last)
        run.advance()
        run.say_again()

    def reminding(self, asks_again: AsksAgain) -> Between:
        """Return whether an open question is put again: ``once`` means not twice in a row."""
        if self._run.question is None:
            return "ask"
        self._run.reminded = asks_again == "once"
        keeps = asks_again == "never" or (asks_again == "once" and self._before.reminded)
        return "keep" if keeps else "ask"
