"""Every sentence that the bot says: read from ``replies/{zh,en}.yml`` and ``replies/{zh,en}/AREA.yml``, written out
for one customer.

A reply has one or several wordings. A wording is used only where there is a value
for each of its placeholders; of those, the ones that tell most are preferred, and
among equals one is drawn by a stable key, never the same twice running. So "with a
tracking number" and "without one" are two wordings of one reply, and so are "王女士，
…" and "…": ``{name}`` is how the customer is called, and nothing where nobody knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from flows.engine.marks import FlowError, MarkedList, MarkedMap, read_marked
from flows.engine.model import Place
from flows.engine.payloads import MAX_BYTES
from flows.engine.state import DialogueState, Say
from flows.wording import Reader, Words, shown

LANGUAGES = ("zh", "en")
NAME = "name"
ITEM = "item"

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_REPLY_KEYS = frozenset({"text", "buttons", "lines", "request_contact", "promises"})
PROMISED = frozenset({"due_at", "back_at"})
"""A wording that names one of these says by when somebody does something: a promise, as is any of a reply so marked."""
_BY_A_TIME = re.compile(
    r"(?:\d+|[一二两三四五六七八九十几半]+)\s*个?(?:小时|分钟|天|工作日|星期|周)(?:之内|以内|内|后)|[今明后]天(?:之内|以内|内|之前|以前|前)"
    r"|\b(?:with)?in (?:\d+|an?|one|two|three|four|five|six|a few|the next) (?:\w+ )?(?:minutes?|hours?|days?|weeks?)\b"
    r"|\bby (?:tomorrow|tonight|the end of)\b",
    re.IGNORECASE,
)
"""So does one that says it in plain words."""

Piece = tuple[str, bool]
"""A part of a template: its text, or the name of a placeholder (True)."""


class ReplyError(ValueError):
    """A reply cannot be said; the text names the reply and what it lacks."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under a message."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message, in the customer's own language."""

    text: str
    buttons: tuple[Choice, ...] = ()
    request_contact: bool = False
    reply: str = ""
    wording: int = 0
    promises: bool = False
    """It says that somebody will do something by a time: only what is entered may be said."""


@dataclass(frozen=True, slots=True)
class Listener:
    """To whom we speak. ``key`` draws the wordings: the conversation's id and the number of the turn."""

    language: str
    zone: str
    now: datetime
    key: str
    salutation: str | None = None
    """As `flows.wording.address` gives it."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the runtime knows (`flows.standard.FACTS`); a reply may name them too."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a reply looks like, to proofs and pictures; placeholders are written ``{name}``."""

    text: str
    """Its first wording."""
    place: Place
    buttons: tuple[tuple[str, str, str | None], ...]
    """Title, payload and the list over which the button repeats."""
    lines: tuple[str, frozenset[str]] | None
    """The list that is told line by line, and what each of its items has to have."""
    request_contact: bool


@dataclass(frozen=True, slots=True)
class _Wording:
    number: int
    pieces: tuple[Piece, ...]
    needs: frozenset[str]
    named: bool
    place: Place
    by_a_time: bool


@dataclass(frozen=True, slots=True)
class _Button:
    title: tuple[Piece, ...]
    payload: tuple[Piece, ...]
    each: str | None


@dataclass(frozen=True, slots=True)
class _Lines:
    each: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Reply:
    groups: tuple[tuple[_Wording, ...], ...]
    """Wordings with the same placeholders together; those with most first."""
    buttons: tuple[_Button, ...]
    lines: _Lines | None
    request_contact: bool
    promises: bool

    def is_promise(self, wording: _Wording) -> bool:
        return self.promises or bool(wording.needs & PROMISED) or wording.by_a_time


