"""Tasks: what somebody of the shop has to do by a time. Opened once by its key, done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.errors import NotAllowed
from crm_store.origins import bringing, side, side_column
from crm_store.ports import Ids

KINDS = ("recovery", "call_back", "reminder", "promise", "other")
STATES = ("open", "done")
SUPERVISORS = "supervisor"
"""The owner of what is for whoever leads the shift; None is for whoever is at the desk."""

_OPEN = text("state = 'open'")


class Task(Base):
    """One thing to do; ``owner`` is ``agent:NAME``, `SUPERVISORS` or None for anybody at the desk."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Names what it is for: what asks for it twice opens it once."""
    kind: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    ticket: Mapped[str | None]
    promise_id: Mapped[str | None]
    owner: Mapped[str | None]
    about: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[str]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_tasks_open", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_tasks_customer_id", "customer_id", "opened_at"),
        Index("ix_tasks_promise_id", "promise_id"),
    )


tasks = table_of(Task)

_ADD = insert(tasks).on_conflict_do_nothing(index_elements=["key"]).returning(tasks.c.id)
_BY_ID = select(tasks).where(tasks.c.id == bindparam("id"))
_BY_KEY = select(tasks).where(tasks.c.key == bindparam("key"))
_OF = select(tasks).where(tasks.c.customer_id == bindparam("customer_id")).order_by(tasks.c.opened_at, tasks.c.id)
_OF_PROMISE = select(tasks.c.id).where(tasks.c.promise_id == bindparam("promise_id"), _OPEN).order_by(tasks.c.id)
_DUE = select(tasks).where(_OPEN).order_by(tasks.c.due_at, tasks.c.id).limit(bindparam("most"))
_DUE_OF = (
    select(tasks)
    .where(_OPEN, tasks.c.owner.in_(bindparam("owners", expanding=True)) | tasks.c.owner.is_(None))
    .order_by(tasks.c.due_at, tasks.c.id)
    .limit(bindparam("most"))
)
_DONE = (
    update(tasks)
    .where(tasks.c.id == bindparam("which"), tasks.c.state == "open")
    .values(state="done", done_at=bindparam("now"), done_by=bindparam("by"))
)
_ADD_WORDS = (
    update(tasks)
    .where(tasks.c.id == bindparam("which"), tasks.c.state == "open")
    .values(about=tasks.c.about + "\n" + bindparam("said", type_=String))
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a task is about; ``key`` names what it is for."""

    key: str
    kind: str
    about: str
    due_at: datetime
    owner: str | None = None
    customer_id: str | None = None
    conversation_id: str | None = None
    ticket: str | None = None
    promise_id: str | None = None


def open_task(conn: Connection, new: NewTask, *, now: datetime, ids: Ids, by: str) -> str | None:
    """Open a task and record it; return its id, or None where one with this key has been opened before.

    Raises:
        ValueError: its kind is none of ours.
    """
    if new.kind not in KINDS:
        raise ValueError(f"there is no kind of task {new.kind!r}; use one of {', '.join(KINDS)}")
    row = {
        "id": ids.new(), "key": new.key, "kind": new.kind, "customer_id": new.customer_id,
        "conversation_id": new.conversation_id, "ticket": new.ticket, "promise_id": new.promise_id,
        "owner": new.owner, "about": new.about, "due_at": new.due_at, "state": "open", "opened_at": now,
        "opened_by": by, "done_at": None, "done_by": None,
    }  # fmt: skip
    id: str | None = conn.execute(_ADD, row).scalar_one_or_none()
    if id is not None:
        _record(conn, "task.opened", row, by, now)
    return id


def add_words(conn: Connection, id: str, words: str) -> None:
    """Add what has become known to what a task is about."""
    conn.execute(_ADD_WORDS, {"which": id, "said": words})


def finish(conn: Connection, id: str, *, by: str, now: datetime) -> None:
    """Mark a task as done and record it.

    Raises:
        NotAllowed: there is no such task, or it is done already.
    """
    row = by_id(conn, id)
    if row is None:
        raise NotAllowed(f"there is no task {id}", code="no_task")
    if conn.execute(_DONE, {"which": id, "now": now, "by": by}).rowcount != 1:
        raise NotAllowed(f"task {id} is done already", code="task_done")
    _record(conn, "task.done", row._mapping, by, now)


def finish_of_promise(conn: Connection, promise_id: str, *, by: str, now: datetime) -> None:
    """Mark as done what was to be done for a promise that has ended."""
    for id in conn.execute(_OF_PROMISE, {"promise_id": promise_id}).scalars().all():
        finish(conn, id, by=by, now=now)


def by_id(conn: Connection, id: str) -> Any | None:
    """Return a task's row, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def by_key(conn: Connection, key: str) -> Any | None:
    """Return the row of the task that was opened for this, or None."""
    return conn.execute(_BY_KEY, {"key": key}).one_or_none()


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the customer's tasks, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def due(conn: Connection, *, owners: Sequence[str] | None, most: int) -> list[Any]:
    """Return open tasks, the first due first: those of ``owners`` and of nobody, or all for None."""
    if owners is None:
        return list(conn.execute(_DUE, {"most": most}))
    return list(conn.execute(_DUE_OF, {"owners": owners, "most": most}))


def _record(conn: Connection, kind: str, row: Any, by: str, now: datetime) -> None:
    data = {"task": row["id"], "kind": row["kind"], "about": row["about"], "due_at": row["due_at"].isoformat()}
    more = {name: row[name] for name in ("owner", "ticket", "promise_id") if row[name] is not None}
    with bringing(row.get("side", side())):
        history.record(
            conn, at=now, kind=kind, by=by, customer_id=row["customer_id"], conversation_id=row["conversation_id"],
            data=data | more,
        )  # fmt: skip
