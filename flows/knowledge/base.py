"""The knowledge base of an installation: the project's entries with the shop's own laid over them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.engine.check import Problem
from flows.engine.model import Place
from flows.knowledge.entry import LANGUAGES, Entry
from flows.knowledge.reading import read_entries
from flows.knowledge.retrieval import RELATED, SURE, SURE_ELSEWHERE, Found, Index
from flows.knowledge.terms import MOST_READ, is_meaning, terms_of_question

FOLDER = "knowledge"
MOST_RELATED = 2
LONGEST_ELLIPSIS = 40
SHORTEST_PART = 3
_ENDS = re.compile(r"[,，。.;；!！?？\n]+")
_ELLIPTIC = re.compile(r"^\s*(?:那|还有|and\b|what about\b|how about\b)|呢\s*[?？]?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known on a question: the entry, how sure that is (0 to 1), and what may be meant as well."""

    entry: Entry
    sure: float
    related: tuple[Entry, ...] = ()


class Knowledge:
    """Entries by id, and how they are found. Never changes once loaded."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._index = Index(entries)
        self._by_id = {entry.id: entry for entry in self._index.entries}

    @classmethod
    def load(cls, *folders: Path) -> Knowledge:
        """Read the entries of ``folders``; a file takes the place of one with its name in a folder before.

        Raises:
            FlowError: an entry is malformed, or two have one id; it names the place and the mend.
        """
        return cls(read_entries(folder for folder in folders if folder.is_dir()))

    @property
    def entries(self) -> Iterable[Entry]:
        return self._index.entries

    def by_id(self, id: str, *, today: date) -> Entry | None:
        """Return a valid entry, or None."""
        entry = self._by_id.get(id)
        return entry if entry is not None and entry.is_valid(today) else None

    def of_intent(self, intent: str, *, today: date) -> list[Entry]:
        """Return what is known on a topic, in the order of the files."""
        return [entry for entry in self.entries if intent in entry.intents and entry.is_valid(today)]

    def answer(self, question: str, *, intent: str, today: date, product: str | None = None) -> Answer | None:
        """Return the entry that answers a question, or None where nothing does surely enough.

        A message may ask several things, or tell a story around its question: where the whole
        finds nothing, its parts are looked at. What customers want is taken into account, and may have been
        misunderstood: where nothing is known on it, an entry on something else that surely is the answer is one.
        """
        for asked in ([question], _parts(question)):
            found = [self._index.ranked(part, intent=intent, product=product, today=today) for part in asked]
            best = max(filter(None, found), key=lambda ranked: ranked[0].sure, default=None)
            if best is not None and best[0].sure >= SURE:
                return self._chosen(best)
        elsewhere = self._index.ranked(question, intent=None, product=product, today=today)
        ranked = [one for one in elsewhere if one.sure >= SURE_ELSEWHERE]
        return self._chosen(ranked) if ranked else None

    def _chosen(self, ranked: list[Found]) -> Answer:
        best, *others = ranked
        return Answer(best.entry, best.sure, tuple(one.entry for one in self._near(best, others)))

    def _near(self, best: Found, others: list[Found]) -> list[Found]:
        return [one for one in others if one.score >= RELATED * best.score and one.sure >= SURE][:MOST_RELATED]

    def goes_on_with(self, inquiry: str | None, text: str, *, today: date, fits_nothing: bool) -> str | None:
        """Return which inquiry a message goes on with: "and to Tibet?"; None where with none.

        It is ``inquiry``, what was asked before, or what the answer belongs to. The words have to say
        that they go on, "and …?" or "那…呢", unless the message ``fits_nothing`` else.
        """
        elliptic = len(text) <= LONGEST_ELLIPSIS and _ELLIPTIC.search(text) is not None
        if inquiry is None or not text.strip() or not (elliptic or fits_nothing):
            return None
        answer = self.answer(text, intent=inquiry, today=today)
        if answer is not None:
            return inquiry if inquiry in answer.entry.intents else answer.entry.intents[0]
        return inquiry if elliptic and any(map(is_meaning, terms_of_question(text))) else None

    def expired(self, today: date) -> list[Entry]:
        """Return the entries that are not used any more."""
        return [entry for entry in self.entries if entry.has_expired(today)]

    def problems(self, answered: Collection[str], registered: Collection[str]) -> Iterator[Problem]:
        """Yield what is wrong beyond single files.

        ``answered`` are the intents that flows answer from here, ``registered`` those of
        them whose flow can also register something.
        """
        for entry in self.entries:
            if entry.registers and entry.intents[0] not in registered:
                text = f'no flow registers anything for "{entry.intents[0]}"; take "registers" out'
                yield _problem(entry.place, text)
            for intent in entry.intents:
                if intent not in answered:
                    text = f'no flow answers "{intent}" from knowledge; use one of {", ".join(sorted(answered))}'
                    yield _problem(entry.place, text)
            yield from self._not_found_by_its_own_questions(entry)

    def _not_found_by_its_own_questions(self, entry: Entry) -> Iterator[Problem]:
        # Somebody who asks in the very words of the file has to get this answer.
        day = entry.valid_from or entry.version
        product = entry.products[0] if entry.products else None
        for intent in entry.intents:
            for question in (one for language in LANGUAGES for one in entry.asks[language]):
                answer = self.answer(question.text, intent=intent, today=day, product=product)
                if answer is None or answer.entry.id != entry.id:
                    found = "nothing" if answer is None else f'"{answer.entry.id}"'
                    text = f'asked "{question.text}", {found} is found instead; word it closer to the entry'
                    yield _problem(Place(entry.place.file, question.line), text)


def _parts(question: str) -> list[str]:
    """Return the sentences and clauses of a question; none where there is only one."""
    parts = [part for part in _ENDS.split(question[:MOST_READ]) if len(part.strip()) >= SHORTEST_PART]
    return parts if len(parts) > 1 else []


def _problem(place: Place, text: str) -> Problem:
    return Problem(place.file, place.line, text)
