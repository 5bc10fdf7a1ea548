"""What agents look at: who waits, what is theirs, and a customer on one screen before they speak."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from crm_store import (
    conversations,
    customers,
    handoffs,
    history,
    identities,
    orders,
    outbox,
    points,
    precedence,
    suggesting,
    tickets,
)
from crm_store.consents import of_customer as consent_of
from crm_store.precedence import Precedence

MESSAGES = ("message.in", "message.out", "note")
LAST_MESSAGES = 12
LAST_ORDERS = 3
LAST_MOODS = 3

_EVENTS = ("ticket.", "handoff.", "order.")
_TELLING = ("care.sent", "message.failed")


def queue(conn: Connection, now: datetime, order: Precedence = Precedence()) -> list[dict[str, Any]]:
    """Return who waits for a person, in the order of `precedence`: who they are, why, and what they said last.

    ``waited_s`` are seconds up to ``now``, ``head_start_s`` those that count beside them;
    ``reason`` is None where an agent put them there, who then stands in ``handed_on_by``.
    ``sentiment`` is that of their last words, -1 to 1, None where there were none.
    """
    talks = handoffs.waiting(conn)
    values = precedence.values(conn, [talk.customer_id for talk in talks], order, now)
    waiting = []
    for talk in talks:
        came = handoffs.came_from(conn, talk.customer_id)
        tier, spent = values[talk.customer_id]
        head_start: timedelta = order.head_start(tier=tier, spent=spent, reason=came.reason)
        last = next(history.backwards(conn, talk.customer_id, "message.in"), None)
        understood = (last.why or {}).get("understood") if last else None
        waiting.append(
            _who(conn, talk)
            | {
                "waiting_since": talk.waiting_since.isoformat(),
                "waited_s": round((now - talk.waiting_since).total_seconds()),
                "head_start_s": round(head_start.total_seconds()),
                "reason": came.reason,
                "handed_on_by": came.handed_on_by,
                "last_words": _said(conn, last),
                "sentiment": understood["sentiment"] if understood else None,
            }
        )
    # Sorting keeps the order of the store, longest first, among equals.
    return sorted(waiting, key=lambda one: one["waited_s"] + one["head_start_s"], reverse=True)


def of_agent(conn: Connection, agent: str, now: datetime) -> list[dict[str, Any]]:
    """Return an agent's conversations: first whom they owe an answer, longest first, and last what is snoozed."""
    theirs = []
    for talk in handoffs.of_agent(conn, agent):
        last = next(history.backwards(conn, talk.customer_id, "message.in", "message.out"), None)
        asleep = handoffs.asleep_until(conn, talk, now)
        theirs.append(
            _who(conn, talk)
            | {
                "last_at": last.at.isoformat() if last else None,
                "last_by": last.by if last else None,
                "last_words": _said(conn, last),
                "snoozed_until": asleep.isoformat() if asleep else None,
            }
        )

    def urgency(one: dict[str, Any]) -> tuple[bool, bool, str]:
        return bool(one["snoozed_until"]), one["last_by"] != "customer", one["last_at"] or ""

    return sorted(theirs, key=urgency)


