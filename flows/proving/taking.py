"""What an action reads of what it is given, found in its source: ``args["x"]`` is needed, ``args.get("x")`` is not."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(slots=True)
class Taken:
    """The names that an action needs and those that it may use; ``all_of`` where it hands on the whole."""

    needs: set[str] = field(default_factory=set)
    may_use: set[str] = field(default_factory=set)
    all_of: bool = False

    def knows(self, name: str) -> bool:
        """Return whether an argument of this name is ever looked at."""
        return self.all_of or name in self.needs or name in self.may_use


@cache
def taken_by(function: Callable[..., Any]) -> Taken:
    """Return what a function reads of its second parameter, its helpers in the same module included."""
    found = Taken()
    _read(function, 1, found, set())
    return found


def _read(function: Callable[..., Any], position: int, found: Taken, seen: set[str]) -> None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        found.all_of = True  # written where no source is kept: nothing can be said
        return
    if not isinstance(tree, ast.FunctionDef) or len(tree.args.args) <= position:
        found.all_of = True
        return
    seen.add(function.__qualname__)
    name = tree.args.args[position].arg
    told: set[int] = set()
    for node in ast.walk(tree):
        if (key := _key(node, name)) is not None:
            said, inside = key
            needed = isinstance(node, ast.Subscript) and not _asked_first(tree, name, said)
            (found.needs if needed else found.may_use).add(said)
            told.add(id(inside))
        elif isinstance(node, ast.Call):
            for at, argument in enumerate(node.args):
                helper = function.__globals__.get(node.func.id) if isinstance(node.func, ast.Name) else None
                if isinstance(argument, ast.Name) and argument.id == name and inspect.isfunction(helper):
                    told.add(id(argument))
                    if helper.__qualname__ not in seen:
                        _read(helper, at, found, seen)
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    found.all_of |= any(id(node) not in told for node in uses)


def _key(node: ast.AST, name: str) -> tuple[str, ast.Name] | None:
    """Return the key of ``args["key"]``, ``args.get("key")`` or ``"key" in args``, and the ``args`` in it."""
    match node:
        case ast.Subscript(value=ast.Name(id=found) as inside, slice=ast.Constant(value=str(key))) if found == name:
            return key, inside
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=found) as inside, attr="get"), args=[ast.Constant(value=str(key)), *_]
        ) if found == name:
            return key, inside
        case ast.Compare(
            left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=found) as inside]
        ) if found == name:
            return key, inside
    return None


def _asked_first(tree: ast.FunctionDef, name: str, key: str) -> bool:
    """Return whether the function asks ``args.get("key")`` or ``"key" in args`` as well: then it can do without."""
    return any(
        isinstance(node, ast.Call | ast.Compare) and (found := _key(node, name)) is not None and found[0] == key
        for node in ast.walk(tree)
    )
