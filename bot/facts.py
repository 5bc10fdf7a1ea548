"""What the dialogue may know of the world around a talk; the names are `flows.standard.FACTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Facts(Mapping[str, Any]):
    """Facts by name; what costs a query is looked up when it is first asked for, and then stays as it was."""

    def __init__(self, known: Mapping[str, Any], looked_up: Mapping[str, Callable[[], Any]]) -> None:
        self._known = dict(known)
        self._looked_up = looked_up

    @property
    def known(self) -> dict[str, Any]:
        """Return what is known without another look."""
        return self._known

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._looked_up[name]()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._looked_up

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._looked_up})

    def __len__(self) -> int:
        return len({*self._known, *self._looked_up})
