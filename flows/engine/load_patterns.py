"""Read `patterns.yml`: what the bot does beside flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flows.engine.marks import FlowError, MarkedList, MarkedMap
from flows.engine.model import Patterns, Place

_SECTIONS: dict[str, dict[str, type]] = {
    "mentions": {},
    "intents": {"human": str, "cancel": str, "repeat": str, "yes": str, "no": str},
    "human": {"flow": str},
    "angry": {"sentiment_at_most": float, "flow": str, "unless": list, "complaint_flow": str},
    "danger": {"urgency_at_least": float, "complaint_flow": str, "also_with": list},
    "sensitive": {},
    "complaint": {"matter": str, "words": str, "matters": list},
    "misunderstood": {"limit": int, "flow": str},
    "interruption": {"sure": float},
    "words": {"filler": list}
    | dict.fromkeys(("skip", "gives_up", "corrects", "denies", "adds", "refers_back", "other_one"), str),
    "failed": {"say": str},
}
_MEANINGS = {"after_care": "rules of care", "after_reply": "replies"}


def read_patterns(source: MarkedMap, file: str) -> Patterns:
    """Read the patterns.

    Raises:
        FlowError: a section or key is missing, unknown or of the wrong kind.
    """
    for key in source:
        if key not in _SECTIONS and key not in _MEANINGS:
            raise FlowError(file, source.line_of(key), f'there is no pattern "{key}"; remove it')
    said = {name: _section(source, name, file) for name in _SECTIONS}
    words = {name: _words(source, said, "words", name, file) for name in _SECTIONS["words"] if name != "filler"}
    return Patterns(
        place=Place(file, source.line),
        mentions=dict(said["mentions"]),
        after_care=_meanings(source, "after_care", file),
        after_reply=_meanings(source, "after_reply", file),
        human_intent=said["intents"]["human"],
        human_flow=said["human"]["flow"],
        cancel_intent=said["intents"]["cancel"],
        repeat_intent=said["intents"]["repeat"],
        yes_intent=said["intents"]["yes"],
        no_intent=said["intents"]["no"],
        angry_at_most=float(said["angry"]["sentiment_at_most"]),
        angry_flow=said["angry"]["flow"],
        angry_unless=frozenset(said["angry"]["unless"]),
        danger_at_least=float(said["danger"]["urgency_at_least"]),
        danger_with=frozenset(said["danger"]["also_with"]),
        sensitive=dict(said["sensitive"]),
        complaint_matter=said["complaint"]["matter"],
        complaint_words=_words(source, said, "complaint", "words", file),
        complaint_with=frozenset(said["complaint"]["matters"]),
        angry_complaint_flow=said["angry"]["complaint_flow"],
        danger_complaint_flow=said["danger"]["complaint_flow"],
        misunderstood_limit=said["misunderstood"]["limit"],
        misunderstood_flow=said["misunderstood"]["flow"],
        sure=float(said["interruption"]["sure"]),
        filler_words=tuple(said["words"]["filler"]),
        **words,
        cannot_go_on=said["failed"]["say"],
    )


def _words(source: MarkedMap, said: Mapping[str, Any], section: str, name: str, file: str) -> re.Pattern[str]:
    try:
        return re.compile(said[section][name], re.IGNORECASE)
    except re.error as exc:
        raise FlowError(file, source[section].line_of(name), f"{name} is not a pattern: {exc}") from exc


def _meanings(source: MarkedMap, name: str, file: str) -> dict[str, dict[str, str]]:
    """Return, by rule of care or by reply, the flow that each intent of an answer to it means; none is needed."""
    section = source.get(name, MarkedMap(source.line))
    if not isinstance(section, MarkedMap):
        raise FlowError(file, source.line_of(name), f'"{name}" holds {_MEANINGS[name]}')
    for said, meanings in section.items():
        if not isinstance(meanings, dict) or not all(isinstance(flow, str) for flow in meanings.values()):
            raise FlowError(file, section.line_of(said), f'"{said}" holds intents, each with the name of a flow')
    return {said: dict(meanings) for said, meanings in section.items()}


def _section(source: MarkedMap, name: str, file: str) -> dict[str, Any]:
    section = source.get(name)
    if not isinstance(section, MarkedMap):
        raise FlowError(file, source.line_of(name), f'"{name}" is missing; it holds keys and values')
    wanted = _SECTIONS[name]
    for key, value in section.items():
        kind = wanted.get(key, str if not wanted else None)
        if kind is None:
            raise FlowError(file, section.line_of(key), f'"{name}" has no "{key}"; remove it')
        if not _fits(value, kind):
            raise FlowError(file, section.line_of(key), f'"{key}" must be {_NAMES[kind]}')
    for key in wanted:
        if key not in section:
            raise FlowError(file, section.line, f'"{name}" lacks "{key}"; add it')
    return dict(section)


_NAMES = {str: "a word", list: "a list of words", float: "a number", int: "a whole number"}


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, MarkedList) and all(isinstance(item, str) for item in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not isinstance(value, bool)
