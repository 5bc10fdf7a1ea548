"""What others are told of the history: an entry for each address that asked for its kind, in order for each customer.

The database itself notes what is to be told, in the transaction that writes the
history, so nothing is missed and nothing is told that was rolled back. While nobody
asked for anything, that costs a look at an empty table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, UtcDateTime, table_of, with_statements
from crm_store.customers import customers
from crm_store.errors import NotAllowed
from crm_store.history import history

GIVEN_UP_AFTER = 12
"""Tries, over some two days; what comes after for the same customer then goes on."""
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=12)
_IS_WAITING = text("given_up_at IS NULL")


class WebhookEndpoint(Base):
    """An address that is told; ``prefix`` is how the kinds begin that it asked for: ``order.``, or nothing for all."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    name: Mapped[str]
    url: Mapped[str]
    prefix: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("name", "prefix"),)


class WebhookDelivery(Base):
    """One entry of the history that one address is to be told; gone once it has been."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    endpoint_id: Mapped[int] = mapped_column(Counting, ForeignKey("webhook_endpoints.id"))
    history_id: Mapped[int] = mapped_column(Counting, ForeignKey("history.id"))
    lane: Mapped[str | None]
    """What of one lane happened is told in its order: whose it was when it happened, by internal id."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None until the first try: then it is due at once."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None]

    __table_args__ = (
        Index("ix_webhook_deliveries_waiting", "endpoint_id", "lane", "id", sqlite_where=_IS_WAITING,
              postgresql_where=_IS_WAITING),
        Index("ix_webhook_deliveries_history_id", "history_id"),
    )  # fmt: skip


endpoints = table_of(WebhookEndpoint)
deliveries = table_of(WebhookDelivery)

_NOTED = (
    "INSERT INTO webhook_deliveries (endpoint_id, history_id, lane)"
    " SELECT endpoints.id, {row}.id, {row}.customer_id FROM {rows}webhook_endpoints AS endpoints"
    " WHERE substr({row}.kind, 1, length(endpoints.prefix)) = endpoints.prefix"
)
SQLITE = (
    "CREATE TRIGGER history_to_webhooks AFTER INSERT ON history WHEN EXISTS (SELECT 1 FROM webhook_endpoints) BEGIN "
    + _NOTED.format(row="NEW", rows="")
    + "; END",
)
POSTGRESQL = (
    "CREATE FUNCTION history_to_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    + _NOTED.format(row="added", rows="added, ")
    + " ORDER BY added.id; RETURN NULL; END $$",
    "CREATE TRIGGER history_to_webhooks AFTER INSERT ON history"
    " REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION history_to_webhooks()",
)
with_statements(deliveries, sqlite=SQLITE, postgresql=POSTGRESQL)

_earlier = deliveries.alias("earlier")
_waits = deliveries.c.given_up_at.is_(None)


def _waits_before(is_same_lane: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        _earlier.c.endpoint_id == deliveries.c.endpoint_id,
        is_same_lane,
        _earlier.c.id < deliveries.c.id,
        _earlier.c.given_up_at.is_(None),
    )


