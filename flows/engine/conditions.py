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
from dataclasses import dataclass, field
from typing import Any, Literal

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


PartKind = Literal["or", "and", "not", "set", "order", "same", "in", "list", "constant", "name"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a parsed condition: what it is and what it consists of, for proofs, and its value in a scope."""

    kind: PartKind
    value: _Test
    parts: tuple[Part, ...] = ()
    says: Any = None
    """The value of a constant, the (namespace, name) of a name, the sign of an order, whether it is ``in``, ``set``,
    or the ``same`` that is wanted, or its opposite."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; ``names`` are the (namespace, name) pairs that it looks at."""

    source: str
    names: frozenset[tuple[str, str]]
    root: Part = field(compare=False)  # it says the same as the source

    def holds(self, scope: Scope) -> bool:
        """Return whether the condition is true in ``scope`` (namespace → name → value)."""
        return bool(self.root.value(scope))


def parse(source: str) -> Condition:
    """Parse a condition.

    Raises:
        ConditionError: it is not in the language above.
    """
    parser = _Parser(source)
    root = parser.either()
    parser.expect_end()
    return Condition(source, frozenset(parser.names), root)


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = _tokens(source)
        self._at = 0
        self.names: set[tuple[str, str]] = set()

    def either(self) -> Part:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        tests = [part.value for part in parts]
        return Part("or", lambda scope: any(test(scope) for test in tests), tuple(parts))

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise ConditionError(f"did not expect {self._peek()!r} here")

    def _both(self) -> Part:
        parts = [self._inverse()]
        while self._take("and"):
            parts.append(self._inverse())
        if len(parts) == 1:
            return parts[0]
        tests = [part.value for part in parts]
        return Part("and", lambda scope: all(test(scope) for test in tests), tuple(parts))

    def _inverse(self) -> Part:
        if self._take("not"):
            inner = self._inverse()
            return Part("not", lambda scope: not inner.value(scope), (inner,))
        return self._test()

    def _test(self) -> Part:
        left = self._operand()
        if self._take("is"):
            wanted = not self._take("not")
            if not self._take("set"):
                raise ConditionError('after "is" comes "set" or "not set"; compare values with ==')
            return Part("set", lambda scope: (left.value(scope) is not None) is wanted, (left,), wanted)
        sign = self._peek()
        if sign in ("==", "!="):
            self._at += 1
            right = self._operand()
            same = sign == "=="
            return Part("same", lambda scope: (left.value(scope) == right.value(scope)) is same, (left, right), same)
        if sign in _ORDERS:
            self._at += 1
            right = self._operand()
            return Part("order", _ordered(_ORDERS[sign], left.value, right.value), (left, right), sign)
        if sign == "in" or (sign == "not" and self._peek(1) == "in"):
            wanted_in = not self._take("not")
            self._at += 1
            right = self._operand()
            return Part("in", _contained(left.value, right.value, wanted_in), (left, right), wanted_in)
        return left

    def _operand(self) -> Part:
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

    def _list(self) -> Part:
        items: list[Part] = []
        while not self._take("]"):
            items.append(self._operand())
            if not self._take(","):
                self._need("]")
                break
        return Part("list", lambda scope: [item.value(scope) for item in items], tuple(items))

    def _name(self, token: str) -> Part:
        namespace, dot, name = token.partition(".")
        if not dot or "." in name or namespace not in NAMESPACES:
            known = ", ".join(f"{each}.…" for each in sorted(NAMESPACES))
            raise ConditionError(f"{token!r} is not a name; names are {known}, texts stand in quotes")
        self.names.add((namespace, name))
        looked_up = (namespace, name)
        return Part("name", lambda scope: scope[namespace].get(name) if namespace in scope else None, says=looked_up)

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


def _constant(value: Any) -> Part:
    return Part("constant", lambda scope: value, says=value)


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
