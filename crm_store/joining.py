"""Two customers prove to be one: everything of the stranger becomes the known customer's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, text, update

from crm_store import conversations, customers, history, memory, zones
from crm_store.approvals import approvals
from crm_store.audit import audit
from crm_store.consents import consent_words, consents
from crm_store.conversations import BOT, QUEUE
from crm_store.history import history as history_table
from crm_store.identities import identities
from crm_store.inbox import inbox
from crm_store.memory import memory_facts
from crm_store.opportunities import opportunities
from crm_store.orders import orders
from crm_store.outbox import outbox
from crm_store.points import entries, lots
from crm_store.promises import promises
from crm_store.related import related_persons
from crm_store.surveys import surveys
from crm_store.tags import customer_tags
from crm_store.tasks import tasks
from crm_store.tickets import tickets
from crm_store.zones import zone_words

_talks = conversations.conversations
_MOVE_OWNED = [
    update(table).where(table.c.customer_id == bindparam("stranger")).values(customer_id=bindparam("known"))
    for table in (
        identities,
        history_table,
        outbox,
        tickets,
        lots,
        entries,
        orders,
        audit,
        consent_words,
        memory_facts,
        related_persons,
        customer_tags,
        opportunities,
        zone_words,
        promises,
        tasks,
        approvals,
        surveys,
    )
]
_MOVE_SPOKEN = [
    # By the customer, since nothing is indexed by conversation; before the customer changes.
    update(table)
    .where(table.c.customer_id == bindparam("stranger"), table.c.conversation_id == bindparam("old"))
    .values(conversation_id=bindparam("new"))
    for table in (history_table, outbox, tickets, promises, tasks, approvals, surveys)
]
_MOVE_WAITING = (
    # What has been handled stays where it was handled; it is only kept to know it again.
    update(inbox)
    .where(inbox.c.conversation_id == bindparam("old"), text("inbox.status = 'open'"))
    .values(conversation_id=bindparam("new"))
)
_GIVE_TALK = update(_talks).where(_talks.c.id == bindparam("key")).values(customer_id=bindparam("known"))
_BEGIN_ANEW = (
    update(_talks).where(_talks.c.id == bindparam("key")).values(state=None, identity_id=bindparam("identity_id"))
)
_END_TALK = delete(_talks).where(_talks.c.id == bindparam("key"))
_CONSENTS = select(consents).where(consents.c.customer_id == bindparam("key"))
_DROP_CONSENT = delete(consents).where(
    consents.c.customer_id == bindparam("key"), consents.c.purpose == bindparam("of")
)
_GIVE_CONSENT = (
    update(consents)
    .where(consents.c.customer_id == bindparam("key"), consents.c.purpose == bindparam("of"))
    .values(customer_id=bindparam("known"))
)
_PROFILE_OF = select(customers.customers).where(customers.customers.c.id == bindparam("key"))
_DELETE = delete(customers.customers).where(customers.customers.c.id == bindparam("key"))

_BIRTHDAY = ("birth_year", "birth_month", "birth_day", "birth_calendar", "birth_leap")
_PROFILE = ("name", "language", "timezone", "feb29", "phone", "email", "city", "tier", "stage", "owner")


def join(conn: Connection, stranger: Any, known: str, *, now: datetime) -> None:
    """Give all that ``stranger`` (a customer's row) has to the customer ``known``; the stranger is no more.

    What both have said or left in their profile: the known customer's stands, but for
    consent, where a customer's own later word does.
    """
    if (joined := _join_talks(conn, stranger.id, known)) is not None:
        old, new = joined
        for statement in _MOVE_SPOKEN:
            conn.execute(statement, {"stranger": stranger.id, "old": old, "new": new})
    for statement in _MOVE_OWNED:
        conn.execute(statement, {"stranger": stranger.id, "known": known})
    _join_consents(conn, stranger.id, known, now)
    _fill_profile(conn, stranger, known)
    memory.settle(conn, known, now=now)
    zones.settle(conn, known)
    conn.execute(_DELETE, {"key": stranger.id})


def follow(conn: Connection, identity_id: str, former: str, known: str) -> None:
    """Let the talk go with an identity that moves from ``former`` to ``known`` alone, so that it can be answered.

    What ``former`` said on another identity is not for ``known`` to hear of.
    """
    talk = conversations.of_customer(conn, former)
    if talk is None:
        return
    if talk.identity_id != identity_id:
        if conversations.of_customer(conn, known) is not None:
            return
        conn.execute(_BEGIN_ANEW, {"key": talk.id, "identity_id": identity_id})
    _join_talks(conn, former, known)


def _join_talks(conn: Connection, former: str, known: str) -> tuple[str, str] | None:
    """Go on with the running talk of ``former`` in the conversation of ``known``, who has one afterwards if either had.

    The dialogue that is going on now goes on. Whoever waits for a person still
    waits, and who has a person keeps them. Returns the ids of the conversation that
    is no more and of the one that took it in, if there were two.
    """
    running = conversations.of_customer(conn, former)
    if running is None:
        return None
    kept = conversations.of_customer(conn, known)
    if kept is None:
        conn.execute(_GIVE_TALK, {"key": running.id, "known": known})
        return None
    conn.execute(_MOVE_WAITING, {"old": running.id, "new": kept.id})
    conn.execute(_END_TALK, {"key": running.id})
    with_person = max(kept, running, key=lambda talk: _nearness_to_a_person(talk.owner))
    # The turn at work holds the running talk, and another one may hold the kept talk: the longer lease counts.
    leased = max(running, kept, key=lambda talk: (talk.lease_until is not None, talk.lease_until))
    conn.execute(
        update(_talks)
        .where(_talks.c.id == kept.id)
        .values(
            state=running.state,
            identity_id=running.identity_id,
            turns=kept.turns + running.turns,
            owner=with_person.owner,
            waiting_since=with_person.waiting_since,
            snoozed_until=with_person.snoozed_until,
            closed_at=running.closed_at,
            last_in_at=max(filter(None, (kept.last_in_at, running.last_in_at)), default=None),
            lease_owner=leased.lease_owner,
            lease_until=leased.lease_until,
        )
    )
    return running.id, kept.id


def _nearness_to_a_person(owner: str) -> int:
    return {BOT: 0, QUEUE: 1}.get(owner, 2)


def _join_consents(conn: Connection, stranger: str, known: str, now: datetime) -> None:
    words = {row.purpose: row for row in conn.execute(_CONSENTS, {"key": known})}
    for said in conn.execute(_CONSENTS, {"key": stranger}).all():
        word = words.get(said.purpose, said)
        counts = max(word, said, key=_weight)
        conn.execute(_DROP_CONSENT, {"key": known if counts is said else stranger, "of": said.purpose})
        conn.execute(_GIVE_CONSENT, {"key": stranger, "of": said.purpose, "known": known})
        if word.value != said.value:
            history.record(
                conn, at=now, kind="consent.changed", by="system", customer_id=known,
                data={"purpose": said.purpose, "value": bool(counts.value), "evidence": counts.evidence},
            )  # fmt: skip


def _weight(word: Any) -> tuple[bool, datetime]:
    # A list is often older than what the customer has told us themselves.
    return word.evidence != "import", word.at


def _fill_profile(conn: Connection, stranger: Any, known: str) -> None:
    present = conn.execute(_PROFILE_OF, {"key": known}).one()
    fields = {name: getattr(stranger, name) for name in _PROFILE if getattr(present, name) is None}
    if customers.birthday_of(present) is None:
        fields |= {name: getattr(stranger, name) for name in _BIRTHDAY}
    filled: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if stranger.attributes:
        filled["attributes"] = stranger.attributes | (present.attributes or {})
    if stranger.member:
        filled["member"] = True
    if filled:
        customers.change(conn, known, **filled)
