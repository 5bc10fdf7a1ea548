"""One message, with all that takes part in deciding about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.engine.correcting import Corrector
from flows.engine.filling import MAX_READ
from flows.engine.heard import Heard
from flows.engine.learning import Learner
from flows.engine.model import Collect, FlowBook
from flows.engine.repairs import Repairs
from flows.engine.run import Run
from flows.engine.starting import Starter
from flows.engine.state import DialogueState
from nlu.language import without_marks


class Turn:
    """What the parts of a decision share: the message, the run that it changes, and who does what to it."""

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

    def _understood(self) -> None:
        self._run.misunderstood = 0