# Two questions, each of which the index answers; a single one of both would look through all that waits.
_FIRST_OF_LANE = and_(
    ~_waits_before(_earlier.c.lane == deliveries.c.lane),
    ~and_(deliveries.c.lane.is_(None), _waits_before(_earlier.c.lane.is_(None))),
)
_DUE = (
    select(deliveries.c.id)
    .where(
        _waits,
        deliveries.c.due_at.is_(None) | (deliveries.c.due_at <= bindparam("now", type_=deliveries.c.due_at.type)),
        deliveries.c.lease_until.is_(None)
        | (deliveries.c.lease_until < bindparam("now", type_=deliveries.c.lease_until.type)),
        _FIRST_OF_LANE,
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("most"))
)
_CLAIM = _DUE.with_for_update(skip_locked=True, of=deliveries)
_LEASE = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("keys", expanding=True)))
    .values(lease_until=bindparam("until"), attempts=deliveries.c.attempts + 1)
)
_READ = (
    select(
        deliveries.c.id, deliveries.c.attempts, endpoints.c.name, endpoints.c.url, history.c.id.label("event"),
        history.c.kind, history.c.at, history.c.by, history.c.channel, history.c.text, history.c.data,
        history.c.customer_id, customers.c.customer_no,
    )
    .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
    .join(history, history.c.id == deliveries.c.history_id)
    .outerjoin(customers, customers.c.id == history.c.customer_id)
    .where(deliveries.c.id.in_(bindparam("keys", expanding=True)))
    .order_by(deliveries.c.id)
)  # fmt: skip
_TOLD = delete(deliveries).where(deliveries.c.id == bindparam("key"))
_FAILED = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("key"))
    .values(
        due_at=bindparam("due"), lease_until=None, given_up_at=bindparam("given_up"), error=bindparam("why"),
    )
)  # fmt: skip
_OF_NAME = select(endpoints.c.id).where(endpoints.c.name == bindparam("key"))
_FORGET_DELIVERIES = delete(deliveries).where(deliveries.c.endpoint_id.in_(_OF_NAME))
_FORGET = delete(endpoints).where(endpoints.c.name == bindparam("key"))
_RETRY = (
    update(deliveries)
    .where(deliveries.c.endpoint_id.in_(_OF_NAME), deliveries.c.given_up_at.is_not(None))
    .values(given_up_at=None, due_at=None, attempts=0, lease_until=None)
)
_STATE = (
    select(
        endpoints.c.name,
        endpoints.c.url,
        endpoints.c.prefix,
        func.count(deliveries.c.id).filter(_waits).label("waiting"),
        func.count(deliveries.c.given_up_at).label("given_up"),
        func.max(deliveries.c.error).label("error"),
    )
    .outerjoin(deliveries, deliveries.c.endpoint_id == endpoints.c.id)
    .group_by(endpoints.c.id, endpoints.c.name, endpoints.c.url, endpoints.c.prefix)
    .order_by(endpoints.c.name, endpoints.c.prefix)
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to be told: to whom, and what, as JSON has it."""

    id: int
    name: str
    url: str
    attempts: int
    event: dict[str, Any]


def add(conn: Connection, name: str, url: str, prefixes: list[str], *, now: datetime) -> None:
    """Tell ``url`` from now on what begins with one of ``prefixes``, each thing once.

    Raises:
        NotAllowed: there is an address of this name.
    """
    if conn.execute(_OF_NAME, {"key": name}).first() is not None:
        raise NotAllowed(f"there is a webhook {name} already; remove it first, or choose another name")
    wanted = [
        one for one in sorted(set(prefixes)) if not any(one != less and one.startswith(less) for less in prefixes)
    ]
    conn.execute(
        insert(endpoints), [{"name": name, "url": url, "prefix": prefix, "created_at": now} for prefix in wanted]
    )


def remove(conn: Connection, name: str) -> None:
    """Tell an address nothing more, what waits for it included.

    Raises:
        NotAllowed: there is none of this name.
    """
    conn.execute(_FORGET_DELIVERIES, {"key": name})
    if conn.execute(_FORGET, {"key": name}).rowcount == 0:
        raise NotAllowed(f"there is no webhook {name}; shuke webhook list shows them")


def retry(conn: Connection, name: str) -> int:
    """Try again at once what was given up; return how many."""
    return conn.execute(_RETRY, {"key": name}).rowcount


def everyone(conn: Connection) -> list[Any]:
    """Return a row for each address and kind: ``name``, ``url``, ``prefix``, ``waiting``, ``given_up``, ``error``."""
    return list(conn.execute(_STATE))


def is_due(conn: Connection, *, now: datetime) -> bool:
    """Return whether `claim` would take anything: asked beforehand, so that what has to wait disturbs no writer."""
    return conn.execute(_DUE, {"now": now, "most": 1}).first() is not None


def claim(conn: Connection, *, now: datetime, lease: timedelta, most: int = 20) -> list[Delivery]:
    """Take what is due, of each customer and address the oldest alone; until ``lease`` is over nobody else does."""
    keys = conn.execute(_CLAIM, {"now": now, "most": most}).scalars().all()
    if not keys:
        return []
    conn.execute(_LEASE, {"keys": keys, "until": now + lease})
    return [
        Delivery(row.id, row.name, row.url, row.attempts, _event(row)) for row in conn.execute(_READ, {"keys": keys})
    ]


def told(conn: Connection, key: int) -> None:
    """The address has taken it."""
    conn.execute(_TOLD, {"key": key})


def failed(conn: Connection, delivery: Delivery, why: str, *, now: datetime) -> None:
    """The address has not taken it: later, or never again after `GIVEN_UP_AFTER` tries. ``why`` holds no words."""
    is_end = delivery.attempts >= GIVEN_UP_AFTER
    wait = min(_FIRST_WAIT * 3 ** (delivery.attempts - 1), _LONGEST_WAIT)
    conn.execute(_FAILED, {"key": delivery.id, "due": now + wait, "given_up": now if is_end else None, "why": why})


def _event(row: Any) -> dict[str, Any]:
    event = {
        "id": f"evt_{row.event}", "type": row.kind, "at": row.at.isoformat(), "by": row.by, "channel": row.channel,
        "customer": row.customer_no or row.customer_id, "data": row.data or {},
    }  # fmt: skip
    return event if row.text is None else {**event, "text": row.text}
