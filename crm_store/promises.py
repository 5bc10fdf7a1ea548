"""Promises: what the shop has told a customer it will do by a time, whoever said so.

    open ──keep──▶ kept                    escalated ──keep──▶ kept (late)
     ├──renegotiate──▶ renegotiated ──▶ a new one, open   └──renegotiate, withdraw as from open
     ├──withdraw──▶ withdrawn (with the reason)
     └──due──▶ escalated

None ends otherwise. What is withdrawn is neither kept nor owed any more: the customer called it off, got their
answer by another way, or asked to be forgotten; to call that kept would be a lie, and to escalate it a task about
nothing. So it takes a reason, as a renegotiation does, and both stay in the history.
Before a promise is late its owner is reminded and the customer told, each once, and also when it is put off
(`care.keeping`); after that nothing goes out by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history, tasks
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.errors import NotAllowed
from crm_store.origins import bringing, side, side_column
from crm_store.ports import Ids
from crm_store.tasks import SUPERVISORS, NewTask

ANSWER = "answer"
"""A person answers: kept by an agent's reply, or by solving the ticket that it is about."""
KINDS = (ANSWER, "other")
STEPS = {
    "open": {"kept", "renegotiated", "withdrawn", "escalated"},
    "escalated": {"kept", "renegotiated", "withdrawn"},
    "kept": set[str](),
    "renegotiated": set[str](),
    "withdrawn": set[str](),
}
"""To which states a promise can go from where it stands."""

_OPEN = text("state = 'open'")
_RUNNING = text("state IN ('open', 'escalated')")


