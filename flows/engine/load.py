"""Read flows and patterns from YAML; whatever is wrong is named by file, line and mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from flows.engine.assembling import assemble
from flows.engine.conditions import Condition, ConditionError, parse
from flows.engine.load_patterns import read_patterns
from flows.engine.marks import FlowError, MarkedList, MarkedMap, hint, read_marked
from flows.engine.model import (
    ASIDE,
    END,
    REPAIRS,
    AsksAgain,
    Call,
    Collect,
    Do,
    Flow,
    FlowBook,
    Link,
    Noop,
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

FLOW_KEYS = frozenset(
    {
        "description", "intents", "matter", "drops_others", "yields", "persisted_slots", "slots", "steps", "pattern",
        "asks_again", "renamed",
    }
)  # fmt: skip
SLOT_KEYS = frozenset(
    {
        "type", "entity", "values", "by_intent", "words", "yes", "no", "matches", "told", "upper", "free", "opening",
        "grows", "attachment", "each", "problems",
    }
)  # fmt: skip
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
    return assemble(flows, patterns)


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
        pattern = self._one_of("pattern", (ASIDE, *REPAIRS), None)
        given = {name: Slot(name, "text", Place(self._file, source.line)) for name in sorted(REPAIRS.get(pattern, ()))}
        self._slots = given | {slot: self._slot(slot, source) for slot in self._map(source, "slots")}
        persisted = tuple(self._texts(source, "persisted_slots"))
        for slot in persisted:
            self._declared(slot, source.line_of("persisted_slots"), "persisted_slots")
        steps = source.get("steps")
        if not isinstance(steps, MarkedList) or not steps:
            raise self._error(source.line_of("steps"), "a flow needs at least one step, in a list under steps")
        steps_read = self._steps(steps)
        return Flow(
            name=self._name,
            description=str(source.get("description") or ""),
            place=Place(self._file, source.line),
            intents=tuple(self._texts(source, "intents")),
            slots=self._slots,
            steps=steps_read,
            matter=str(source.get("matter") or self._name),
            drops_others=source.get("drops_others") is True,
            yields=source.get("yields") is True,
            persisted_slots=persisted,
            pattern=pattern,
            asks_again=self._one_of("asks_again", get_args(AsksAgain), "always"),
            renamed=self._renamed(tuple(steps_read)),
        )

    def _one_of(self, key: str, known: tuple[str, ...], default: Any) -> Any:
        said = self._source.get(key, default)
        if said is not None and said not in known:
            mend = hint(str(said), known) or f"; it is one of {', '.join(known)}"
            raise self._error(self._source.line_of(key), f'"{key}" cannot be "{said}"{mend}')
        return said

    def _renamed(self, ids: tuple[str, ...]) -> dict[str, str]:
        """Read what became of steps where a stored talk may stand."""
        renamed = self._map(self._source, "renamed")
        for before, now in renamed.items():
            line = self._source["renamed"].line_of(before)
            if before in ids:
                raise self._error(line, f'renamed: step "{before}" is still here; take the line out')
            self._target(str(now), ids, line, "renamed")
        return {before: str(now) for before, now in renamed.items()}

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
        meaning = self._map(said, "words")
        words = {value: self._pattern(meaning, value, f'slot "{name}": words of "{value}"') for value in meaning}
        for value in (*by_intent.values(), *words, said.get("yes"), said.get("no")):
            if value is not None and values and value not in values:
                raise self._error(line, f'slot "{name}": "{value}" is none of its values{hint(str(value), values)}')
        return Slot(
            name=name,
            type=kind,
            place=Place(self._file, line),
            entity=said.get("entity"),
            values=values,
            by_intent=by_intent,
            words={value: pattern for value, pattern in words.items() if pattern is not None},
            yes=said.get("yes"),
            no=said.get("no"),
            matches=self._pattern(said, "matches", f'slot "{name}": matches'),
            told=self._pattern(said, "told", f'slot "{name}": told'),
            upper=said.get("upper") is True,
            free=said.get("free") is True,
            opening=said.get("opening"),
            grows=said.get("grows") is True,
            attachment=said.get("attachment"),
            problems=said.get("problems") is True,
            each=said.get("each") is True,
        )

    def _pattern(self, said: MarkedMap, key: str, what: str) -> re.Pattern[str] | None:
        if key not in said:
            return None
        try:
            return re.compile(str(said[key]))
        except re.error as exc:
            raise self._error(said.line_of(key), f"{what} is not a pattern: {exc}") from exc

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
                line, f'step "{step_id}": there is no step "{target}" to go to{hint(target, (*ids, END))}'
            )
        return target

    def _declared(self, slot: str, line: int, where: str) -> None:
        if slot not in self._slots:
            mend = f"add it under slots{hint(slot, tuple(self._slots), ', or did you mean')}"
            raise self._error(line, f'{where}: slot "{slot}" is not declared; {mend}')

    def _known_keys(self, source: MarkedMap, known: frozenset[str], what: str) -> None:
        for key in source:
            if key not in known:
                mend = hint(key, tuple(sorted(known)))
                raise self._error(source.line_of(key), f'{what} has no "{key}"{mend or "; remove it"}')

    def _map(self, source: MarkedMap, key: str) -> MarkedMap:
        said = source.get(key)
        if said is None:
            return MarkedMap(source.line)
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