class Replies:
    """All replies in all languages, ready to be said."""

    languages = LANGUAGES

    def __init__(self, replies: Mapping[str, Mapping[str, _Reply]], words: Mapping[str, Words]) -> None:
        self._replies = replies
        self._words = words

    @classmethod
    def load(cls, defaults: Path, overlay: Path | None = None) -> Replies:
        """Read ``{zh,en}.yml`` and ``{zh,en}/*.yml`` of ``defaults``; what ``overlay`` says takes its place, by name.

        Raises:
            FlowError: a file or a reply is wrong, or two files of one folder hold the same reply.
        """
        replies: dict[str, dict[str, _Reply]] = {}
        words: dict[str, dict[str, dict[str, str]]] = {}
        for language in LANGUAGES:
            replies[language], words[language] = {}, {}
            for folder in filter(None, (defaults, overlay)):
                of_folder: dict[str, _Reply] = {}
                for path in _files(folder, language, needed=folder is defaults):
                    name = f"{folder.parent.name}/{folder.name}/{path.relative_to(folder).as_posix()}"
                    source = read_marked(path, name)
                    _add(of_folder, _read_replies(source, name))
                    for table, said in _section(source, "words", name).items():
                        words[language].setdefault(table, {}).update({key: str(word) for key, word in said.items()})
                replies[language] |= _still_promising(of_folder, replies[language])
        return cls(replies, words)

    def needs(self, reply: str, language: str) -> list[tuple[Place, frozenset[str]]] | None:
        """Return the placeholders of each wording but ``name``; None where the language has no such reply."""
        found = self._replies.get(language, {}).get(reply)
        if found is None:
            return None
        return [(wording.place, wording.needs) for group in found.groups for wording in group]

    def layout(self, reply: str, language: str) -> Layout | None:
        """Return what a reply shows beside its wordings; None where the language has no such reply."""
        found = self._replies.get(language, {}).get(reply)
        if found is None:
            return None
        lines = found.lines
        first = min((wording for group in found.groups for wording in group), key=lambda wording: wording.number)
        return Layout(
            text=_template(first.pieces),
            place=found.groups[0][0].place,
            buttons=tuple((_template(each.title), _template(each.payload), each.each) for each in found.buttons),
            lines=None if lines is None else (lines.each, frozenset(text for text, is_name in lines.pieces if is_name)),
            request_contact=found.request_contact,
        )

    def promises(self, reply: str, language: str) -> bool:
        """Return whether any wording of a reply is a promise."""
        found = self._replies.get(language, {}).get(reply)
        return found is not None and any(found.is_promise(wording) for group in found.groups for wording in group)

    def texts(self, reply: str, language: str) -> list[tuple[Place, str]]:
        """Return each wording of a reply as it is written, and what it tells of a list."""
        found = self._replies.get(language, {}).get(reply)
        if found is None:
            return []
        told = [(wording.place, _template(wording.pieces)) for group in found.groups for wording in group]
        return told if found.lines is None else [*told, (found.groups[0][0].place, _template(found.lines.pieces))]

    def names(self, language: str) -> frozenset[str]:
        """Return the names of all replies of a language."""
        return frozenset(self._replies[language])

    def words(self, language: str) -> Words:
        """Return the language's words for what is ours: statuses, categories, tasks."""
        return self._words[language]

    def render(self, say: Say, listener: Listener, *, last_wording: int | None = None) -> Rendered:
        """Write out one reply.

        Raises:
            ReplyError: there is no such reply, or every wording needs a value that is missing;
                `flows.engine.check` finds both before any talk.
        """
        language = listener.language if listener.language in self._replies else LANGUAGES[-1]
        of_language = self._replies[language]
        reply_name = f"{say.reply}_again" if say.again and f"{say.reply}_again" in of_language else say.reply
        reply = of_language.get(reply_name)
        if reply is None:
            raise ReplyError(f'there is no reply "{reply_name}" in {language}')
        reader = Reader(language, listener.zone, listener.now, self._words[language])
        values = _Known({**say.values, NAME: listener.salutation}, listener.facts)
        wording = _chosen(reply, values, f"{listener.key}:{reply_name}", last_wording)
        if wording is None:
            lacking = sorted(name for name in reply.groups[-1][0].needs if values.get(name) in (None, "", []))
            raise ReplyError(f'reply "{reply_name}" in {language} lacks a value for {", ".join(lacking)}')
        text = _written(wording.pieces, values, reader)
        if reply.lines is not None:
            text = "\n".join((text, *_lines(reply.lines, values, reader)))
        buttons = tuple(_buttons(reply.buttons, values, reader))
        return Rendered(text, buttons, reply.request_contact, reply_name, wording.number, reply.is_promise(wording))

    def speak(
        self, state: DialogueState, says: Iterable[Say], listener: Listener
    ) -> tuple[DialogueState, tuple[Rendered, ...]]:
        """Write out all that is said in one turn.

        The state that comes back remembers which wordings were used and which
        buttons were shown last; keep that one.
        """
        wordings = dict(state.wordings)
        messages: list[Rendered] = []
        for say in says:
            again = f"{say.reply}_again"
            last = wordings.get(again if say.again and again in wordings else say.reply)
            message = self.render(say, listener, last_wording=last)
            wordings[message.reply] = message.wording
            messages.append(message)
        if not messages:
            return state, ()
        shown_last: Sequence[Choice] = next((each.buttons for each in reversed(messages) if each.buttons), ())
        options = tuple((choice.title, choice.payload) for choice in shown_last)
        return replace(state, wordings=wordings, options=options), tuple(messages)


