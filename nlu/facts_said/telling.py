"""One way of telling a fact: a pattern for a whole clause, and what of it is the value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_AS_TYPED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Telling:
    """``says`` is the value, with the pattern's groups in it as they were typed; ``capital`` wants a name in ``v``."""

    kind: str
    pattern: re.Pattern[str]
    says: str = "{v}"
    capital: bool = False
    words: Mapping[str, str] = _AS_TYPED
    """Words of a group that are kept in another form: "mom" and "my mother" are one."""

    def value(self, match: re.Match[str], typed: str) -> str:
        """Return the value of a clause; ``typed`` is the clause as its customer wrote it."""
        groups = {name: typed[slice(*match.span(name))].strip() for name, said in match.groupdict().items() if said}
        said = self.says
        for name, group in groups.items():
            said = said.replace(f"{{{name}}}", self.words.get(group.casefold(), group))
        return " ".join(said.split())

    def whose(self, match: re.Match[str], typed: str) -> str | None:
        """Return the person close to the customer whom the clause is about, None where it is about themselves."""
        if "who" not in match.groupdict():
            return None
        named = typed[slice(*match.span("who"))].strip()
        return self.words.get(named.casefold(), named)


def telling(
    kind: str, pattern: str, says: str = "{v}", *, capital: bool = False, words: Mapping[str, str] = _AS_TYPED
) -> Telling:
    """Return a way of telling, its pattern compiled."""
    return Telling(kind, re.compile(pattern), says, capital, words)
