"""Messages that are to go out: queued in the transaction that decided them, delivered after it.

A row is ``queued``, ``sending`` (written before the platform is called, so that a
crash leaves a known unknown), ``sent``, ``failed``, ``unknown`` (a care message
whose fate a crash hid: never sent twice) or ``skipped``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Exists,
    Index,
    Integer,
    TextClause,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, Json, UtcDateTime, table_of
from crm_store.leases import lease_end, moment
from crm_store.origins import side, side_column
from crm_store.prepared import Prepared

UNDELIVERED = text("status IN ('queued', 'sending')")
WAITING = text("status = 'queued'")


class OutboxMessage(Base):
    """One outbound message for one identity."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    """Counts up: the order in which a conversation's messages leave."""
    ref: Mapped[str] = mapped_column(unique=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str]
    conversation_id: Mapped[str | None]
    identity_id: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    kind: Mapped[str]
    rule: Mapped[str | None]
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    """``text``, ``buttons`` and ``request_contact``."""
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    external_id: Mapped[str | None]
    error: Mapped[str | None]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index(
            "ix_outbox_undelivered",
            "identity_id",
            "id",
            sqlite_where=UNDELIVERED,
            postgresql_where=UNDELIVERED,
        ),
        Index("ix_outbox_due", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_outbox_customer_id", "customer_id", "id"),
        Index("ix_outbox_identity_id", "identity_id", "id"),
    )


outbox = table_of(OutboxMessage)

_QUEUE = insert(outbox).on_conflict_do_nothing(index_elements=["dedupe_key"])
_QUEUE_SENDING = Prepared(
    insert(outbox)
    .values(status="sending", lease_until=lease_end())
    .on_conflict_do_nothing(index_elements=["dedupe_key"])
)
_COLUMNS = {"rule": None, "attempts": 0, "lease_owner": None, "lease_until": None, "conversation_id": None}

_other = outbox.alias("other")


def undelivered_to(identity_id: ColumnElement[str]) -> Exists:
    """Whether anything is still on its way to an identity; a new message then has to wait its turn.

    Care that waits, perhaps for days while it is paused, holds up no answer.
    """
    return exists().where(
        _other.c.identity_id == identity_id,
        text("other.status IN ('queued', 'sending')"),
        text("(other.status = 'sending' OR other.kind <> 'care')"),
    )


_SENT = Prepared(
    update(outbox)
    .where(outbox.c.ref == bindparam("key"))
    .values(status="sent", sent_at=bindparam("now"), external_id=bindparam("external"), lease_until=None)
)
# SQLite takes a partial index only where a query repeats its predicate word for word:
# that a queued message is an undelivered one, it does not see.
_ON_ITS_WAY = text("outbox.status IN ('queued', 'sending')")
_earlier = outbox.alias("earlier")
# Neither NOT EXISTS nor an index of all that is due: by the statistics of a quiet hour next
# to nothing waits, and PostgreSQL would read all that waits for each message that waits.
_FIRST_OF_IDENTITY = (
    select(_earlier.c.id)
    .where(
        _earlier.c.identity_id == outbox.c.identity_id,
        text("earlier.status IN ('queued', 'sending')"),
        text("(earlier.status = 'sending' OR earlier.kind <> 'care')"),
        _earlier.c.id < outbox.c.id,
    )
    .order_by(_earlier.c.id)
    .limit(literal_column("1", Integer))
    .scalar_subquery()
)


def _claim(*which: ColumnElement[bool]) -> Any:
    def due(name: str, kinds: TextClause) -> CTE:
        return (
            select(outbox.c.id)
            .where(
                _ON_ITS_WAY,
                text("outbox.status = 'queued'"),
                kinds,
                outbox.c.due_at <= bindparam("now"),
                _FIRST_OF_IDENTITY.is_(None),
                *which,
            )
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(bindparam("most"))
            .with_for_update(of=outbox, skip_locked=True)  # what another worker is claiming is theirs
            .cte(name)
        )

    # On a morning with ten thousand birthdays an answer must not stand behind them.
    asked, care = due("due", text("outbox.kind <> 'care'")), due("due_care", text("outbox.kind = 'care'"))
    return (
        update(outbox)
        .where(outbox.c.id.in_(union_all(select(asked.c.id), select(care.c.id))))
        .values(status="sending", lease_owner=bindparam("worker"), lease_until=lease_end())
        .returning(outbox)
    )