class _Known(Mapping[str, Any]):
    """What is nearer over what is farther. The farther is only asked for what is needed: a fact may cost a query."""

    def __init__(self, nearer: Mapping[str, Any], farther: Mapping[str, Any]) -> None:
        self._nearer = nearer
        self._farther = farther

    def __getitem__(self, name: str) -> Any:
        return self._nearer[name] if name in self._nearer else self._farther[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._farther, **self._nearer})

    def __len__(self) -> int:
        return len({*self._farther, *self._nearer})


def _chosen(reply: _Reply, values: Mapping[str, Any], key: str, last: int | None) -> _Wording | None:
    for group in reply.groups:
        if any(values.get(name) in (None, "", []) for name in group[0].needs):
            continue
        fitting = [wording for wording in group if not wording.named or values[NAME]]
        if not fitting:
            continue
        at = crc32(key.encode()) % len(fitting)
        if len(fitting) > 1 and fitting[at].number == last:
            at = (at + 1) % len(fitting)
        return fitting[at]
    return None


def _written(pieces: tuple[Piece, ...], values: Mapping[str, Any], reader: Reader) -> str:
    return "".join(_value(text, values[text], reader) if is_name else text for text, is_name in pieces)


def _value(name: str, value: Any, reader: Reader) -> str:
    """A name of ours, such as a category, is said in the language's words of that table."""
    if isinstance(value, str) and name in reader.words:
        return reader.words[name].get(value, value)
    return shown(value, reader)


def _lines(lines: _Lines, values: Mapping[str, Any], reader: Reader) -> Iterable[str]:
    for item in values.get(lines.each) or ():
        yield _written(lines.pieces, item, reader)


def _buttons(buttons: tuple[_Button, ...], values: Mapping[str, Any], reader: Reader) -> Iterable[Choice]:
    for button in buttons:
        items = [None] if button.each is None else values.get(button.each) or ()
        for item in items:
            known = _Known({ITEM: item, **(item if isinstance(item, Mapping) else {})}, values)
            if any(known.get(text) is None for text, is_name in (*button.title, *button.payload) if is_name):
                continue  # what a button would be for is not known
            title = _written(button.title, known, reader)
            # What comes from data stands inside a JSON text, so it is escaped as one.
            payload = "".join(
                json.dumps(str(known[text]), ensure_ascii=False)[1:-1] if is_name else text
                for text, is_name in button.payload
            )
            if len(payload.encode()) <= MAX_BYTES:
                yield Choice(title, payload)


def _files(folder: Path, language: str, *, needed: bool) -> list[Path]:
    general = folder / f"{language}.yml"
    areas = sorted((folder / language).glob("*.yml"))
    return [general, *areas] if needed or general.is_file() else areas


def _add(replies: dict[str, _Reply], more: Mapping[str, _Reply]) -> None:
    for name, reply in more.items():
        if name in replies:
            place, other = reply.groups[0][0].place, replies[name].groups[0][0].place
            raise FlowError(place.file, place.line, f'reply "{name}" is already in {other.file}; keep one of them')
        replies[name] = reply


def _still_promising(said: dict[str, _Reply], before: Mapping[str, _Reply]) -> dict[str, _Reply]:
    """A shop's own words for a reply that promises promise as well, marked or not."""
    promised = {name for name, reply in before.items() if reply.promises}
    return {name: replace(reply, promises=True) if name in promised else reply for name, reply in said.items()}


