"""The history is append-only: the database itself refuses to change or to take out what was written down.

Two things may still change by themselves. Whose an entry is: customers who prove to be
one share their history, in one conversation. And why a message was answered so is
added once, when it is known. For all else somebody has to say what for, by `opened`;
only an erasure that a customer has a right to is reason enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, table_of, with_statements
from crm_store.history import history

Reason = Literal["erasure", "retention"]

_KEPT = "ref, at, identity_id, channel, kind, by, text, data"
_TOLD = "the history is append-only; an erasure has to open it first"


class HistoryOpening(Base):
    """A transaction that may change the history has a row here while it does, which nobody else ever sees."""

    __tablename__ = "history_openings"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    reason: Mapped[str]


openings = table_of(HistoryOpening)

_OPEN = insert(openings)
_CLOSE = delete(openings).where(openings.c.id == bindparam("key"))


@contextmanager
def opened(conn: Connection, reason: Reason) -> Iterator[None]:
    """Let this transaction change and delete entries until the end of the block.

    What goes wrong inside takes all of the block back.
    """
    with conn.begin_nested():
        key = conn.execute(_OPEN, {"reason": reason}).inserted_primary_key
        assert key is not None, "one row has one key"
        yield
        conn.execute(_CLOSE, {"key": key[0]})


def refusing(told: str) -> str:
    """Return what a trigger of SQLite does while nothing is opened."""
    return f"SELECT RAISE(ABORT, '{told}') WHERE NOT EXISTS (SELECT 1 FROM history_openings);"


def keeping(function: str, told: str) -> str:
    """Return a trigger's function of PostgreSQL that does the same."""
    return f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM history_openings) THEN
        RAISE EXCEPTION '{told}' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$"""


_REFUSE = refusing(_TOLD)
SQLITE = (
    f"CREATE TRIGGER history_keeps_entries BEFORE DELETE ON history BEGIN {_REFUSE} END",
    f"CREATE TRIGGER history_keeps_words BEFORE UPDATE OF {_KEPT} ON history BEGIN {_REFUSE} END",
    "CREATE TRIGGER history_keeps_reasons BEFORE UPDATE OF why ON history WHEN OLD.why IS NOT NULL"
    f" BEGIN {_REFUSE} END",
)
POSTGRESQL = (
    keeping("history_keeps", _TOLD),
    "CREATE TRIGGER history_keeps_entries BEFORE DELETE ON history FOR EACH ROW EXECUTE FUNCTION history_keeps()",
    f"CREATE TRIGGER history_keeps_words BEFORE UPDATE OF {_KEPT} ON history"
    " FOR EACH ROW EXECUTE FUNCTION history_keeps()",
    "CREATE TRIGGER history_keeps_reasons BEFORE UPDATE OF why ON history"
    " FOR EACH ROW WHEN (OLD.why IS NOT NULL) EXECUTE FUNCTION history_keeps()",
)
with_statements(history, sqlite=SQLITE, postgresql=POSTGRESQL)
