"""What an agent can do with a customer's conversation, from the terminal, the simulator or the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from bot.delivery import queued
from bot.desk_items import ItemAction, act_on_item
from bot.errors import ShukeError
from bot.limits import pieces
from bot.ports import Capabilities
from bot.windows import count_agents
from crm_store import agents, conversations, customers, handoffs, history, identities, mentions, outbox, promises, teams
from crm_store.conversations import agent_owner
from crm_store.ports import Ids
from crm_store.windows import Shut

Action = Literal[
    "take", "reply", "note", "return", "transfer", "snooze", "approve", "resolve", "refuse", "ask", "promise", "keep",
    "renegotiate", "withdraw", "done",
]  # fmt: skip
ON_ITEMS: tuple[Action, ...] = ("approve", "refuse", "ask", "promise", "keep", "renegotiate", "withdraw", "done")
"""What is done about approvals, promises and tasks, whoever has the conversation."""
ACTIONS: tuple[str, ...] = get_args(Action)
LEAST = Capabilities(text_limit=2048, text_unit="utf8", buttons=False)
"""What every channel of ours takes, for processes that don't know which ones there are."""
Why = Literal[
    "unknown_action", "no_name", "no_talk", "no_way", "window_closed", "budget", "no_words",
    "no_such_time", "time_is_past", "empty_team",
]  # fmt: skip
"""Why an action is refused; a desk has words for each."""
_SHUT: dict[Shut, str] = {
    "window_closed": "too long ago that the customer wrote, so nothing is taken for them any more",
    "budget": "no messages are left of those that are taken after each of the customer's",
}
SNOOZE = timedelta(hours=24)
NO_CHANNELS: Mapping[str, Capabilities] = MappingProxyType({})


class ActionRefused(ShukeError):
    """An agent asked for something that can't be done; the text says what and why, in one line for a terminal.

    ``code`` says why to who has words of their own, which ``data`` fills.
    """

    def __init__(self, code: Why, text: str, /, **data: Any) -> None:
        super().__init__(text)
        self.code: Why = code
        self.data = data


@dataclass(frozen=True, slots=True)
class AgentAction:
    """One thing that an agent does. ``text`` is the reply, the note, the colleague's name or the snooze's end."""

    agent: str
    action: str
    customer_id: str
    text: str | None = None
    ticket: str | None = None
    due: str | None = None
    """By when something is promised, as ISO 8601 with its zone."""
    item: str | None = None
    """The promise, task or approval that is meant, where there are several."""
    team: str | None = None
    """To which team something is handed, by its name or a word of it; ``text`` is then what they have to know."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: who had the conversation before and who has it now, as the store writes owners."""

    previous: str
    owner: str
    resolved: tuple[str, ...] = ()
    """The numbers of the tickets resolved."""
    until: datetime | None = None
    """Until when the conversation is snoozed."""
    item: str | None = None
    """The id of the promise, task or approval that it was about."""


def act(
    conn: Connection,
    wanted: AgentAction,
    *,
    now: datetime,
    ids: Ids,
    channels: Mapping[str, Capabilities] = NO_CHANNELS,
) -> Done:
    """Do what an agent wants, in one transaction; an agent who is not known yet is added.

    A reply that is longer than a message of its channel goes out in pieces. What the
    ``channels`` take is said by their names; of others no more is expected than of all.

    Raises:
        ActionRefused: the customer never wrote, or something needed is missing.
        NotAllowed: the step does not exist from where the conversation stands.
    """
    if wanted.action not in ACTIONS:
        raise ActionRefused("unknown_action", f"there is no action {wanted.action!r}; use one of {', '.join(ACTIONS)}")
    if not wanted.agent.strip() or not wanted.agent.isprintable():
        raise ActionRefused("no_name", "an agent needs a name, such as li")
    customers.hold(conn, wanted.customer_id)
    talk = conversations.of_customer(conn, wanted.customer_id)
    if wanted.action in ON_ITEMS:
        agents.ensure(conn, wanted.agent, now=now)
        about = ItemAction(
            wanted.agent, wanted.action, wanted.customer_id, wanted.text or "", wanted.ticket,
            _due(wanted.due, now), wanted.item,
        )  # fmt: skip
        owner = talk.owner if talk is not None else conversations.BOT
        return Done(owner, owner, item=act_on_item(conn, about, now=now, ids=ids))
    if talk is None:
        raise ActionRefused("no_talk", "this customer has no conversation; they have not written yet")
    agents.ensure(conn, wanted.agent, now=now)
    resolved: list[str] = []
    until = None
    match wanted.action:
        case "take":
            handoffs.take(conn, talk.id, wanted.agent, now=now)
        case "reply":
            _reply(conn, talk, wanted, now, ids, channels)
        case "note":
            _note(conn, talk, wanted, now)
        case "return":
            handoffs.give_back(conn, talk.id, wanted.agent, now=now)
        case "transfer":
            _transfer(conn, talk, wanted, now)
        case "snooze":
            until = _until(wanted.text, now)
            handoffs.snooze(conn, talk.id, wanted.agent, until=until, now=now)
        case "resolve":
            resolved = handoffs.resolve(conn, talk.id, wanted.agent, ticket=wanted.ticket, now=now)
    after: Any = conversations.by_id(conn, talk.id)
    return Done(talk.owner, after.owner, tuple(resolved), until)


