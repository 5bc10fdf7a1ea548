"""What was written down, by its terms, so that it is found again: FTS5 on SQLite, a GIN index on PostgreSQL.

Entries get into the index behind the turn that wrote them, whose statements are
counted. The database itself notes each entry that is new or has changed, in the same
transaction (`unindexed`), so none is missed, whoever commits first; `catch_up` takes
them from there. And whatever is taken out of the history is out of the index at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, any_, bindparam, delete, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import timeline
from crm_store.base import Base, Counting, table_of, with_statements
from crm_store.history import history
from crm_store.terms import terms

A_BATCH = 200
"""Entries that one unit of work takes into the index: some 20 ms, for which turns wait on SQLite."""
WORDS = (
    "summary", "description", "order_no", "number", "words", "comment", "fact", "question", "answer", "title", "sku",
    "note", "carrier", "tracking_no",
)  # fmt: skip
"""What of an event's data people look for; the rest is codes and figures."""
INDEX = "history_terms"
_KIND, _CHANNEL, _MONTH = "k", "c", "m"  # words begin otherwise (`crm_store.terms`)


class Unindexed(Base):
    """An entry of the history that waits to be taken into the index."""

    __tablename__ = "history_unindexed"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=False)


unindexed = table_of(Unindexed)

_OLDEST = (
    select(unindexed.c.id).order_by(unindexed.c.id).limit(bindparam("most")).with_for_update(skip_locked=True)
).scalar_subquery()
_TAKE = delete(unindexed).where(unindexed.c.id.in_(_OLDEST)).returning(unindexed.c.id)
# An array is looked up. As a join, planned when nothing waited, each of them would be sought among all that wait.
_TAKE_ON_POSTGRES = delete(unindexed).where(unindexed.c.id == any_(func.array(_OLDEST))).returning(unindexed.c.id)
_WAITS = select(unindexed.c.id).limit(1)
_COUNT = select(func.count()).select_from(unindexed)
_ALL_WAIT = unindexed.insert().from_select(
    ["id"], select(history.c.id).where(history.c.text.is_not(None) | history.c.data.is_not(None))
)
_READ = select(history.c.id, history.c.at, history.c.kind, history.c.channel, history.c.text, history.c.data).where(
    history.c.id.in_(bindparam("keys", expanding=True))
)
_ADD = text(f"INSERT INTO {INDEX} (rowid, terms) VALUES (:id, :terms)")
_ADD_ON_POSTGRES = text(f"INSERT INTO {INDEX} (id, terms) VALUES (:id, array_to_tsvector(:terms))")


def catch_up(conn: Connection, *, most: int = A_BATCH) -> int:
    """Take entries that wait, the oldest first, into the index; returns how many there were, ``most`` at the most."""
    on_postgres = conn.dialect.name == "postgresql"
    keys = conn.execute(_TAKE_ON_POSTGRES if on_postgres else _TAKE, {"most": most}).scalars().all()
    if not keys:
        return 0
    rows = []
    for one in conn.execute(_READ, {"keys": keys}):
        if found := terms(words_of(one)):
            found += [of_group(timeline.group_of(one.kind)), of_month(one.at)]
            if one.channel is not None:
                found.append(of_channel(one.channel))
            rows.append({"id": one.id, "terms": found if on_postgres else " ".join(found)})
    if rows:
        conn.execute(_ADD_ON_POSTGRES if on_postgres else _ADD, rows)
    return len(keys)


def words_of(entry: Any) -> str:
    """Return the words of an entry that it is found by: what was said, and what people call things in its data."""
    named = (str(value) for name, value in (entry.data or {}).items() if name in WORDS and value is not None)
    return "\n".join(filter(None, (entry.text, *named)))


def is_behind(conn: Connection) -> bool:
    """Return whether entries wait to be taken into the index."""
    return conn.execute(_WAITS).first() is not None


def waiting(conn: Connection) -> int:
    """Return how many entries wait."""
    return int(conn.execute(_COUNT).scalar_one())


def of_group(group: str) -> str:
    """Return the term by which all entries of a group of kinds are found."""
    return _KIND + group


def of_channel(channel: str) -> str:
    """Return the term by which all entries of a channel are found."""
    return _CHANNEL + channel


def of_month(at: datetime) -> str:
    """Return the term by which all entries of the month (UTC) of an aware moment are found."""
    return f"{_MONTH}{at.year:04}{at.month:02}"


def begin_anew(conn: Connection) -> int:
    """Empty the index; every entry waits to be taken into it again. Returns how many there are."""
    conn.execute(delete(unindexed))
    if conn.dialect.name == "sqlite":  # which would take out the terms of each row one by one
        conn.exec_driver_sql(f"DROP TABLE {INDEX}")
        conn.exec_driver_sql(_TABLE_ON_SQLITE)
    else:
        conn.exec_driver_sql(f"TRUNCATE {INDEX}")
    return conn.execute(_ALL_WAIT).rowcount


def scrub(conn: Connection) -> None:
    """Write the index anew on the disk, without anything of what was taken out.

    SQLite leaves words that were deleted in the file until it merges the index's parts
    by itself. PostgreSQL leaves that, as with every table, to VACUUM.
    """
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('optimize')")


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Return whether Alembic has to know a table: not those of the index, which are different on each database."""
    return not (kind == "table" and name is not None and name.startswith(INDEX))


# `ascii` leaves our terms as they are, whatever the script; where they stand is of no use, since we look ourselves.
_TABLE_ON_SQLITE = f"CREATE VIRTUAL TABLE {INDEX} USING fts5(terms, detail=none, columnsize=0, tokenize='ascii')"
SQLITE = (
    _TABLE_ON_SQLITE,
    "CREATE TRIGGER history_to_index AFTER INSERT ON history WHEN NEW.text IS NOT NULL OR NEW.data IS NOT NULL"
    " BEGIN INSERT INTO history_unindexed (id) VALUES (NEW.id); END",
    "CREATE TRIGGER history_to_index_again AFTER UPDATE OF at, kind, channel, text, data ON history BEGIN"
    f" DELETE FROM {INDEX} WHERE rowid = NEW.id;"
    " INSERT OR IGNORE INTO history_unindexed (id) VALUES (NEW.id); END",
    "CREATE TRIGGER history_from_index AFTER DELETE ON history BEGIN"
    f" DELETE FROM {INDEX} WHERE rowid = OLD.id;"
    " DELETE FROM history_unindexed WHERE id = OLD.id; END",
)
POSTGRESQL = (
    f"CREATE TABLE {INDEX} (id bigint PRIMARY KEY, terms tsvector NOT NULL)",
    # Without a list of what is pending, which every search would have to read through.
    f"CREATE INDEX ix_{INDEX} ON {INDEX} USING gin (terms) WITH (fastupdate = off)",
    """CREATE FUNCTION history_to_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history_unindexed (id) SELECT id FROM added WHERE text IS NOT NULL OR data IS NOT NULL;
    RETURN NULL;
END $$""",
    f"""CREATE FUNCTION history_from_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM {INDEX} WHERE id = OLD.id;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO history_unindexed (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM history_unindexed WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER history_to_index AFTER INSERT ON history"
    " REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION history_to_index()",
    "CREATE TRIGGER history_to_index_again AFTER UPDATE OF at, kind, channel, text, data ON history"
    " FOR EACH ROW EXECUTE FUNCTION history_from_index()",
    "CREATE TRIGGER history_from_index AFTER DELETE ON history"
    " FOR EACH ROW EXECUTE FUNCTION history_from_index()",
)  # fmt: skip
with_statements(history, sqlite=SQLITE, postgresql=POSTGRESQL)
