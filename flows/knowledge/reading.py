"""Read entries from Markdown files with front matter; what is malformed is refused by file, line and mend."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from flows.engine.marks import FlowError, MarkedList, MarkedMap, parse_marked
from flows.engine.model import Place
from flows.knowledge.entry import FILLED_IN, LANGUAGES, PLACEHOLDER, Entry, Question

KEYS = frozenset({"id", "intents", "title", "version", "valid_from", "valid_until", "products", "registers", "asks"})
LONGEST_TITLE = 40
LONGEST_BODY = 900
"""Characters of one language: more is no answer, it is an article."""
_FENCE = "---"
_HEADING = re.compile(r"^#+\s*(?P<name>.*?)\s*$")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def read_entries(folders: Iterable[Path]) -> list[Entry]:
    """Read every ``*.md`` of the folders; a file takes the place of one with its name in a folder before.

    Raises:
        FlowError: the first thing that is wrong.
    """
    files: dict[str, tuple[Path, str]] = {}
    for folder in folders:
        label = f"{folder.parent.name}/{folder.name}"
        files |= {path.name: (path, f"{label}/{path.name}") for path in folder.glob("*.md")}
    entries: dict[str, Entry] = {}
    for path, name in (files[file] for file in sorted(files)):
        entry = read_entry(path, name)
        if entry.id in entries:
            other = entries[entry.id].place
            text = f'id "{entry.id}" is already that of {other.file}:{other.line}; give one of them another id'
            raise FlowError(entry.place.file, entry.place.line, text)
        entries[entry.id] = entry
    return list(entries.values())


def read_entry(path: Path, name: str) -> Entry:
    """Read one file; ``name`` is what errors call it."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise FlowError(name, 1, "this file is not in UTF-8; save it as such") from exc
    return _Reader(text.splitlines(), name).read()