def _reply(
    conn: Connection, talk: Any, wanted: AgentAction, now: datetime, ids: Ids, channels: Mapping[str, Capabilities]
) -> None:
    text = _text(wanted)
    if talk.owner != agent_owner(wanted.agent):
        handoffs.take(conn, talk.id, wanted.agent, now=now)  # who answers has it
    theirs = (one for one in identities.of_customer(conn, talk.customer_id) if one.id == talk.identity_id)
    identity = next(theirs, None)
    if identity is None or identity.user_id.startswith(identities.ERASED):
        raise ActionRefused("no_way", "the customer's way to us is gone; wait until they write again")
    able = channels.get(identity.channel, LEAST)
    parts = pieces(text, able.text_limit, able.text_unit)
    if (shut := count_agents(conn, identity.id, count=len(parts), now=now)) is not None:
        raise ActionRefused(
            shut, f"{identity.channel}: {_SHUT[shut]}; it can be sent once the customer writes again",
            channel=identity.channel,
        )  # fmt: skip
    for words in parts:
        ref = ids.new()
        row = queued(
            ref=ref, dedupe_key=f"agent:{ref}", customer_id=talk.customer_id, conversation_id=talk.id,
            identity_id=identity.id, channel=identity.channel, recipient=identity.user_id, kind="agent", text=words,
            now=now,
        )  # fmt: skip
        outbox.queue(conn, [row])
        history.record(
            conn, at=now, kind="message.out", by=agent_owner(wanted.agent), ref=ref, customer_id=talk.customer_id,
            conversation_id=talk.id, identity_id=identity.id, channel=identity.channel, text=words,
            data={"kind": "agent"},
        )  # fmt: skip
    promises.keep_answers(conn, talk.customer_id, proof=ref, by=agent_owner(wanted.agent), now=now)


def _note(conn: Connection, talk: Any, wanted: AgentAction, now: datetime) -> None:
    words = _text(wanted)
    key = history.record(
        conn, at=now, kind="note", by=agent_owner(wanted.agent), customer_id=talk.customer_id,
        conversation_id=talk.id, text=words,
    )  # fmt: skip
    mentions.note(conn, key, words, by=wanted.agent, now=now)


def _transfer(conn: Connection, talk: Any, wanted: AgentAction, now: datetime) -> None:
    if wanted.team is None:
        handoffs.transfer(conn, talk.id, wanted.agent, (wanted.text or "").strip() or None, now=now)
        return
    team = teams.find(conn, wanted.team)
    # Who is at home may come tomorrow, and till then everybody sees who waits; an empty team never comes.
    if not team.takers:
        raise ActionRefused(
            "empty_team", f"nobody of {team.name} takes conversations; hand it to somebody else, or first:"
            f" shuke team in {team.words[0]} NAME", name=team.name,
        )  # fmt: skip
    if words := (wanted.text or "").strip():
        _note(conn, talk, replace(wanted, text=f"@{team.name} {words}"), now)
    handoffs.transfer_to_team(conn, talk.id, wanted.agent, team.id, team.name, now=now)


def _text(wanted: AgentAction) -> str:
    text = (wanted.text or "").strip()
    if not text:
        raise ActionRefused("no_words", f'a {wanted.action} needs a text; add "text"')
    return text


def _due(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        due = datetime.fromisoformat(text)
    except ValueError:
        raise ActionRefused(
            "no_such_time", 'a promise is due at a time such as 2026-01-09T18:00:00+08:00; correct "due"'
        ) from None
    if due.tzinfo is None or due <= now:
        raise ActionRefused("time_is_past", 'a promise is due in the future, with its time zone; correct "due"')
    return due


def _until(text: str | None, now: datetime) -> datetime:
    if not text:
        return now + SNOOZE
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise ActionRefused(
            "no_such_time", 'a snooze ends at a time such as 2026-01-06T09:00:00+08:00; correct "text"'
        ) from None
    if until.tzinfo is None or until <= now:
        raise ActionRefused("time_is_past", 'a snooze ends in the future, with its time zone; correct "text"')
    return until
