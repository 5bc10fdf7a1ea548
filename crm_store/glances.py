"""Many conversations at a glance, in as many statements for two hundred as for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, and_, bindparam, select, text

from crm_store import outbox
from crm_store.conversations import agent_owner, conversations
from crm_store.customers import customers
from crm_store.history import history
from crm_store.identities import identities
from crm_store.teams import teams

A_PAGE = 200
"""So many are asked for by one statement."""

_REQUESTED, _TRANSFERRED, _RETURNED = "handoff.requested", "handoff.transferred", "handoff.returned"


def _newest(*kinds: str) -> ScalarSelect[int]:
    """The key of a conversation's newest entry of these kinds."""
    one = history.alias()
    return (
        select(one.c.id)
        .where(one.c.customer_id == conversations.c.customer_id, one.c.kind.in_(kinds))
        .order_by(one.c.id.desc())
        .limit(1)
        .correlate(conversations)
        .scalar_subquery()
    )


_PEOPLE = (
    select(
        conversations.c.id.label("talk_id"),
        conversations.c.customer_id.label("id"),
        conversations.c.waiting_since,
        conversations.c.team,
        conversations.c.snoozed_until,
        conversations.c.last_in_at,
        customers.c.customer_no,
        customers.c.name,
        customers.c.tier,
        identities.c.channel,
        identities.c.user_id,
    )
    .select_from(conversations)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .join(identities, identities.c.id == conversations.c.identity_id)
)
_step, _asked = history.alias("step"), history.alias("asked")
# What came last, and, where that was a colleague handing it on, what had come before.
_WAITING = (
    _PEOPLE.outerjoin(_step, _step.c.id == _newest(_REQUESTED, _TRANSFERRED, _RETURNED))
    .outerjoin(_asked, _asked.c.id == _newest(_REQUESTED, _RETURNED))
    .outerjoin(teams, and_(teams.c.id == conversations.c.team, teams.c.ended_at.is_(None)))
    .add_columns(
        _step.c.kind.label("step_kind"),
        _step.c.by.label("step_by"),
        _asked.c.kind.label("asked_kind"),
        _asked.c.data.label("asked_data"),
        teams.c.name.label("team_name"),
    )
    # Literal: a bound value would not match the partial index.
    .where(text("conversations.owner = 'queue'"))
    .order_by(conversations.c.waiting_since, conversations.c.id)
)
_OF_AGENT = _PEOPLE.where(conversations.c.owner == bindparam("owner"), text("conversations.owner <> 'bot'")).order_by(
    conversations.c.id
)


def _last(*kinds: str) -> Select[Any]:
    return (
        select(history)
        .select_from(conversations)
        .join(history, history.c.id == _newest(*kinds))
        .where(conversations.c.customer_id.in_(bindparam("who", expanding=True)))
    )


_HEARD = _last("message.in")
_SAID = _last("message.in", "message.out")
_SNOOZED = _last("conversation.snoozed")


def waiting(conn: Connection) -> list[Any]:
    """Return who is in the queue, longest waiting first, each with the steps by which they came there."""
    return list(conn.execute(_WAITING))


def of_agent(conn: Connection, agent: str) -> list[Any]:
    """Return whose conversation an agent has."""
    return list(conn.execute(_OF_AGENT, {"owner": agent_owner(agent)}))


def why(one: Any) -> tuple[str | None, str | None]:
    """Return why somebody in the queue asked for a person, and the agent who handed them on last; both may be None."""
    reason = one.asked_data["reason"] if one.asked_kind == _REQUESTED else None
    by = one.step_by.removeprefix(agent_owner("")) if one.step_kind == _TRANSFERRED else None
    return reason, by


def last_heard(conn: Connection, who: Sequence[str]) -> dict[str, Any]:
    """Return the newest message of each of these customers (internal ids) that has one."""
    return _by_customer(conn, _HEARD, who)


def last_said(conn: Connection, who: Sequence[str]) -> dict[str, Any]:
    """Return the newest message to or from each of these customers that has one."""
    return _by_customer(conn, _SAID, who)


def last_snoozed(conn: Connection, who: Sequence[str]) -> dict[str, Any]:
    """Return when each of these customers was snoozed last, as entries of the history."""
    return _by_customer(conn, _SNOOZED, who)


def words(conn: Connection, entries: Sequence[Any]) -> dict[str, str | None]:
    """Return what was said in messages, by customer: the words, a button's title, or the kind of what has no words."""
    pressed = [one.customer_id for one in entries if not one.text and "payload" in (one.data or {})]
    titles: dict[str, dict[str, str]] = {}
    for part in pages(pressed):
        titles |= outbox.button_titles_of(conn, part)
    said: dict[str, str | None] = {}
    for one in entries:
        data = one.data or {}
        if one.text:
            said[one.customer_id] = one.text
        elif (payload := data.get("payload")) is not None:
            said[one.customer_id] = titles.get(one.customer_id, {}).get(payload, str(payload))
        else:
            said[one.customer_id] = next(iter(data), None)
    return said


def pages(who: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield keys in parts that one statement may ask for."""
    for start in range(0, len(who), A_PAGE):
        yield who[start : start + A_PAGE]


def _by_customer(conn: Connection, query: Select[Any], who: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in pages(who):
        found |= {row.customer_id: row for row in conn.execute(query, {"who": part})}
    return found
