"""Copies of the shipped flows that a fault can be planted in: files read once, changed in memory, written as YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flows.actions import REGISTERED
from flows.engine.load import load_book
from flows.engine.marks import MarkedMap, read_marked
from flows.engine.model import FlowBook
from flows.proving.proof import Proof, Thoroughness, prove_all
from flows.proving.reaching import parts_of
from flows.replies import Replies
from flows.standard import DEFAULTS, FACTS, SAID_BY_THE_RUNTIME, load_standard
from nlu.intents import intent_names

Step = dict[str, Any]
KINDS = ("collect", "action", "say", "set_slots", "link", "call", "noop")


@cache
def _shipped() -> dict[str, Any]:
    paths = [path for path in sorted(DEFAULTS.rglob("*.yml")) if "knowledge" not in path.relative_to(DEFAULTS).parts]
    return {path.relative_to(DEFAULTS).as_posix(): read_marked(path, path.name) for path in paths}


class NoSuchPlace(Exception):
    """The shipped flows hold no place for this fault any more: plant it elsewhere."""


class Copies:
    """The flows and replies as keys and values; what is taken by name may be changed."""

    def __init__(self) -> None:
        self._changed: dict[str, Any] = {}
        self.book: FlowBook = load_standard_once().book

    def flow(self, name: str) -> dict[str, Any]:
        """Return the document of a flow, to be changed."""
        file = next((file for file in _shipped() if not file.startswith("replies/") and Path(file).stem == name), None)
        if file is None:
            raise NoSuchPlace(f"there is no flow {name}")
        return self._document(file)

    def patterns(self) -> dict[str, Any]:
        return self._document("patterns.yml")

    def reply(self, name: str, language: str) -> tuple[dict[str, Any], Any]:
        """Return the replies that hold the one of this name, and that one, with its text under ``text``."""
        for file, document in _shipped().items():
            of_language = file.startswith((f"replies/{language}.yml", f"replies/{language}/"))
            if of_language and name in (document.get("replies") or {}):
                replies = self._document(file)["replies"]
                if not isinstance(replies[name], dict):
                    replies[name] = {"text": replies[name]}
                return replies, replies[name]
        raise NoSuchPlace(f"there is no reply {name} in {language}")

    def words(self, table: str, language: str) -> dict[str, Any]:
        for file, document in _shipped().items():
            if file.startswith(f"replies/{language}") and table in (document.get("words") or {}):
                words: dict[str, Any] = self._document(file)["words"][table]
                return words
        raise NoSuchPlace(f"there are no words {table} in {language}")

    def steps(self, fits: Callable[[Step], bool]) -> Iterator[tuple[str, Step]]:
        """Yield every step that fits, to be changed, with the name of its flow; of what customers start first."""
        names = sorted(self.book.flows, key=lambda name: (not self.book.flows[name].intents, name))
        for name in names:
            flow = self.book.flows[name]
            if flow.pattern is not None:
                continue
            for at, step in enumerate(_shipped()[_file(name)]["steps"]):
                if fits(step):
                    yield name, self.flow(name)["steps"][at]

    def step(self, fits: Callable[[Step], bool]) -> tuple[str, Step]:
        """Return the first step that fits, with the name of its flow."""
        for found in self.steps(fits):
            return found
        raise NoSuchPlace("no step is like that")

    def proved(self, folder: Path, thorough: Thoroughness) -> Proof:
        """Write the copies into a folder and prove them; of the flows only those are explored that have changed."""
        defaults = folder / "flows"
        for file, document in _shipped().items():
            path = defaults / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                json.dumps(self._changed.get(file, document), ensure_ascii=False, indent=1), encoding="utf-8"
            )
        with patch("flows.engine.load.read_marked", _read), patch("flows.replies.read_marked", _read):
            book = load_book(defaults)
            replies = Replies.load(defaults / "replies")
        thorough = Thoroughness(thorough.turns, thorough.walks, thorough.seed, self._touched(book))
        return prove_all(
            book, replies, REGISTERED, FACTS, SAID_BY_THE_RUNTIME, frozenset(intent_names()), thorough=thorough
        )

    def _touched(self, book: FlowBook) -> frozenset[str]:
        """The flows that were changed, that say a reply which was, or that have such a flow as a part."""
        changed = {Path(file).stem for file in self._changed if not file.startswith("replies/")}
        said = {
            name
            for file in self._changed
            if file.startswith("replies/")
            for name, reply in self._changed[file]["replies"].items()
            if _shipped()[file]["replies"].get(name) != reply
        }
        said |= {name.removesuffix("_again") for name in said}
        says = {
            flow.name
            for flow in book.flows.values()
            for step in flow.steps.values()
            if said & {getattr(step, key, None) for key in ("reply", "utter", "help")}
        }
        if book.patterns.human_flow in changed:
            changed.add("track_order")  # a person may be asked for in the middle of anything
        return frozenset(name for name in book.flows if (changed | says) & set(parts_of(book, name)))

    def _document(self, file: str) -> dict[str, Any]:
        if file not in self._changed:
            self._changed[file] = deepcopy(_shipped()[file])
        document: dict[str, Any] = self._changed[file]
        return document


_KNOWN: dict[tuple[str, str], MarkedMap] = {}


def _read(path: Path, name: str) -> MarkedMap:
    """Read a file, the same only once: of a copy's hundred files one has changed."""
    key = (path.read_text(encoding="utf-8"), name)
    if key not in _KNOWN:
        _KNOWN[key] = read_marked(path, name)
    return _KNOWN[key]


@cache
def load_standard_once() -> Any:
    return load_standard()


@cache
def _file(flow: str) -> str:
    return next(file for file in _shipped() if not file.startswith("replies/") and Path(file).stem == flow)


def become(step: Step, **other: Any) -> None:
    """Make a step another one; its id and the ways out of it stay, unless they are given."""
    for key in [key for key in step if key not in ("id", "next")]:
        del step[key]
    step.update(other)


def ids(document: dict[str, Any]) -> list[str]:
    """Give every step an id, so that steps can be put before it, and return them."""
    for number, step in enumerate(document["steps"], start=1):
        step.setdefault("id", f"step_{number}")
    return [step["id"] for step in document["steps"]]


def ways(step: Step) -> list[dict[str, Any]]:
    """Return the ways with conditions under ``next``."""
    said = step.get("next")
    return [way for way in said if "if" in way] if isinstance(said, list) else []