def _read_replies(source: MarkedMap, file: str) -> dict[str, _Reply]:
    for key in source:
        if key not in ("replies", "words"):
            raise FlowError(file, source.line_of(key), f'there is no "{key}" here; replies stand under replies')
    section = _section(source, "replies", file)
    return {name: _read_reply(name, said, section.line_of(name), file) for name, said in section.items()}


def _section(source: MarkedMap, key: str, file: str) -> MarkedMap:
    said = source.get(key)
    if said is None:
        return MarkedMap(source.line)
    if not isinstance(said, MarkedMap):
        raise FlowError(file, source.line_of(key), f'"{key}" must be keys and values')
    return said


def _read_reply(name: str, said: Any, line: int, file: str) -> _Reply:
    whole = said if isinstance(said, MarkedMap) else MarkedMap(line) | {"text": said}
    unknown = sorted(set(whole) - _REPLY_KEYS)
    if unknown:
        raise FlowError(file, line, f'reply "{name}" has no "{unknown[0]}"; it has {", ".join(sorted(_REPLY_KEYS))}')
    text: Any = whole.get("text")
    texts = list(text) if isinstance(text, MarkedList) else [text]
    lines = text.lines if isinstance(text, MarkedList) else [line]
    if not texts or not all(isinstance(each, str) and each.strip() for each in texts):
        raise FlowError(file, line, f'reply "{name}" needs a text, or a list of texts')
    groups: dict[frozenset[str], list[_Wording]] = {}
    for number, (each, at) in enumerate(zip(texts, lines, strict=True)):
        pieces = _pieces(each, f'reply "{name}"', at, file)
        names = frozenset(part for part, is_name in pieces if is_name)
        needs = names - {NAME}
        by_a_time = _BY_A_TIME.search(each) is not None
        groups.setdefault(needs, []).append(_Wording(number, pieces, needs, NAME in names, Place(file, at), by_a_time))
    ordered = sorted(groups.values(), key=lambda group: -len(group[0].needs))
    return _Reply(
        groups=tuple(tuple(group) for group in ordered),
        buttons=tuple(_read_button(name, button, line, file) for button in whole.get("buttons") or ()),
        lines=_read_lines(name, whole.get("lines"), line, file),
        request_contact=whole.get("request_contact") is True,
        promises=whole.get("promises") is True,
    )


def _read_button(reply: str, said: Any, line: int, file: str) -> _Button:
    if not isinstance(said, MarkedMap) or not {"title", "payload"} <= set(said) <= {"title", "payload", "each"}:
        raise FlowError(file, line, f'reply "{reply}": a button is a title and a payload, and each where it repeats')
    payload = str(said["payload"])
    if not payload.startswith("/") or len(payload.encode()) > MAX_BYTES:
        raise FlowError(file, said.line, f'reply "{reply}": a payload starts with / and has at most {MAX_BYTES} bytes')
    title = _pieces(str(said["title"]), f'reply "{reply}"', said.line, file)
    return _Button(title, _split(payload), said.get("each"))


def _read_lines(reply: str, said: Any, line: int, file: str) -> _Lines | None:
    if said is None:
        return None
    if not isinstance(said, MarkedMap) or set(said) != {"each", "text"}:
        raise FlowError(file, line, f'reply "{reply}": lines are "each" (a list) and "text" (a line of it)')
    return _Lines(str(said["each"]), _pieces(str(said["text"]), f'reply "{reply}"', said.line, file))


def _pieces(text: str, where: str, line: int, file: str) -> tuple[Piece, ...]:
    pieces = _split(text)
    if any("{" in part or "}" in part for part, is_name in pieces if not is_name):
        raise FlowError(file, line, f"{where}: a placeholder is {{name}}, small letters and underscores only")
    return pieces


def _template(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"{{{text}}}" if is_name else text for text, is_name in pieces)


def _split(text: str) -> tuple[Piece, ...]:
    parts = _PLACEHOLDER.split(text)
    return tuple((part, at % 2 == 1) for at, part in enumerate(parts) if part)
