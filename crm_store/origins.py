"""On which side of a merge a row stands: whose it is again when one customer is taken apart into two.

    with bringing(identity.side):       # a turn, an import: whatever is written in here
        points.earn(conn, …)            # came by this identity

A row's ``side`` is the internal id of the customer who had it before a merge, or
would have it had there been none; None where that is the customer who has it now.
Tables whose rows belong to a customer carry the column, and `belongings` moves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import MappedColumn, mapped_column

_NOT_SAID = "?"
_present: ContextVar[str | None] = ContextVar("side", default=_NOT_SAID)


@contextmanager
def bringing(side: str | None) -> Iterator[None]:
    """Let what is written in here stand on ``side``, as an identity or a row of that side has it.

    Units of work run to their end on one thread, so it holds for one unit and no other.
    """
    before = _present.set(side)
    try:
        yield
    finally:
        _present.reset(before)


def side() -> str | None:
    """Return the side on which things are written now; without a word from anybody, that of who has them."""
    said = _present.get()
    return None if said == _NOT_SAID else said


def is_said() -> bool:
    """Return whether somebody has said by whom things come now."""
    return _present.get() != _NOT_SAID


def side_column() -> MappedColumn[str | None]:
    """Return the column ``side`` for the model of a table whose rows belong to a customer."""
    return mapped_column(default=side)
