"""What surely holds at a step, on whatever way it was come to.

A claim is about one name: that it has a value, that it has none, that it is true, false, or just this value.
A branch adds the claims of its condition; where ways meet, only what all of them claim is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from flows.engine.conditions import Part

Name = tuple[str, str]
"""(namespace, name), as conditions write it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is sure of one name; ``value`` only where it ``is`` or ``is not`` just that."""

    name: Name
    says: Literal["set", "unset", "true", "false", "is", "is not"]
    value: Any = None


Claims = frozenset[Claim]
NOTHING: Claims = frozenset()


def value_claims(name: Name, value: Any) -> Claims:
    """Return what is claimed of a name that has just this value."""
    if value is None:
        return frozenset({Claim(name, "unset"), Claim(name, "false")})
    truth: Literal["true", "false"] = "true" if value else "false"
    return frozenset({Claim(name, "set"), Claim(name, truth), Claim(name, "is", value)})


def without(claims: Claims, names: Iterable[Name]) -> Claims:
    """Return the claims but those about ``names``."""
    gone = set(names)
    return frozenset(claim for claim in claims if claim.name not in gone)


def are_set(claims: Claims) -> frozenset[Name]:
    """Return the names that have a value."""
    return frozenset(claim.name for claim in claims if claim.says == "set")


def verdict(part: Part, claims: Claims) -> bool | None:
    """Return whether a condition holds wherever the claims do; None where it may or may not."""
    match part.kind:
        case "constant":
            return bool(part.says)
        case "and" | "or":
            return _joined(part, claims)
        case "not":
            inner = verdict(part.parts[0], claims)
            return None if inner is None else not inner
        case "name":
            known = Claim(part.says, "true") in claims
            return known if known or Claim(part.says, "false") in claims else None
        case "set":
            return _is_set(part, claims)
        case "same":
            return _is_same(part, claims)
        case "in":
            return _is_in(part, claims)
    return None


def when(part: Part, holds: bool, claims: Claims = NOTHING) -> Claims:
    """Return what a condition claims where it ``holds`` (or does not), knowing ``claims`` already."""
    match part.kind:
        case "and" | "or":
            # Every part holds where "and" does, none where "or" does not; else at least one of those still open.
            if (part.kind == "and") is holds:
                return frozenset().union(*(when(inner, holds, claims) for inner in part.parts))
            open_ones = [inner for inner in part.parts if verdict(inner, claims) is not (not holds)]
            return _shared(when(inner, holds, claims) for inner in open_ones)
        case "not":
            return when(part.parts[0], not holds, claims)
        case "name":
            truth: Claims = frozenset({Claim(part.says, "true" if holds else "false")})
            return truth | {Claim(part.says, "set")} if holds else truth
        case "set":
            name = _name(part.parts[0])
            return frozenset({Claim(name, "set" if holds is part.says else "unset")}) if name else NOTHING
        case "same":
            return _when_same(part, holds is part.says)
        case "order":
            return frozenset(Claim(name, "set") for name in map(_name, part.parts) if name) if holds else NOTHING
        case "in":
            return _when_in(part, holds is part.says)
    return NOTHING


def _shared(each: Iterable[Claims]) -> Claims:
    found = list(each)
    return frozenset.intersection(*found) if found else NOTHING


def _joined(part: Part, claims: Claims) -> bool | None:
    decides = part.kind == "or"
    inner = [verdict(one, claims) for one in part.parts]
    if decides in inner:
        return decides
    return None if None in inner else not decides


def _is_set(part: Part, claims: Claims) -> bool | None:
    name = _name(part.parts[0])
    if name is None:
        return None
    known = Claim(name, "set") in claims
    if not known and Claim(name, "unset") not in claims:
        return None
    return known is part.says


def _is_same(part: Part, claims: Claims) -> bool | None:
    name, constant = _name_and_constant(part)
    if name is None or constant is None:
        return None
    about = {claim for claim in claims if claim.name == name}
    value = constant.says
    same: bool | None = None
    if Claim(name, "is", value) in about:
        same = True
    elif any(claim.says == "is" for claim in about) or Claim(name, "is not", value) in about:
        same = False
    elif value is None and (known := about & {Claim(name, "set"), Claim(name, "unset")}):
        same = Claim(name, "unset") in known
    elif (Claim(name, "unset") in about and value is not None) or Claim(name, "false" if value else "true") in about:
        same = False
    return None if same is None else same is part.says


def _is_in(part: Part, claims: Claims) -> bool | None:
    name, values = _name(part.parts[0]), _constants(part.parts[1])
    if name is None or values is None:
        return None
    is_one = [claim.value for claim in claims if claim.name == name and claim.says == "is"]
    if is_one:
        return (is_one[0] in values) is part.says
    if Claim(name, "unset") in claims or all(Claim(name, "is not", value) in claims for value in values):
        return not part.says
    return None


def _when_same(part: Part, same: bool) -> Claims:
    name, constant = _name_and_constant(part)
    if name is None or constant is None:
        return NOTHING
    if same:
        return value_claims(name, constant.says)
    return frozenset({Claim(name, "set") if constant.says is None else Claim(name, "is not", constant.says)})


def _when_in(part: Part, inside: bool) -> Claims:
    name, values = _name(part.parts[0]), _constants(part.parts[1])
    if name is None or values is None:
        return NOTHING
    if not inside:
        return frozenset(Claim(name, "is not", value) for value in values)
    return _shared(value_claims(name, value) for value in values)


def _name(part: Part) -> Name | None:
    return part.says if part.kind == "name" else None


def _name_and_constant(part: Part) -> tuple[Name | None, Part | None]:
    left, right = part.parts
    if left.kind == "constant":
        left, right = right, left
    return _name(left), right if right.kind == "constant" else None


def _constants(part: Part) -> list[Any] | None:
    if part.kind != "list" or any(item.kind != "constant" for item in part.parts):
        return None
    return [item.says for item in part.parts]
