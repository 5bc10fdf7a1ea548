"""From the bot to a person and back: who owns a conversation.

    bot ──request──▶ queue ──take──▶ agent:NAME ──return──▶ bot
                      │ ▲              │   ▲ └─transfer─▶ agent:OTHER or queue
                      │ └──transfer────┘   └── take (another agent)
                      └──cancel──▶ bot         resolve ──▶ bot (closed)

Each step is one function here, is recorded in the history, and is refused where
it does not exist. Whoever is handed to a team waits in the queue as well, for that
team: everybody sees them there, and any agent may take them, so that nobody waits for
colleagues who do not come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from crm_store import conversations as conversation_store
from crm_store import history, promises, sides, tickets
from crm_store.conversations import BOT, QUEUE, agent_owner, conversations
from crm_store.errors import NotAllowed

BOT_PAUSED = "bot_paused"
"""The reason of a handoff that only an emergency stop has brought about."""

_OWN = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"))
    .values(
        owner=bindparam("owner"),
        waiting_since=bindparam("waiting_since"),
        team=bindparam("team"),
        snoozed_until=None,
        closed_at=bindparam("closed_at"),
    )
)
# It counts as a turn: one that is under way then sees that what it loaded is no longer so.
_FORGET_STATE = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"))
    .values(state=None, turns=conversations.c.turns + 1)
)
_SNOOZE = update(conversations).where(conversations.c.id == bindparam("key")).values(snoozed_until=bindparam("until"))
_QUEUE = (
    select(conversations)
    .where(text("owner = 'queue'"))  # literal: a bound value would not match the partial index
    .order_by(conversations.c.waiting_since, conversations.c.id)
)
_FOR_TEAM = _QUEUE.where(conversations.c.team == bindparam("team"))
_OF_AGENT = (
    select(conversations)
    .where(conversations.c.owner == bindparam("owner"), text("owner <> 'bot'"))  # the same for its partial index
    .order_by(conversations.c.id)
)


@dataclass(frozen=True, slots=True)
class CameFrom:
    """How a conversation came to people since the bot last had it; all None where an agent just took it."""

    reason: str | None = None
    asked_at: datetime | None = None
    handed_on_by: str | None = None
    """The agent who handed it on last."""


def waiting(conn: Connection) -> list[Any]:
    """Return the conversations in the queue, longest waiting first."""
    return list(conn.execute(_QUEUE))


def of_agent(conn: Connection, agent: str) -> list[Any]:
    """Return the conversations that an agent has."""
    return list(conn.execute(_OF_AGENT, {"owner": agent_owner(agent)}))


def came_from(conn: Connection, customer_id: str) -> CameFrom:
    """Say how the customer's conversation came to people."""
    handed_on_by = None
    for step in history.backwards(
        conn, customer_id, "handoff.requested", "handoff.transferred", "handoff.returned"
    ):  # fmt: skip
        if step.kind == "handoff.returned":
            break
        if step.kind == "handoff.requested":
            return CameFrom(step.data["reason"], step.at, handed_on_by)
        handed_on_by = handed_on_by or step.by.removeprefix(agent_owner(""))
    return CameFrom(handed_on_by=handed_on_by)


def asleep_until(conn: Connection, conversation: Any, now: datetime) -> datetime | None:
    """Return until when a conversation is snoozed; None where its time is over or the customer has written since."""
    until: datetime | None = conversation.snoozed_until
    if until is None or until <= now:
        return None
    snoozed = next(history.backwards(conn, conversation.customer_id, "conversation.snoozed"), None)
    written = conversation.last_in_at
    return None if snoozed is not None and written is not None and written > snoozed.at else until


def request(
    conn: Connection,
    *,
    conversation_id: str,
    customer_id: str,
    reason: str,
    now: datetime,
    channel: str | None = None,
) -> None:
    """Put a conversation into the queue: ``asked``, ``angry``, ``misunderstood``, ``danger``, ``verification`` …"""
    conversation = _of(conn, conversation_id)
    if conversation.owner != BOT:
        return  # a person has it, or is on the way
    _own(conn, conversation, QUEUE, waiting_since=now)
    history.record(
        conn, at=now, kind="handoff.requested", by="bot", customer_id=customer_id, conversation_id=conversation_id,
        channel=channel, data={"reason": reason},
    )  # fmt: skip


def cancel(conn: Connection, conversation_id: str, *, now: datetime) -> None:
    """The customer no longer wants to wait: the bot has the conversation again."""
    conversation = _of(conn, conversation_id)
    if conversation.owner != QUEUE:
        raise NotAllowed(f"the conversation is with {conversation.owner}, not in the queue")
    _own(conn, conversation, BOT)
    _record(conn, conversation, "handoff.returned", "customer", now, reason="cancelled")
    promises.withdraw_answers(conn, conversation.customer_id, reason="cancelled", by="customer", now=now)


def take(conn: Connection, conversation_id: str, agent: str, *, now: datetime) -> None:
    """An agent takes the conversation, from the queue, from the bot or from a colleague."""
    conversation = _of(conn, conversation_id)
    if conversation.owner == agent_owner(agent):
        return
    _own(conn, conversation, agent_owner(agent))
    previous = conversation.owner
    _record(
        conn, conversation, "handoff.taken", agent_owner(agent), now, reason="agent", agent=agent, previous=previous
    )  # fmt: skip


