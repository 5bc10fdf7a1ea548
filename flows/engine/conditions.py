"""The one small condition language of flows: ``slots.order_no is set and facts.verified``.

Grammar, loosest first::

    either   = both ("or" both)*
    both     = inverse ("and" inverse)*
    inverse  = "not" inverse | test
    test     = operand [ "is" ["not"] "set" | ("==" "!=" "<" "<=" ">" ">=") operand | ["not"] "in" operand ]
    operand  = name "." name | number | "text" | 'text' | true | false | null | "[" operand,* "]" | "(" either ")"

A condition is parsed once, when its flow is loaded. Evaluating one never raises:
what is not there is null, and an order between things that have none is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACES = frozenset({"slots", "facts", "result", "message", "opening"})

Scope = Mapping[str, Mapping[str, Any]]
_Test = Callable[[Scope], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<sign>==|!=|<=|>=|<|>|\[|\]|\(|\)|,))"
)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_CONSTANTS = {"true": True, "false": False, "null": None}


class ConditionError(ValueError):
    """A condition cannot be read; the text says why, the loader adds file and line."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; ``names`` are the (namespace, name) pairs that it looks at."""

    source: str
    names: frozenset[tuple[str, str]]
    _test: _Test

    def holds(self, scope: Scope) -> bool:
        """Return whether the condition is true in ``scope`` (namespace → name → value)."""
        return bool(self._test(scope))


def parse(source: str) -> Condition:
    """Parse a condition.

    Raises:
        ConditionError: it is not in the language above.
    """
    parser = _Parser(source)
    test = parser.either()
    parser.expect_end()
    return Condition(source, frozenset(parser.names), test)


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = _tokens(source)
        self._at = 0
        self.names: set[tuple[str, str]] = set()

    def either(self) -> _Test:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise ConditionError(f"did not expect {self._peek()!r} here")

    def _both(self) -> _Test:
        parts = [self._inverse()]
        while self._take("and"):
            parts.append(self._inverse())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _inverse(self) -> _Test:
        if self._take("not"):
            inner = self._inverse()
            return lambda scope: not inner(scope)
        return self._test()

    def _test(self) -> _Test:
        left = self._operand()
        if self._take("is"):
            wanted = not self._take("not")
            if not self._take("set"):
                raise ConditionError('after "is" comes "set" or "not set"; compare values with ==')
            return lambda scope: (left(scope) is not None) is wanted
        sign = self._peek()
        if sign in ("==", "!="):
            self._at += 1
            right = self._operand()
            same = sign == "=="
            return lambda scope: (left(scope) == right(scope)) is same
        if sign in _ORDERS:
            self._at += 1
            return _ordered(_ORDERS[sign], left, self._operand())
        if sign == "in" or (sign == "not" and self._peek(1) == "in"):
            wanted_in = not self._take("not")
            self._at += 1
            return _contained(left, self._operand(), wanted_in)
        return left

    def _operand(self) -> _Test:
        token = self._peek()
        self._at += 1
        if token == "":
            raise ConditionError("it ends too early")
        if token == "(":
            inner = self.either()
            self._need(")")
            return inner
        if token == "[":
            return self._list()
        if token[0] in "\"'":
            return _constant(token[1:-1])
        if token[0].isdigit() or token[0] == "-":
            return _constant(float(token) if "." in token else int(token))
        if token in _CONSTANTS:
            return _constant(_CONSTANTS[token])
        return self._name(token)

    def _list(self) -> _Test:
        items: list[_Test] = []
        while not self._take("]"):
            items.append(self._operand())
            if not self._take(","):
                self._need("]")
                break
        return lambda scope: [item(scope) for item in items]

    def _name(self, token: str) -> _Test:
        namespace, dot, name = token.partition(".")
        if not dot or "." in name or namespace not in NAMESPACES:
            known = ", ".join(f"{each}.…" for each in sorted(NAMESPACES))
            raise ConditionError(f"{token!r} is not a name; names are {known}, texts stand in quotes")
        self.names.add((namespace, name))
        return lambda scope: scope[namespace].get(name) if namespace in scope else None

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise ConditionError(f"{token!r} is missing")


def _tokens(source: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    end = len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            raise ConditionError(f"cannot read {source[at:].strip()[:20]!r}")
        tokens.append(match.group(match.lastgroup or 0))
        at = match.end()
    if not tokens:
        raise ConditionError("it is empty")
    return tokens


def _constant(value: Any) -> _Test:
    return lambda scope: value


def _ordered(order: Callable[[Any, Any], bool], left: _Test, right: _Test) -> _Test:
    def test(scope: Scope) -> bool:
        a, b = left(scope), right(scope)
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        texts = isinstance(a, str) and isinstance(b, str)
        return order(a, b) if numbers or texts else False

    return test


def _contained(left: _Test, right: _Test, wanted: bool) -> _Test:
    def test(scope: Scope) -> bool:
        a, b = left(scope), right(scope)
        if isinstance(b, str):
            return (isinstance(a, str) and a in b) is wanted
        return (isinstance(b, list | tuple) and a in b) is wanted

    return test