_CLAIM = _claim()
_CLAIM_HERE = _claim(outbox.c.channel.not_in(bindparam("elsewhere", expanding=True)))
_EXPIRED = (
    select(outbox)
    .where(_ON_ITS_WAY, text("outbox.status = 'sending'"), outbox.c.lease_until < moment())
    .order_by(outbox.c.due_at, outbox.c.id)
    .with_for_update(skip_locked=True)
)
_ABANDON_ALL = update(outbox).where(text("status = 'sending'")).values(lease_until=bindparam("now"))
_ABANDON_OF = (
    update(outbox)
    .where(_ON_ITS_WAY, text("outbox.status = 'sending'"), outbox.c.lease_owner == bindparam("worker"))
    .values(lease_until=moment())
)
_EXTEND = (
    update(outbox)
    .where(
        outbox.c.ref.in_(bindparam("refs", expanding=True)),
        outbox.c.status == "sending",
        outbox.c.lease_owner == bindparam("worker"),
    )
    .values(lease_until=lease_end())
)
# Where a lease is over somebody else may be sending the message by now: then theirs is the word on it.
_WITH_SENDER = (outbox.c.status == "sending", outbox.c.lease_owner == bindparam("sender"))
_AGAIN = (
    update(outbox)
    .where(outbox.c.ref == bindparam("key"), *_WITH_SENDER)
    .values(
        status="queued",
        attempts=outbox.c.attempts + 1,
        due_at=bindparam("due"),
        error=bindparam("reason"),
        lease_until=None,
    )
)
_HOLD = (
    update(outbox)
    .where(outbox.c.ref == bindparam("key"), outbox.c.status == "sending")
    .values(status="queued", due_at=bindparam("due"), lease_until=None)
)
_END = (
    update(outbox)
    .where(outbox.c.ref == bindparam("key"), *_WITH_SENDER)
    .values(status=bindparam("final"), error=bindparam("reason"), attempts=outbox.c.attempts + 1, lease_until=None)
)
_BY_REF = select(outbox).where(outbox.c.ref == bindparam("ref"))
_LAST_SENT = (
    select(outbox)
    .where(outbox.c.identity_id == bindparam("identity_id"), outbox.c.status == "sent")
    .order_by(outbox.c.id.desc())
    .limit(1)
)
_LATEST_BODIES = (
    select(outbox.c.body)
    .where(outbox.c.customer_id == bindparam("customer_id"))
    .order_by(outbox.c.id.desc())
    .limit(bindparam("most"))
)
_RANKED = (
    select(
        outbox.c.customer_id,
        outbox.c.id,
        outbox.c.body,
        func.row_number().over(partition_by=outbox.c.customer_id, order_by=outbox.c.id.desc()).label("nth"),
    )
    .where(outbox.c.customer_id.in_(bindparam("who", expanding=True)))
    .subquery()
)
_LATEST_BODIES_OF = (
    select(_RANKED.c.customer_id, _RANKED.c.body)
    .where(_RANKED.c.nth <= bindparam("most"))
    .order_by(_RANKED.c.customer_id, _RANKED.c.id.desc())
)
_STATES = select(outbox.c.ref, outbox.c.status, outbox.c.error).where(
    outbox.c.ref.in_(bindparam("refs", expanding=True))
)
_NEXT_DUE = (
    select(outbox.c.due_at).where(_ON_ITS_WAY, text("outbox.status = 'queued'")).order_by(outbox.c.due_at).limit(1)
)