class _Reader:
    def __init__(self, lines: list[str], file: str) -> None:
        self._lines = lines
        self._file = file

    def read(self) -> Entry:
        end = self._end_of_front()
        # An empty line in the place of the first fence keeps the numbers of the lines.
        front = parse_marked("\n" + "\n".join(self._lines[1:end]), self._file)
        for key in front:
            if key not in KEYS:
                hint = get_close_matches(key, KEYS, n=1)
                mend = f'did you mean "{hint[0]}"?' if hint else "remove it"
                raise self._error(front.line_of(key), f'an entry has no "{key}"; {mend}')
        id = str(self._needed(front, "id"))
        if not _ID.fullmatch(id):
            raise self._error(front.line_of("id"), f'id "{id}": small letters, digits and underscores only')
        version, by_month = self._version(front)
        valid_from, valid_until = self._day(front, "valid_from"), self._day(front, "valid_until")
        if valid_from and valid_until and valid_until < valid_from:
            raise self._error(front.line_of("valid_until"), "valid_until is before valid_from; it is the last day")
        return Entry(
            id=id,
            intents=tuple(self._texts(front, "intents")),
            title=self._title(front),
            asks=self._asks(front),
            body=self._bodies(end + 1),
            version=version,
            by_month=by_month,
            place=Place(self._file, front.line_of("id")),
            valid_from=valid_from,
            valid_until=valid_until,
            products=tuple(self._texts(front, "products")) if "products" in front else (),
            registers=self._yes(front, "registers"),
        )

    def _end_of_front(self) -> int:
        if not self._lines or self._lines[0].rstrip() != _FENCE:
            raise self._error(1, f'an entry begins with front matter; the first line is "{_FENCE}"')
        for at, line in enumerate(self._lines[1:], start=1):
            if line.rstrip() == _FENCE:
                return at
        raise self._error(1, f'the front matter has no end; close it with a line "{_FENCE}"')

    def _needed(self, front: MarkedMap, key: str) -> Any:
        if front.get(key) in (None, ""):
            raise self._error(front.line_of(key), f'"{key}" is missing in the front matter; add it')
        return front[key]

    def _texts(self, source: MarkedMap, key: str) -> list[str]:
        said = self._needed(source, key)
        if not isinstance(said, MarkedList) or not said or not all(isinstance(one, str) and one for one in said):
            raise self._error(source.line_of(key), f'"{key}" is a list of words, such as [one, two]')
        return list(said)

    def _yes(self, front: MarkedMap, key: str) -> bool:
        said = front.get(key, False)
        if not isinstance(said, bool):
            raise self._error(front.line_of(key), f'"{key}" is true or false')
        return said

    def _both(self, front: MarkedMap, key: str) -> MarkedMap:
        said = self._needed(front, key)
        if not isinstance(said, MarkedMap):
            raise self._error(front.line_of(key), f'"{key}" has zh and en, each with its own')
        for language in LANGUAGES:
            if said.get(language) in (None, ""):
                raise self._error(front.line_of(key), f'"{key}" lacks {language}; an entry has both languages')
        if extra := sorted(set(said) - set(LANGUAGES)):
            raise self._error(said.line_of(extra[0]), f'"{key}" has zh and en, and no "{extra[0]}"')
        return said

    def _title(self, front: MarkedMap) -> dict[str, str]:
        said = self._both(front, "title")
        for language in LANGUAGES:
            if len(str(said[language])) > LONGEST_TITLE:
                text = f"the title in {language} is longer than {LONGEST_TITLE} characters; it is cited under answers"
                raise self._error(said.line_of(language), text)
        return {language: str(said[language]) for language in LANGUAGES}

    def _asks(self, front: MarkedMap) -> dict[str, tuple[Question, ...]]:
        said = self._both(front, "asks")
        found = {}
        for language in LANGUAGES:
            texts = self._texts(said, language)
            found[language] = tuple(map(Question, texts, said[language].lines))
        return found

    def _version(self, front: MarkedMap) -> tuple[date, bool]:
        said = str(self._needed(front, "version"))
        line = front.line_of("version")
        match = _VERSION.fullmatch(said)
        if match is None:
            raise self._error(line, f'version "{said}" is a month such as 2026-03, or a day such as 2026-03-15')
        return self._date(f"{match[1]}-{match[2]}-{match[3] or '01'}", "version", line), match[3] is None

    def _day(self, front: MarkedMap, key: str) -> date | None:
        said = front.get(key)
        return None if said is None else self._date(str(said), key, front.line_of(key))

    def _date(self, text: str, key: str, line: int) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError as exc:
            raise self._error(line, f'{key} "{text}" is no day; write one such as 2026-03-15') from exc

    def _bodies(self, begin: int) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        place: dict[str, int] = {}
        language = ""
        for number, line in enumerate(self._lines[begin:], start=begin + 1):
            heading = _HEADING.match(line)
            if heading is not None:
                language = heading["name"]
                if language not in LANGUAGES:
                    raise self._error(number, f'headings are "# zh" and "# en"; "{language}" is neither')
                if language in found:
                    raise self._error(number, f'"# {language}" stands here twice; keep one')
                found[language], place[language] = [], number
            elif language:
                self._known_placeholders(line, number)
                found[language].append(line.rstrip())
            elif line.strip():
                raise self._error(number, 'the answer stands under "# zh" and "# en"; put a heading before it')
        bodies = {language: "\n".join(lines).strip() for language, lines in found.items()}
        for language in LANGUAGES:
            if not bodies.get(language):
                text = f'there is no answer in {language}; write it under "# {language}"'
                raise self._error(place.get(language, len(self._lines)), text)
            if len(bodies[language]) > LONGEST_BODY:
                text = f"the answer in {language} is longer than {LONGEST_BODY} characters; make two entries of it"
                raise self._error(place[language], text)
        return bodies

    def _known_placeholders(self, line: str, number: int) -> None:
        for name in PLACEHOLDER.findall(line):
            if name not in FILLED_IN:
                known = ", ".join(f"{{{one}}}" for one in sorted(FILLED_IN))
                raise self._error(number, f"nothing fills in {{{name}}}; an answer may have {known}")

    def _error(self, line: int, text: str) -> FlowError:
        return FlowError(self._file, line, text)
