"""What agents look at: who waits, what is theirs, and a customer on one screen before they speak."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from crm_store import (
    conversations,
    customers,
    glances,
    handoffs,
    history,
    identities,
    orders,
    outbox,
    points,
    precedence,
    suggesting,
    teams,
    tickets,
    zones,
)
from crm_store.consents import of_customer as consent_of
from crm_store.precedence import Precedence

MESSAGES = ("message.in", "message.out", "note")
LAST_MESSAGES = 12
LAST_ORDERS = 3
LAST_MOODS = 3
MOODS_WITHIN = 20
"""Of so many messages; pressed buttons have no mood."""
LONGEST_TIMELINE = 400
"""Entries since the first message shown, of all kinds."""

_EVENTS = ("ticket.", "handoff.", "order.")
_TELLING = ("care.sent", "message.failed")


def queue(
    conn: Connection, now: datetime, order: Precedence = Precedence(), *, most: int | None = None,
    of_teams: Collection[int] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return who waits for a person, in the order of `precedence`: who they are, why, and what they said last.

    ``waited_s`` are seconds up to ``now``, ``head_start_s`` those that count beside them;
    ``reason`` is None where an agent put them there, who then stands in ``handed_on_by``.
    ``sentiment`` is that of their last words, -1 to 1, None where there were none. With
    ``most`` the others behind them are left out. ``team`` is what the team is called that they
    wait for, None where everybody is meant; ``of_teams`` (ids) leaves out who waits for no such team.
    """
    spent = precedence.spent_by_waiting(conn, order, now)
    line = []
    for talk in glances.waiting(conn):
        if of_teams is not None and talk.team not in of_teams:
            continue
        reason, handed_on_by = glances.why(talk)
        head_start: timedelta = order.head_start(tier=talk.tier, spent=spent[talk.id], reason=reason)
        waits = {
            "waiting_since": talk.waiting_since.isoformat(),
            "waited_s": round((now - talk.waiting_since).total_seconds()),
            "head_start_s": round(head_start.total_seconds()),
            "reason": reason,
            "handed_on_by": handed_on_by,
            "team": talk.team_name,
        }
        line.append(_who(talk) | waits)
    # Sorting keeps the order of the store, longest first, among equals.
    line = sorted(line, key=lambda one: one["waited_s"] + one["head_start_s"], reverse=True)[:most]
    heard = glances.last_heard(conn, [one["id"] for one in line])
    words = glances.words(conn, list(heard.values()))
    for one in line:
        last = heard.get(one["id"])
        understood = (last.why or {}).get("understood") if last else None
        one["last_words"] = words.get(one["id"])
        one["sentiment"] = understood["sentiment"] if understood else None
    return line


def of_agent(conn: Connection, agent: str, now: datetime) -> list[dict[str, Any]]:
    """Return an agent's conversations: first whom they owe an answer, longest first, and last what is snoozed."""
    talks = glances.of_agent(conn, agent)
    said = glances.last_said(conn, [talk.id for talk in talks])
    words = glances.words(conn, list(said.values()))
    asleep = _asleep(conn, talks, now)
    theirs = []
    for talk in talks:
        last = said.get(talk.id)
        until = asleep.get(talk.id)
        theirs.append(
            _who(talk)
            | {
                "last_at": last.at.isoformat() if last else None,
                "last_by": last.by if last else None,
                "last_words": words.get(talk.id),
                "snoozed_until": until.isoformat() if until else None,
            }
        )

    def urgency(one: dict[str, Any]) -> tuple[bool, bool, str]:
        return bool(one["snoozed_until"]), one["last_by"] != "customer", one["last_at"] or ""

    return sorted(theirs, key=urgency)


def _asleep(conn: Connection, talks: list[Any], now: datetime) -> dict[str, datetime]:
    """Return until when each is snoozed that still is: their time is not over, and nothing was written since."""
    snoozed = [talk for talk in talks if talk.snoozed_until is not None and talk.snoozed_until > now]
    since = glances.last_snoozed(conn, [talk.id for talk in snoozed])
    return {
        talk.id: talk.snoozed_until
        for talk in snoozed
        if talk.id not in since or talk.last_in_at is None or talk.last_in_at <= since[talk.id].at
    }


def page(conn: Connection, key: str, now: datetime) -> dict[str, Any]:
    """Return what a person has to know of the customer with the internal id ``key`` before they answer.

    Moments are ISO 8601 in UTC. ``handoff`` is None while the bot has the conversation.
    ``mood`` is that of the last messages with words, newest first: ``sentiment`` from -1
    to 1, ``urgency`` from 0 to 1, ``words`` those that showed it. ``timeline`` has the last
    messages and, since the first of them, what became of cases, orders, handoffs and care.

    Raises:
        LookupError: there is no such customer.
    """
    row = customers.by_id(conn, key)
    if row is None:
        raise LookupError("there is no such customer")
    talk = conversations.of_customer(conn, key)
    asleep = handoffs.asleep_until(conn, talk, now) if talk else None
    expiring = points.next_expiry(conn, key, now)
    return {
        "customer_id": row.customer_no,
        "id": row.id,
        "name": row.name,
        "language": row.language,
        "timezone": zones.of_row(row),
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
        "mood": _moods(conn, key),
        "tickets": [ticket.as_json() for ticket in tickets.of_customer(conn, key)],
        "orders": [order.as_json() for order in orders.of_customer(conn, key, most=LAST_ORDERS)],
        "points": points.balance(conn, key, now),
        "points_expiring": {"points": expiring[0], "at": expiring[1].isoformat()} if expiring else None,
        "timeline": _timeline(conn, key),
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
        "team": teams.name_of(conn, talk.team),
    }


def _moods(conn: Connection, key: str) -> list[dict[str, Any]]:
    heard = history.newest(conn, key, ("message.in",), most=MOODS_WITHIN)
    understood = ((entry, (entry.why or {}).get("understood")) for entry in heard)
    moods = [
        {
            "at": entry.at.isoformat(),
            "sentiment": meant["sentiment"],
            "urgency": meant["urgency"],
            "words": [word for one in meant.get("felt", ()) for word in one["words"]],
        }
        for entry, meant in understood
        if meant
    ]
    return moods[:LAST_MOODS]


def _timeline(conn: Connection, key: str) -> list[dict[str, Any]]:
    messages = sorted(history.newest(conn, key, MESSAGES, most=LAST_MESSAGES), key=_moment)
    if not messages:
        return []
    titles = outbox.button_titles(conn, key)
    oldest = min(message.id for message in messages)
    since = history.page(conn, key, after=oldest - 1, most=LONGEST_TIMELINE)
    return [
        _entry(entry, titles)
        for entry in sorted(since, key=_moment)
        if _moment(entry) >= _moment(messages[0])
        and (entry.kind in MESSAGES or entry.kind in _TELLING or entry.kind.startswith(_EVENTS))
    ]


def _moment(entry: Any) -> tuple[datetime, int]:
    return entry.at, entry.id


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


def _who(talk: Any) -> dict[str, Any]:
    return {
        "id": talk.id,
        "customer": f"{talk.channel}:{talk.user_id}",
        "channel": talk.channel,
        "customer_id": talk.customer_no,
        "name": talk.name,
        "tier": talk.tier,
    }