class Promise(Base):
    """One promise; ``owner`` is ``agent:NAME``, or None for whoever is at the desk."""

    __tablename__ = "promises"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    ticket: Mapped[str | None]
    kind: Mapped[str]
    text: Mapped[str]
    """What was promised, in words; empty for `ANSWER`."""
    made_by: Mapped[str]
    owner: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str]
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None]
    proof: Mapped[str | None]
    """What shows that it was kept: a message's reference, a ticket's number, an agent's words."""
    reason: Mapped[str | None]
    replaces: Mapped[str | None]
    """The promise in whose place this one came."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_promises_open", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_promises_running", "due_at", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_promises_customer_id", "customer_id", "made_at"),
    )


promises = table_of(Promise)

_ADD = insert(promises)
_BY_ID = select(promises).where(promises.c.id == bindparam("id"))
_BY_IDS = (
    select(promises)
    .where(promises.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(promises.c.due_at, promises.c.id)
)
_OF = (
    select(promises)
    .where(promises.c.customer_id == bindparam("customer_id"))
    .order_by(promises.c.made_at, promises.c.id)
)
_NEAR = (
    select(promises).where(_OPEN, promises.c.due_at <= bindparam("until")).order_by(promises.c.due_at, promises.c.id)
)
_PUT_OFF = (
    select(promises)
    .where(_OPEN, promises.c.replaces.is_not(None), promises.c.made_at > bindparam("since"))
    .order_by(promises.c.made_at, promises.c.id)
)
_RUNNING_ALL = select(promises).where(_RUNNING).order_by(promises.c.due_at, promises.c.id).limit(bindparam("most"))
_RUNNING_OF = (
    select(promises)
    .where(_RUNNING, or_(promises.c.owner == bindparam("owner"), promises.c.owner.is_(None)))
    .order_by(promises.c.due_at, promises.c.id)
    .limit(bindparam("most"))
)
_ENTERED = (
    select(promises.c.id)
    .where(
        promises.c.customer_id == bindparam("customer_id"),
        or_(_RUNNING, promises.c.made_at >= bindparam("since")),
    )
    .limit(1)
)
_END = (
    update(promises)
    .where(promises.c.id == bindparam("key"), promises.c.state == bindparam("present"))
    .values(
        state=bindparam("next"), ended_at=bindparam("now"), ended_by=bindparam("by"), proof=bindparam("shown"),
        reason=bindparam("why"),
    )
)  # fmt: skip
_LATE = (
    update(promises).where(promises.c.id == bindparam("key"), _OPEN).values(state="escalated", late_at=bindparam("now"))
)
_REMINDED = (
    update(promises)
    .where(promises.c.id == bindparam("key"), _OPEN, promises.c.reminded_at.is_(None))
    .values(reminded_at=bindparam("now"))
)
_TOLD = (
    update(promises)
    .where(promises.c.id == bindparam("key"), _OPEN, promises.c.told_at.is_(None))
    .values(told_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class NewPromise:
    """What is promised to whom, and by when; ``by`` made it and ``owner`` keeps it."""

    customer_id: str
    due_at: datetime
    by: str
    kind: str = "other"
    text: str = ""
    owner: str | None = None
    conversation_id: str | None = None
    ticket: str | None = None
    channel: str | None = None
    replaces: str | None = None


def make(conn: Connection, new: NewPromise, *, now: datetime, ids: Ids) -> str:
    """Enter a promise and record it: ``promise.made``; return its id.

    Raises:
        NotAllowed: it would be due already, or says nothing.
    """
    if new.due_at <= now:
        raise NotAllowed("a promise is due in the future; give a later time", code="promise_past")
    if new.kind not in KINDS or (new.kind != ANSWER and not new.text.strip()):
        raise NotAllowed("a promise says what is promised; add its words", code="no_words")
    row = {
        "id": ids.new(), "customer_id": new.customer_id, "conversation_id": new.conversation_id, "ticket": new.ticket,
        "kind": new.kind, "text": new.text.strip(), "made_by": new.by, "owner": new.owner, "made_at": now,
        "due_at": new.due_at.astimezone(UTC), "state": "open", "replaces": new.replaces,
    }  # fmt: skip
    conn.execute(_ADD, row)
    _record(conn, "promise.made", row, new.by, now, channel=new.channel)
    return str(row["id"])


def keep(conn: Connection, id: str, *, proof: str, by: str, now: datetime) -> None:
    """End a promise as kept, with what shows it; ``promise.kept`` says whether it was late.

    Raises:
        NotAllowed: it has ended, there is none, or nothing shows that it was kept.
    """
    if not proof.strip():
        raise NotAllowed("what shows that the promise was kept? Add the proof", code="no_proof")
    row = _end(conn, id, "kept", by=by, now=now, proof=proof)
    _record(conn, "promise.kept", row._mapping, by, now, proof=proof, late=now > row.due_at)


def renegotiate(conn: Connection, id: str, *, due_at: datetime, reason: str, by: str, now: datetime, ids: Ids) -> str:
    """Put a new promise in the place of one that cannot be kept in time; return the new one's id.

    Raises:
        NotAllowed: it has ended, there is none, no reason is given, or the new time is past.
    """
    if not reason.strip():
        raise NotAllowed("why is the promise put off? Add the reason", code="no_words")
    row = _end(conn, id, "renegotiated", by=by, now=now, reason=reason)
    anew = NewPromise(
        row.customer_id, due_at, by, row.kind, row.text, row.owner, row.conversation_id, row.ticket, replaces=id
    )
    with bringing(row.side):
        new_id = make(conn, anew, now=now, ids=ids)
    _record(
        conn,
        "promise.renegotiated",
        row._mapping,
        by,
        now,
        reason=reason,
        new_due_at=due_at.astimezone(UTC).isoformat(),
        by_promise=new_id,
    )
    return new_id


def withdraw(conn: Connection, id: str, *, reason: str, by: str, now: datetime) -> None:
    """End a promise that nobody wants kept any more, with the reason.

    Raises:
        NotAllowed: it has ended, there is none, or no reason is given.
    """
    if not reason.strip():
        raise NotAllowed("why is the promise withdrawn? Add the reason", code="no_words")
    row = _end(conn, id, "withdrawn", by=by, now=now, reason=reason)
    _record(conn, "promise.withdrawn", row._mapping, by, now, reason=reason)


def remind(conn: Connection, row: Any, *, now: datetime, ids: Ids) -> bool:
    """Give the owner a task for a promise that is soon due, once; False where that was done."""
    if conn.execute(_REMINDED, {"key": row.id, "now": now}).rowcount != 1:
        return False
    with bringing(row.side):
        tasks.open_task(conn, _task(row, "reminder", row.owner, f"remind:{row.id}"), now=now, ids=ids, by="system")
    return True


def mark_told(conn: Connection, id: str, *, now: datetime) -> bool:
    """Note that the customer is told that it may be late, once; False where that was done, or it has ended."""
    return conn.execute(_TOLD, {"key": id, "now": now}).rowcount == 1


def escalate(conn: Connection, row: Any, *, now: datetime, ids: Ids) -> bool:
    """Give a promise that is due and not kept to a supervisor: ``promise.late``; False where it is not open."""
    if conn.execute(_LATE, {"key": row.id, "now": now}).rowcount != 1:
        return False
    _record(conn, "promise.late", row._mapping, "system", now, told=row.told_at is not None)
    with bringing(row.side):
        tasks.open_task(conn, _task(row, "promise", SUPERVISORS, f"late:{row.id}"), now=now, ids=ids, by="system")
    return True


def keep_answers(conn: Connection, customer_id: str, *, proof: str, by: str, now: datetime) -> list[str]:
    """Keep every promise that a person answers this customer; return their ids."""
    return _keep(conn, [row for row in running_of(conn, customer_id) if row.kind == ANSWER], proof, by, now)


def keep_answers_to(conn: Connection, customer_id: str, ticket: str, *, by: str, now: datetime) -> list[str]:
    """Keep the promises that a person answers this ticket, which is solved now; return their ids."""
    theirs = running_of(conn, customer_id)
    return _keep(conn, [row for row in theirs if row.kind == ANSWER and row.ticket == ticket], ticket, by, now)


def withdraw_answers(conn: Connection, customer_id: str, *, reason: str, by: str, now: datetime) -> None:
    """Withdraw the promises of an answer that are about no ticket: the customer waits no longer."""
    for row in running_of(conn, customer_id):
        if row.kind == ANSWER and row.ticket is None:
            withdraw(conn, row.id, reason=reason, by=by, now=now)


def by_id(conn: Connection, id: str) -> Any | None:
    """Return a promise's row, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def by_ids(conn: Connection, ids: Collection[str]) -> list[Any]:
    """Return these promises, the first due first."""
    return list(conn.execute(_BY_IDS, {"ids": sorted(ids)})) if ids else []


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the customer's promises, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def running_of(conn: Connection, customer_id: str) -> list[Any]:
    """Return those of the customer's promises that are neither kept nor ended otherwise."""
    return [row for row in of_customer(conn, customer_id) if row.state in ("open", "escalated")]


