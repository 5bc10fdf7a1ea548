"""What retention leaves of what has ended: cases, answered surveys and coupons stay as figures, their words go.

Each kind has the keys of rows that ended before a moment and still have words, and how those
words go, from the row and from its steps in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, literal, or_, select, update

from crm_store.coupons import KEPT_REFERENCE, coupons, kept_reference
from crm_store.guarding import opened
from crm_store.history import history
from crm_store.points import entries
from crm_store.privacy.reducing import reduced
from crm_store.surveys import surveys
from crm_store.tickets import tickets

TICKET_STEPS = ("ticket.opened", "ticket.updated", "ticket.resolved", "ticket.closed", "ticket.reopened")

_CLEAR_TICKETS = update(tickets).where(tickets.c.id.in_(bindparam("keys", expanding=True))).values(summary="")
_CLEAR_SURVEYS = update(surveys).where(surveys.c.id.in_(bindparam("keys", expanding=True))).values(words=None)
_TICKETS = select(tickets.c.customer_id, tickets.c.number).where(tickets.c.id.in_(bindparam("keys", expanding=True)))
_SURVEYS = select(surveys.c.customer_id, surveys.c.id).where(surveys.c.id.in_(bindparam("keys", expanding=True)))
_PAID = exists().where(entries.c.reference == literal("coupon:") + coupons.c.reference)
_NAMED = and_(coupons.c.reference.is_not(None), coupons.c.reference.not_like(f"{KEPT_REFERENCE}%"), ~_PAID)
_COUPONS = select(coupons.c.id, coupons.c.reference).where(coupons.c.id.in_(bindparam("keys", expanding=True)), _NAMED)
_CLEAR_ATTRIBUTES = update(coupons).where(coupons.c.id.in_(bindparam("keys", expanding=True))).values(attributes=None)
_STEPS = select(history.c.id, history.c.customer_id, history.c.kind, history.c.data).where(
    history.c.customer_id.in_(bindparam("who", expanding=True)), history.c.kind.in_(bindparam("kinds", expanding=True))
)
_SET_DATA = update(history).where(history.c.id == bindparam("key")).values(data=bindparam("left"))
_SET_REFERENCE = update(coupons).where(coupons.c.id == bindparam("key")).values(reference=bindparam("kept"))


def old_tickets(_conn: Connection, before: datetime) -> Select[Any]:
    """Return the keys of cases that are done since before a moment and still say what they were about."""
    closed_since = exists().where(
        history.c.customer_id == tickets.c.customer_id, history.c.kind == "ticket.closed", history.c.at >= before
    )
    # One that was closed without ever being resolved keeps no time of its own: no case of theirs was closed since.
    done = or_(
        tickets.c.resolved_at < before,
        and_(tickets.c.resolved_at.is_(None), tickets.c.opened_at < before, ~closed_since),
    )
    wanted = select(tickets.c.id).where(tickets.c.status.in_(("resolved", "closed")), tickets.c.summary != "", done)
    return wanted.order_by(tickets.c.id)


def empty_tickets(conn: Connection, keys: Sequence[str]) -> None:
    """Let what cases were about go; number, category, priority, order and times stay."""
    theirs = {(row.customer_id, row.number) for row in conn.execute(_TICKETS, {"keys": keys})}
    conn.execute(_CLEAR_TICKETS, {"keys": keys})
    _leave(conn, theirs, TICKET_STEPS, "number", reduced)


def old_surveys(_conn: Connection, before: datetime) -> Select[Any]:
    """Return the keys of surveys that were answered in words before a moment."""
    return (
        select(surveys.c.id).where(surveys.c.words.is_not(None), surveys.c.answered_at < before).order_by(surveys.c.id)
    )


def empty_surveys(conn: Connection, keys: Sequence[str]) -> None:
    """Let the words of answers go; question, score and times stay."""
    theirs = {(row.customer_id, row.id) for row in conn.execute(_SURVEYS, {"keys": keys})}
    conn.execute(_CLEAR_SURVEYS, {"keys": keys})
    _leave(conn, theirs, ("survey.answered",), "survey", _without_words)


def old_coupons(_conn: Connection, before: datetime) -> Select[Any]:
    """Return the keys of coupons that ended before a moment and still have what a list called them or said of them.

    One that was paid with points keeps its name: by that the points would come back.
    """
    ended = or_(
        and_(coupons.c.state == "used", coupons.c.used_at < before),
        and_(coupons.c.state.in_(("expired", "cancelled")), coupons.c.expires_at < before),
    )
    has_words = or_(coupons.c.attributes.is_not(None), _NAMED)
    return select(coupons.c.id).where(ended, has_words).order_by(coupons.c.id)


def empty_coupons(conn: Connection, keys: Sequence[str]) -> None:
    """Leave a hash of the name of each coupon, so that it is still issued but once; worth, states and times stay."""
    conn.execute(_CLEAR_ATTRIBUTES, {"keys": keys})
    if named := conn.execute(_COUPONS, {"keys": keys}).all():
        conn.execute(_SET_REFERENCE, [{"key": row.id, "kept": kept_reference(row.reference)} for row in named])


def _leave(
    conn: Connection, theirs: set[tuple[str, str]], kinds: Sequence[str], name: str,
    left: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None],
) -> None:  # fmt: skip
    """Leave of the steps of what is named, by its customer and under ``name`` in the data, what ``left`` says."""
    steps = conn.execute(_STEPS, {"who": sorted({customer for customer, _ in theirs}), "kinds": list(kinds)})
    changed = [
        {"key": row.id, "left": after}
        for row in steps
        if row.data is not None
        and (row.customer_id, row.data.get(name)) in theirs
        and (after := left(row.kind, row.data)) != row.data
    ]
    if changed:
        with opened(conn, "retention"):
            conn.execute(_SET_DATA, changed)


def _without_words(_kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in data.items() if name != "words"}
