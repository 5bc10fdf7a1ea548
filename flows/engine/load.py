"""Read flows and patterns from YAML; whatever is wrong is named by file, line and mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flows.engine.conditions import Condition, ConditionError, parse
from flows.engine.load_patterns import read_patterns
from flows.engine.marks import FlowError, MarkedList, MarkedMap, read_marked
from flows.engine.model import (
    END,
    Call,
    Collect,
    Do,
    Flow,
    FlowBook,
    Link,
    Noop,
    Patterns,
    Place,
    Rejection,
    Route,
    SetSlots,
    Slot,
    Step,
    Tell,
)

PATTERNS_FILE = "patterns.yml"
REPLIES_FOLDER = "replies"

FLOW_KEYS = frozenset({"description", "intents", "matter", "drops_others", "persisted_slots", "slots", "steps"})
SLOT_KEYS = frozenset(
    {"type", "entity", "values", "by_intent", "yes", "no", "matches", "upper", "free", "opening", "grows", "attachment"}
)
SLOT_TYPES = ("text", "number", "bool", "choice")
KIND_KEYS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "collect": frozenset({"utter", "help", "ask_before_filling", "rejections", "skippable", "offer"}),
        "action": frozenset({"args"}),
        "say": frozenset({"offers_help", "offer"}),
        "set_slots": frozenset(),
        "link": frozenset(),
        "call": frozenset(),
        "noop": frozenset(),
    }
)
STEP_KEYS = frozenset({"id", "next"})


def load_book(defaults: Path, overlay: Path | None = None) -> FlowBook:
    """Read every flow under ``defaults``, and a shop's own under ``overlay``.

    A file of the shop takes the place of the default file with the same path below
    its folder; other files of the shop are added.

    Raises:
        FlowError: the first thing that is wrong.
    """
    files = {path.relative_to(defaults).as_posix(): (path, defaults.name) for path in _yaml_files(defaults)}
    if overlay is not None and overlay.is_dir():
        label = f"{overlay.parent.name}/{overlay.name}" if overlay.parent.name else overlay.name
        files |= {path.relative_to(overlay).as_posix(): (path, label) for path in _yaml_files(overlay)}
    if PATTERNS_FILE not in files:
        raise FlowError(f"{defaults.name}/{PATTERNS_FILE}", 1, "this file is missing; every book of flows needs one")
    patterns_path, label = files.pop(PATTERNS_FILE)
    patterns = read_patterns(read_marked(patterns_path, f"{label}/{PATTERNS_FILE}"), f"{label}/{PATTERNS_FILE}")
    flows: dict[str, Flow] = {}
    for relative, (path, label) in sorted(files.items()):
        flow = read_flow(read_marked(path, f"{label}/{relative}"), f"{label}/{relative}", path.stem)
        if flow.name in flows:
            other = flows[flow.name].place.file
            raise FlowError(flow.place.file, 1, f'flow "{flow.name}" is already in {other}; rename one of the files')
        flows[flow.name] = flow
    book = FlowBook(flows, patterns, _by_intent(flows, patterns), _fillers(patterns.filler_words))
    _refuse_missing_flows(book)
    return book


def _yaml_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*.yml") if REPLIES_FOLDER not in path.relative_to(root).parts]


def read_flow(source: MarkedMap, file: str, name: str) -> Flow:
    """Read one flow; ``name`` is the stem of its file."""
    return _FlowReader(source, file, name).read()


class _FlowReader:
    def __init__(self, source: MarkedMap, file: str, name: str) -> None:
        self._source = source
        self._file = file
        self._name = name
        self._slots: dict[str, Slot] = {}

    def read(self) -> Flow:
        source = self._source
        self._known_keys(source, FLOW_KEYS, "a flow")
        self._slots = {slot: self._slot(slot, source) for slot in self._map(source, "slots")}
        persisted = tuple(self._texts(source, "persisted_slots"))
        for slot in persisted:
            self._declared(slot, source.line_of("persisted_slots"), "persisted_slots")
        steps = source.get("steps")
        if not isinstance(steps, MarkedList) or not steps:
            raise self._error(source.line_of("steps"), "a flow needs at least one step, in a list under steps")
        return Flow(
            name=self._name,
            description=str(source.get("description") or ""),
            place=Place(self._file, source.line),
            intents=tuple(self._texts(source, "intents")),
            slots=self._slots,
            steps=self._steps(steps),
            matter=str(source.get("matter") or self._name),
            drops_others=source.get("drops_others") is True,
            persisted_slots=persisted,
        )

    def _slot(self, name: str, source: MarkedMap) -> Slot:
        slots = source["slots"]
        line = slots.line_of(name)
        said = slots[name] if isinstance(slots[name], MarkedMap) else MarkedMap(line)
        self._known_keys(said, SLOT_KEYS, f'slot "{name}"')
        kind = said.get("type", "text")
        if kind not in SLOT_TYPES:
            raise self._error(said.line_of("type"), f'slot "{name}": type is one of {", ".join(SLOT_TYPES)}')
        values = tuple(self._texts(said, "values"))
        if (kind == "choice") != bool(values):
            raise self._error(line, f'slot "{name}": a choice needs values, and only a choice has them')
        by_intent = {intent: str(value) for intent, value in self._map(said, "by_intent").items()}
        for value in (*by_intent.values(), said.get("yes"), said.get("no")):
            if value is not None and values and value not in values:
                raise self._error(line, f'slot "{name}": "{value}" is none of its values{_hint(str(value), values)}')
        return Slot(
            name=name,
            type=kind,
            place=Place(self._file, line),
            entity=said.get("entity"),
            values=values,
            by_intent=by_intent,
            yes=said.get("yes"),
            no=said.get("no"),
            matches=self._pattern(said, name),
            upper=said.get("upper") is True,
            free=said.get("free") is True,
            opening=said.get("opening"),
            grows=said.get("grows") is True,
            attachment=said.get("attachment"),
        )

    def _pattern(self, said: MarkedMap, slot: str) -> re.Pattern[str] | None:
        if "matches" not in said:
            return None
        try:
            return re.compile(str(said["matches"]))
        except re.error as exc:
            line = said.line_of("matches")
            raise self._error(line, f'slot "{slot}": matches is not a pattern: {exc}') from exc

    def _steps(self, sources: MarkedList) -> dict[str, Step]:
        ids: list[str] = []
        for number, (source, line) in enumerate(zip(sources, sources.lines, strict=True), start=1):
            if not isinstance(source, MarkedMap):
                raise self._error(line, f"step {number} must be keys and values")
            given = str(source.get("id") or f"step_{number}")
            if given in ids or given == END:
                raise self._error(line, f'step "{given}": this id is taken; give it another one')
            ids.append(given)
        steps: dict[str, Step] = {}
        for at, source in enumerate(sources):
            following = ids[at + 1] if at + 1 < len(ids) else END
            steps[ids[at]] = self._step(ids[at], source, tuple(ids), following)
        return steps

    def _step(self, step_id: str, source: MarkedMap, ids: tuple[str, ...], following: str) -> Step:
        kinds = [key for key in KIND_KEYS if key in source]
        if len(kinds) != 1:
            raise self._error(source.line, f'step "{step_id}" must be exactly one of {", ".join(KIND_KEYS)}')
        kind = kinds[0]
        self._known_keys(source, STEP_KEYS | {kind} | KIND_KEYS[kind], f'step "{step_id}"')
        place = Place(self._file, source.line)
        routes = self._routes(step_id, source, ids, following)
        if kind == "collect":
            return self._collect(step_id, source, place, routes)
        if kind == "action":
            return Do(step_id, str(source[kind]), dict(self._map(source, "args")), place, routes)
        if kind == "say":
            return Tell(
                step_id,
                str(source[kind]),
                source.get("offers_help") is True,
                place,
                routes,
                source.get("offer") is True,
            )
        if kind == "set_slots":
            values = dict(self._map(source, "set_slots"))
            for slot in values:
                self._declared(slot, source["set_slots"].line_of(slot), f'step "{step_id}"')
            return SetSlots(step_id, values, place, routes)
        if kind == "link":
            if "next" in source:
                raise self._error(source.line_of("next"), f'step "{step_id}": nothing comes after a link; use call')
            return Link(step_id, str(source[kind]), place)
        if kind == "call":
            return Call(step_id, str(source[kind]), place, routes)
        return Noop(step_id, place, routes)

    def _collect(self, step_id: str, source: MarkedMap, place: Place, routes: tuple[Route, ...]) -> Collect:
        slot = str(source["collect"])
        self._declared(slot, source.line_of("collect"), f'step "{step_id}"')
        rejections: list[Rejection] = []
        for said in source.get("rejections") or ():
            if not isinstance(said, MarkedMap) or set(said) != {"if", "utter"}:
                raise self._error(source.line_of("rejections"), f'step "{step_id}": a rejection is "if" and "utter"')
            rejections.append(Rejection(self._condition(said, step_id), str(said["utter"]), said.line))
        return Collect(
            id=step_id,
            slot=slot,
            utter=str(source.get("utter") or f"ask_{slot}"),
            place=place,
            routes=routes,
            help=source.get("help"),
            ask_before_filling=source.get("ask_before_filling") is True,
            rejections=tuple(rejections),
            skippable=source.get("skippable") is True,
            offer=source.get("offer") is True,
        )

    def _routes(self, step_id: str, source: MarkedMap, ids: tuple[str, ...], following: str) -> tuple[Route, ...]:
        said = source.get("next", following)
        line = source.line_of("next")
        if isinstance(said, str):
            return (Route(None, self._target(said, ids, line, step_id), line),)
        if not isinstance(said, MarkedList) or not said:
            raise self._error(line, f'step "{step_id}": next is a step, or a list of if/then that ends with else')
        routes: list[Route] = []
        for number, (item, item_line) in enumerate(zip(said, said.lines, strict=True), start=1):
            keys = set(item) if isinstance(item, MarkedMap) else set()
            last = number == len(said)
            if keys != ({"else"} if last else {"if", "then"}):
                mend = "the last is else, alone" if last else 'each before the last has "if" and "then"'
                raise self._error(item_line, f'step "{step_id}": of the ways under next, {mend}')
            when = None if last else self._condition(item, step_id)
            target = str(item["else" if last else "then"])
            routes.append(Route(when, self._target(target, ids, item_line, step_id), item_line))
        return tuple(routes)

    def _condition(self, said: MarkedMap, step_id: str) -> Condition:
        line = said.line_of("if")
        try:
            condition = parse(str(said["if"]))
        except ConditionError as exc:
            raise self._error(line, f'step "{step_id}": condition {said["if"]!r}: {exc}') from exc
        for namespace, name in sorted(condition.names):
            if namespace == "slots":
                self._declared(name, line, f'step "{step_id}"')
        return condition

    def _target(self, target: str, ids: tuple[str, ...], line: int, step_id: str) -> str:
        if target != END and target not in ids:
            raise self._error(
                line, f'step "{step_id}": there is no step "{target}" to go to{_hint(target, (*ids, END))}'
            )
        return target

    def _declared(self, slot: str, line: int, where: str) -> None:
        if slot not in self._slots:
            mend = f"add it under slots{_hint(slot, tuple(self._slots), ', or did you mean')}"
            raise self._error(line, f'{where}: slot "{slot}" is not declared; {mend}')

    def _known_keys(self, source: MarkedMap, known: frozenset[str], what: str) -> None:
        for key in source:
            if key not in known:
                hint = _hint(key, tuple(sorted(known)))
                raise self._error(source.line_of(key), f'{what} has no "{key}"{hint or "; remove it"}')

    def _map(self, source: MarkedMap, key: str) -> Mapping[str, Any]:
        said = source.get(key)
        if said is None:
            return {}
        if not isinstance(said, MarkedMap):
            raise self._error(source.line_of(key), f'"{key}" must be keys and values')
        return said

    def _texts(self, source: MarkedMap, key: str) -> list[str]:
        said = source.get(key)
        if said is None:
            return []
        if not isinstance(said, MarkedList) or not all(isinstance(item, str) for item in said):
            raise self._error(source.line_of(key), f'"{key}" must be a list of words')
        return list(said)

    def _error(self, line: int, text: str) -> FlowError:
        return FlowError(self._file, line, text)


def _hint(word: str, known: tuple[str, ...], lead: str = "; did you mean") -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'{lead} "{close[0]}"?' if close else ""


def _by_intent(flows: Mapping[str, Flow], patterns: Patterns) -> dict[str, str]:
    found: dict[str, str] = {}
    for flow in flows.values():
        for intent in flow.intents:
            if intent in found:
                mend = f'intent "{intent}" already starts flow "{found[intent]}"; keep one'
                raise FlowError(flow.place.file, flow.place.line, mend)
            found[intent] = flow.name
    # A flow of its own wins: a shop adds one without touching the list of the patterns.
    return dict.fromkeys(sorted(patterns.colleague_intents), patterns.colleague_flow) | found


def _fillers(words: tuple[str, ...]) -> re.Pattern[str]:
    # Longest first, or "我" would be cut out of "我们" and leave half a word behind.
    ordered = sorted(words, key=lambda word: (-len(word), word))
    alternatives = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in ordered]
    return re.compile("|".join(alternatives) or r"(?!)", re.IGNORECASE)


def _refuse_missing_flows(book: FlowBook) -> None:
    patterns = book.patterns
    named = (patterns.colleague_flow, patterns.human_flow, patterns.angry_flow, patterns.angry_complaint_flow,
             patterns.danger_complaint_flow, patterns.misunderstood_flow, *patterns.mentions.values(),
             *patterns.sensitive.values(),
             *(flow for meanings in patterns.after_care.values() for flow in meanings.values()))  # fmt: skip
    for name in named:
        if name not in book.flows:
            hint = _hint(name, tuple(book.flows))
            raise FlowError(patterns.place.file, patterns.place.line, f'there is no flow "{name}"{hint}')
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Link | Call) and step.flow not in book.flows:
                hint = _hint(step.flow, tuple(book.flows)) or "; write it or name another"
                raise FlowError(
                    step.place.file, step.place.line, f'step "{step.id}": there is no flow "{step.flow}"{hint}'
                )