def near(conn: Connection, until: datetime) -> list[Any]:
    """Return the open promises that are due up to a moment, the first due first."""
    return list(conn.execute(_NEAR, {"until": until}))


def put_off(conn: Connection, since: datetime) -> list[Any]:
    """Return the open promises that came in the place of others after a moment, the oldest first."""
    return list(conn.execute(_PUT_OFF, {"since": since}))


def running(conn: Connection, *, owner: str | None, most: int) -> list[Any]:
    """Return promises that have to be kept, the first due first: those of ``owner`` and of nobody, or all for None."""
    if owner is None:
        return list(conn.execute(_RUNNING_ALL, {"most": most}))
    return list(conn.execute(_RUNNING_OF, {"owner": owner, "most": most}))


def is_entered(conn: Connection, customer_id: str, *, since: datetime) -> bool:
    """Return whether a promise to the customer stands, or was made since a moment: only then may one be told."""
    return conn.execute(_ENTERED, {"customer_id": customer_id, "since": since}).first() is not None


def as_json(row: Any) -> dict[str, Any]:
    """Return a promise as `customer show` prints it."""
    return {
        "id": row.id,
        "promise": row.text or row.kind,
        "ticket": row.ticket,
        "by": row.made_by,
        "owner": row.owner,
        "made_at": row.made_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "state": row.state,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "proof": row.proof,
        "reason": row.reason,
    }


def _keep(conn: Connection, rows: list[Any], proof: str, by: str, now: datetime) -> list[str]:
    for row in rows:
        keep(conn, row.id, proof=proof, by=by, now=now)
    return [row.id for row in rows]


def _end(
    conn: Connection,
    id: str,
    state: str,
    *,
    by: str,
    now: datetime,
    proof: str | None = None,
    reason: str | None = None,
) -> Any:
    row = by_id(conn, id)
    if row is None:
        raise NotAllowed(f"there is no promise {id}", code="no_promise")
    ended = state in STEPS[row.state] and conn.execute(
        _END, {"key": id, "present": row.state, "next": state, "now": now, "by": by, "shown": proof, "why": reason}
    )
    if not ended or ended.rowcount != 1:
        raise NotAllowed(
            f"promise {id} is {row.state} and cannot become {state}", code="promise_ended", state=row.state
        )
    tasks.finish_of_promise(conn, id, by=by, now=now)
    return row


def _task(row: Any, kind: str, owner: str | None, key: str) -> NewTask:
    return NewTask(
        key=key, kind=kind, about=row.text or row.kind, due_at=row.due_at, owner=owner, customer_id=row.customer_id,
        conversation_id=row.conversation_id, ticket=row.ticket, promise_id=row.id,
    )  # fmt: skip


def _record(
    conn: Connection, kind: str, row: Any, by: str, now: datetime, *, channel: str | None = None, **more: Any
) -> None:
    data = {"promise": row["id"], "text": row["text"] or row["kind"], "due_at": row["due_at"].isoformat()}
    named = {"owner": row["owner"], "number": row["ticket"]}
    with bringing(row.get("side", side())):
        history.record(
            conn, at=now, kind=kind, by=by, customer_id=row["customer_id"], conversation_id=row["conversation_id"],
            channel=channel, data=data | {name: value for name, value in named.items() if value} | more,
        )  # fmt: skip
