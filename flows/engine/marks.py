"""YAML with line numbers, so that every complaint about a file can name its place.

Two things differ from plain YAML 1.1 on purpose: only ``true`` and ``false`` are
booleans (an answer ``no`` is a word), and a key that stands twice is an error.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Fifteen times faster where libyaml is there; the same otherwise."""


class FlowError(ValueError):
    """A file of flows or replies is wrong; reads ``file:line: what is wrong; the mend``."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")
        self.file = file
        self.line = line
        self.text = text


class MarkedMap(dict[str, Any]):
    """A mapping that knows the line it starts on and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class MarkedList(list[Any]):
    """A list that knows the line of each of its items."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


def read_marked(path: Path, name: str) -> MarkedMap:
    """Read a YAML file whose top is a mapping; ``name`` is what errors call it.

    Raises:
        FlowError: it is no YAML, no mapping, or says a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise FlowError(name, 1, "this file is not YAML in UTF-8; save it as such") from exc
    return parse_marked(text, name)


def parse_marked(text: str, name: str) -> MarkedMap:
    """Read YAML whose top is a mapping, as `read_marked` does a file's."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise FlowError(name, line, f"this is not YAML: {exc.problem}") from exc
    except yaml.YAMLError as exc:
        raise FlowError(name, 1, "this file is not YAML in UTF-8; save it as such") from exc
    if not isinstance(node, yaml.MappingNode):
        raise FlowError(name, 1, "this file must hold keys and values")
    marked = _convert(node, name)
    assert isinstance(marked, MarkedMap)
    return marked


def _convert(node: yaml.Node, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _map(node, name)
    if isinstance(node, yaml.SequenceNode):
        items = MarkedList()
        for item in node.value:
            items.append(_convert(item, name))
            items.lines.append(item.start_mark.line + 1)
        return items
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _map(node: yaml.MappingNode, name: str) -> MarkedMap:
    found = MarkedMap(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in found:
            raise FlowError(name, line, f'"{key}" stands here twice; keep one')
        found[key] = _convert(value_node, name)
        found.lines[key] = line
    return found


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind == "int" and text.lstrip("-").isdigit():
        return int(text)
    if kind == "float":
        return float(text)
    return text


def hint(word: str, known: tuple[str, ...], lead: str = "; did you mean") -> str:
    """Return a question after what was meant by ``word``, empty where nothing known is near it."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'{lead} "{close[0]}"?' if close else ""