def queue(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Queue messages in their order; one whose dedupe key is known already changes nothing."""
    if rows:
        conn.execute(_QUEUE, [{**_COLUMNS, "side": side(), **row} for row in rows])


def queue_sending(
    conn: Connection, rows: Sequence[dict[str, Any]], *, worker: str, now: datetime, until: datetime
) -> None:
    """Do as `queue` for messages that ``worker`` sends right after this transaction."""
    lease = {"lease_owner": worker, "now": now, "until": until}
    sending = [{**_COLUMNS, "side": side(), **row, **lease} for row in rows]
    for row in sending:
        del row["lease_until"], row["status"]  # the statement sets them
    if sending:
        _QUEUE_SENDING.run_each(conn, sending)


def mark_sent(conn: Connection, sent: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Mark messages as taken by their platform: pairs of our reference and the platform's own id."""
    if sent:
        _SENT.run_each(conn, [{"key": ref, "external": external, "now": now} for ref, external in sent])


def claim_due(
    conn: Connection,
    *,
    worker: str,
    now: datetime,
    until: datetime,
    elsewhere: Collection[str] = (),
    most: int = 20,
) -> list[Any]:
    """Claim messages that may leave now, the first of each identity only; return their rows.

    So many at most of care, and of what comes before it; longest due first. Those of
    the channels ``elsewhere`` are left to the processes that serve them.
    """
    claim = {"worker": worker, "now": now, "until": until, "most": most}
    if elsewhere:
        claimed = conn.execute(_CLAIM_HERE, {**claim, "elsewhere": list(elsewhere)})
    else:
        claimed = conn.execute(_CLAIM, claim)
    return sorted(claimed, key=lambda row: (row.kind == "care", row.due_at, row.id))


def expired(conn: Connection, *, now: datetime) -> list[Any]:
    """Return messages whose sender died, or forgot them, while the platform was being called."""
    return list(conn.execute(_EXPIRED, {"now": now}))


def extend(conn: Connection, refs: Sequence[str], *, worker: str, now: datetime, until: datetime) -> None:
    """Go on with what ``worker`` is sending, under a fresh lease."""
    conn.execute(_EXTEND, {"refs": refs, "worker": worker, "now": now, "until": until})


def abandon_all(conn: Connection, *, now: datetime) -> None:
    """Let every message that is being sent count as left by its sender, from ``now`` on."""
    conn.execute(_ABANDON_ALL, {"now": now})


def abandon_of(conn: Connection, worker: str, *, now: datetime) -> None:
    """Let the messages that ``worker`` is sending count as left by it, from ``now`` on."""
    conn.execute(_ABANDON_OF, {"worker": worker, "now": now})


def try_again(conn: Connection, ref: str, *, sender: str, due: datetime, reason: str) -> bool:
    """Put a message back, to be sent from ``due`` on; False where ``sender`` does not have it any more."""
    return conn.execute(_AGAIN, {"key": ref, "sender": sender, "due": due, "reason": reason}).rowcount == 1


def hold(conn: Connection, ref: str, *, due: datetime) -> None:
    """Put a message back that was not tried after all; its platform takes it from ``due`` on."""
    conn.execute(_HOLD, {"key": ref, "due": due})


def end(conn: Connection, ref: str, status: str, reason: str | None, *, sender: str) -> bool:
    """End a message as ``failed``, ``unknown`` or ``skipped``; False where ``sender`` does not have it any more."""
    return conn.execute(_END, {"key": ref, "sender": sender, "final": status, "reason": reason}).rowcount == 1


def by_ref(conn: Connection, ref: str) -> Any | None:
    """Return the message with this reference, or None."""
    return conn.execute(_BY_REF, {"ref": ref}).one_or_none()


def last_sent(conn: Connection, identity_id: str) -> Any | None:
    """Return the last message that this identity got, or None."""
    return conn.execute(_LAST_SENT, {"identity_id": identity_id}).one_or_none()


def next_due(conn: Connection) -> datetime | None:
    """Return when the next waiting message may leave, or None where none waits."""
    due: datetime | None = conn.execute(_NEXT_DUE).scalar_one_or_none()
    return due


def button_titles(conn: Connection, customer_id: str, *, most: int = 100) -> dict[str, str]:
    """Return the titles of the buttons under the customer's latest ``most`` messages, by their payloads."""
    titles: dict[str, str] = {}
    for body in conn.execute(_LATEST_BODIES, {"customer_id": customer_id, "most": most}).scalars():
        for button in body.get("buttons", ()):
            titles.setdefault(button["payload"], button["title"])
    return titles


def button_titles_of(conn: Connection, who: Sequence[str], *, most: int = 20) -> dict[str, dict[str, str]]:
    """Do as `button_titles` for several customers at once; returned by their internal ids."""
    titles: dict[str, dict[str, str]] = {}
    for row in conn.execute(_LATEST_BODIES_OF, {"who": who, "most": most}):
        theirs = titles.setdefault(row.customer_id, {})
        for button in row.body.get("buttons", ()):
            theirs.setdefault(button["payload"], button["title"])
    return titles


def states(conn: Connection, refs: Sequence[str]) -> dict[str, Any]:
    """Return how messages stand, by their references: ``status``, and ``error`` where something went wrong."""
    return {row.ref: row for row in conn.execute(_STATES, {"refs": refs})} if refs else {}