def page(conn: Connection, key: str, now: datetime) -> dict[str, Any]:
    """Return what a person has to know of the customer with the internal id ``key`` before they answer.

    Moments are ISO 8601 in UTC. ``handoff`` is None while the bot has the conversation.
    ``mood`` is that of the last messages with words, newest first: ``sentiment`` from -1
    to 1, ``urgency`` from 0 to 1. ``timeline`` has the last messages and, since the first
    of them, what became of cases, orders, handoffs and care.

    Raises:
        LookupError: there is no such customer.
    """
    row = customers.by_id(conn, key)
    if row is None:
        raise LookupError("there is no such customer")
    talk = conversations.of_customer(conn, key)
    asleep = handoffs.asleep_until(conn, talk, now) if talk else None
    expiring = points.next_expiry(conn, key, now)
    entries = sorted(history.timeline(conn, key), key=lambda entry: (entry.at, entry.id))
    return {
        "customer_id": row.customer_no,
        "id": row.id,
        "name": row.name,
        "language": row.language,
        "timezone": row.timezone,
        "member": bool(row.member),
        "tier": row.tier,
        "identities": [
            {
                "channel": one.channel,
                "user_id": one.user_id,
                "verified": bool(one.verified),
                "reachable": one.unreachable_since is None,
            }
            for one in identities.of_customer(conn, key)
        ],
        "suggestions": suggesting.suggestions(conn, key),
        "consent": consent_of(conn, key),
        "owner": talk.owner if talk else conversations.BOT,
        "handoff": _handoff(conn, talk),
        "snoozed_until": asleep.isoformat() if asleep else None,
        "mood": _moods(entries),
        "tickets": [ticket.as_json() for ticket in tickets.of_customer(conn, key)],
        "orders": [order.as_json() for order in orders.of_customer(conn, key)[:LAST_ORDERS]],
        "points": points.balance(conn, key, now),
        "points_expiring": {"points": expiring[0], "at": expiring[1].isoformat()} if expiring else None,
        "timeline": _timeline(conn, key, entries),
    }


def _handoff(conn: Connection, talk: Any) -> dict[str, Any] | None:
    if talk is None or talk.owner == conversations.BOT:
        return None
    came = handoffs.came_from(conn, talk.customer_id)
    return {
        "reason": came.reason,
        "asked_at": came.asked_at.isoformat() if came.asked_at else None,
        "handed_on_by": came.handed_on_by,
        "waiting_since": talk.waiting_since.isoformat() if talk.waiting_since else None,
    }


def _moods(entries: list[Any]) -> list[dict[str, Any]]:
    heard = ((entry, (entry.why or {}).get("understood")) for entry in reversed(entries))
    moods = [
        {"at": entry.at.isoformat(), "sentiment": understood["sentiment"], "urgency": understood["urgency"]}
        for entry, understood in heard
        if understood
    ]
    return moods[:LAST_MOODS]


def _timeline(conn: Connection, key: str, entries: list[Any]) -> list[dict[str, Any]]:
    messages = [entry for entry in entries if entry.kind in MESSAGES][-LAST_MESSAGES:]
    if not messages:
        return []
    titles = outbox.button_titles(conn, key)
    first = entries.index(messages[0])
    return [
        _entry(entry, titles)
        for entry in entries[first:]
        if entry.kind in MESSAGES or entry.kind in _TELLING or entry.kind.startswith(_EVENTS)
    ]


def _entry(entry: Any, titles: dict[str, str]) -> dict[str, Any]:
    told = {"at": entry.at.isoformat(), "kind": entry.kind, "channel": entry.channel, "by": entry.by}
    if entry.ref is not None:
        told["id"] = entry.ref
    if entry.text is not None:
        told["text"] = entry.text
    if entry.data:
        told["data"] = entry.data
        if (pressed := entry.data.get("payload")) is not None:
            told["pressed"] = titles.get(pressed, pressed)
    return told


def _who(conn: Connection, talk: Any) -> dict[str, Any]:
    person = customers.by_id(conn, talk.customer_id)
    user = next(one for one in identities.of_customer(conn, talk.customer_id) if one.id == talk.identity_id)
    assert person is not None, "a conversation has its customer"
    return {
        "id": talk.customer_id,
        "customer": f"{user.channel}:{user.user_id}",
        "channel": user.channel,
        "customer_id": person.customer_no,
        "name": person.name,
        "tier": person.tier,
    }


def _said(conn: Connection, entry: Any | None) -> str | None:
    """Return what somebody said in a message: the words, a button's title, or the kind of what has no words."""
    if entry is None or entry.text:
        return entry.text if entry else None
    data = entry.data or {}
    if (pressed := data.get("payload")) is not None:
        return outbox.button_titles(conn, entry.customer_id).get(pressed, str(pressed))
    return next(iter(data), None)