def give_back(conn: Connection, conversation_id: str, agent: str, *, now: datetime) -> None:
    """The agent is done for now: the bot has the conversation again and remembers where it stood."""
    conversation = _owned_by(conn, conversation_id, agent)
    _own(conn, conversation, BOT)
    _record(conn, conversation, "handoff.returned", agent_owner(agent), now, reason="agent")


def end_pause(conn: Connection, *, by: str, now: datetime) -> list[Any]:
    """The bot runs again: it has back who waits for nothing but that. Return those conversations as they were."""
    back = []
    for talk in waiting(conn):
        came = came_from(conn, talk.customer_id)
        if came.reason == BOT_PAUSED and came.handed_on_by is None:  # who was handed on waits for a person
            back.append(talk)
    for talk in back:
        if _of(conn, talk.id).owner == QUEUE:  # an agent may just have taken it
            _own(conn, talk, BOT)
            _record(conn, talk, "handoff.returned", by, now, reason="resumed")
    return back


def transfer(conn: Connection, conversation_id: str, agent: str, to: str | None, *, now: datetime) -> None:
    """Hand the conversation to a colleague, or back into the queue where none is named."""
    conversation = _owned_by(conn, conversation_id, agent)
    owner = agent_owner(to) if to else QUEUE
    _own(conn, conversation, owner, waiting_since=None if to else now)
    _record(conn, conversation, "handoff.transferred", agent_owner(agent), now, reason="agent", to=to or QUEUE)


def transfer_to_team(
    conn: Connection, conversation_id: str, agent: str, team: int, name: str, *, now: datetime
) -> None:
    """Hand the conversation to a team, its id and its name: the customer waits in the queue until one of them comes."""
    conversation = _owned_by(conn, conversation_id, agent)
    _own(conn, conversation, QUEUE, waiting_since=now, team=team)
    _record(conn, conversation, "handoff.transferred", agent_owner(agent), now, reason="agent", to=name, team=team)


def open_to_all(conn: Connection, team: int, name: str, *, by: str, now: datetime) -> int:
    """Let whoever waits for a team, its id and its name, wait for everybody, since when they did; return how many."""
    found = list(conn.execute(_FOR_TEAM, {"team": team}))
    for talk in found:
        held = _of(conn, talk.id)
        if held.owner == QUEUE and held.team == team:  # an agent may just have taken it
            _own(conn, held, QUEUE, waiting_since=held.waiting_since)
            _record(conn, held, "handoff.team_ended", by, now, team=name)
    return len(found)


def snooze(conn: Connection, conversation_id: str, agent: str, *, until: datetime, now: datetime) -> None:
    """Put the conversation out of sight until a moment or the customer's next message."""
    conversation = _owned_by(conn, conversation_id, agent)
    conn.execute(_SNOOZE, {"key": conversation_id, "until": until})
    sides.keep_owner(conn, conversation, {"snoozed_until": until})
    _record(conn, conversation, "conversation.snoozed", agent_owner(agent), now, until=until.isoformat())


def resolve(conn: Connection, conversation_id: str, agent: str, *, ticket: str | None, now: datetime) -> list[str]:
    """Close the conversation and resolve its open tickets, or the named one alone; the bot owns it afterwards.

    Returns the numbers of the tickets resolved.

    Raises:
        NotAllowed: the named ticket is not this customer's, or cannot be resolved from where it stands.
    """
    conversation = _of(conn, conversation_id)
    theirs = tickets.of_customer(conn, conversation.customer_id)
    if ticket is not None and ticket not in {one.number for one in theirs}:
        raise NotAllowed(f"the customer has no ticket {ticket}", code="no_ticket", number=ticket)
    numbers = [ticket] if ticket else [one.number for one in theirs if one.status == "open"]
    for number in numbers:
        tickets.move(conn, number, "resolved", now=now, by=agent_owner(agent))
    if ticket is None:
        shown = ", ".join(numbers) or "resolved"
        promises.keep_answers(conn, conversation.customer_id, proof=shown, by=agent_owner(agent), now=now)
    was_with_people = conversation.owner != BOT
    _own(conn, conversation, BOT, closed_at=now, forget=True)
    conn.execute(_FORGET_STATE, {"key": conversation_id})
    if was_with_people:
        _record(conn, conversation, "handoff.returned", agent_owner(agent), now, reason="resolved")
    return numbers


def _of(conn: Connection, conversation_id: str) -> Any:
    conversation = conversation_store.hold(conn, conversation_id)
    if conversation is None:
        raise NotAllowed("there is no such conversation")
    return conversation


def _owned_by(conn: Connection, conversation_id: str, agent: str) -> Any:
    conversation = _of(conn, conversation_id)
    if conversation.owner != agent_owner(agent):
        raise NotAllowed(
            f"the conversation is with {conversation.owner}, not with {agent}; take it first", code="not_yours"
        )
    return conversation


def _own(
    conn: Connection, conversation: Any, owner: str, *, waiting_since: datetime | None = None,
    team: int | None = None, closed_at: datetime | None = None, forget: bool = False,
) -> None:  # fmt: skip
    columns = {"owner": owner, "waiting_since": waiting_since, "team": team, "closed_at": closed_at}
    conn.execute(_OWN, {"key": conversation.id, **columns})
    sides.keep_owner(conn, conversation, {**columns, "snoozed_until": None}, forget=forget)


def _record(conn: Connection, conversation: Any, kind: str, by: str, now: datetime, **data: Any) -> None:
    history.record(
        conn,
        at=now,
        kind=kind,
        by=by,
        customer_id=conversation.customer_id,
        conversation_id=conversation.id,
        data=data,
    )
