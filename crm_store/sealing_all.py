"""Goes over what the database holds in sealed columns, so that all of it is sealed by the present key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    cast,
    func,
    literal,
    not_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import String

from crm_store import sealing
from crm_store.models import metadata
from crm_store.sealing import Sealed, SealedInPassing, SealedJson, SealError

A_BATCH = 500
_IN_JSON = '{"sealed":"'


def columns() -> list[tuple[Table, Column[Any]]]:
    """Return every sealed column there is."""
    return [
        (table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed | SealedJson)
    ]


def seal_batch(conn: Connection) -> int:
    """Seal the rows of one batch that are not sealed by the present key; return how many there were.

    Raises:
        SealError: something is sealed by a key that is not among ours.
    """
    for table, column in columns():
        (key,) = table.primary_key
        rows = conn.execute(select(key, column).where(_otherwise(column)).limit(A_BATCH)).all()
        if rows:
            again = update(table).where(key == bindparam("of")).values({column.name: bindparam("text")})
            conn.execute(again, [{"of": row[0], "text": row[1]} for row in rows])
            return len(rows)
    return 0


def refuse_unsealed(conn: Connection) -> None:
    """See to it that all is sealed where there is a key: what isn't would not be found.

    Raises:
        SealError: something is not.
    """
    if sealing.present() is not None and is_unsealed(conn):
        raise SealError("not all in the database is sealed by the present key; stop Shuke, then ./shuke db seal")


def is_unsealed(conn: Connection) -> bool:
    """Return whether anything is not sealed by the present key; such is not found by equality.

    What may stay as it was before there was a key counts where it is sealed by another.
    """
    return any(
        conn.execute(select(literal(1)).where(_hinders(column)).limit(1)).first() is not None for _, column in columns()
    )


def _hinders(column: Column[Any]) -> ColumnElement[bool]:
    otherwise = _otherwise(column)
    return and_(_begins(column, sealing.MARK), otherwise) if isinstance(column.type, SealedInPassing) else otherwise


def _otherwise(column: Column[Any]) -> ColumnElement[bool]:
    mark = sealing.present()
    if mark is None:
        return _begins(column, sealing.MARK)
    return and_(column.is_not(None), not_(_begins(column, mark)))


def _begins(column: Column[Any], mark: str) -> ColumnElement[bool]:
    within = isinstance(column.type, SealedJson)
    kept = cast(column, String) if within else type_coerce(column, String)
    return func.replace(kept, " ", "").startswith((_IN_JSON if within else "") + mark)
