"""What a customer has only one of, when two become one: the profile, the word on a purpose, the running talk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, text, update

from crm_store import conversations, customers
from crm_store.consents import consents
from crm_store.conversations import BOT, QUEUE
from crm_store.inbox import inbox

_talks = conversations.conversations
_GIVE_TALK = update(_talks).where(_talks.c.id == bindparam("key")).values(customer_id=bindparam("known"))
_BEGIN_ANEW = (
    update(_talks).where(_talks.c.id == bindparam("key")).values(state=None, identity_id=bindparam("identity_id"))
)
_MOVE_WAITING = (
    # What has been handled stays where it was handled; it is only kept to know it again.
    update(inbox)
    .where(inbox.c.conversation_id == bindparam("old"), text("inbox.status = 'open'"))
    .values(conversation_id=bindparam("new"))
)
_END_TALK = delete(_talks).where(_talks.c.id == bindparam("key"))
WORD = tuple(column.name for column in consents.primary_key if column.name != "customer_id")
"""The columns by which a word of a customer is one word."""
_WORDS = select(consents).where(consents.c.customer_id == bindparam("key"))
_THIS_WORD = (
    consents.c.customer_id == bindparam("key"),
    *(consents.c[name] == bindparam(f"its_{name}") for name in WORD),
)
_DROP_WORD = delete(consents).where(*_THIS_WORD)
_GIVE_WORD = update(consents).where(*_THIS_WORD).values(customer_id=bindparam("known"))

_BIRTHDAY = ("birth_year", "birth_month", "birth_day", "birth_calendar", "birth_leap")
_PROFILE = ("name", "language", "timezone", "feb29", "phone", "email", "city", "tier", "stage", "owner")


def profile_of_both(absorbed: Any, survivor: Any) -> dict[str, Any]:
    """Return what the survivor's profile takes over (both are customers' rows): what it did not have."""
    fields = {name: getattr(absorbed, name) for name in _PROFILE if getattr(survivor, name) is None}
    if customers.birthday_of(survivor) is None:
        fields |= {name: getattr(absorbed, name) for name in _BIRTHDAY}
    filled: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if absorbed.attributes:
        theirs = dict(absorbed.attributes)
        if survivor.phone is not None:
            theirs.pop(customers.UNPROVED, None)  # a phone that is proved stays so, whoever else named it
        if theirs:
            filled["attributes"] = theirs | (survivor.attributes or {})
    if absorbed.member:
        filled["member"] = True
    return filled


def words_of(conn: Connection, customer_id: str) -> list[Any]:
    """Return what a customer has said on each purpose, as rows."""
    return list(conn.execute(_WORDS, {"key": customer_id}))


def join_words(conn: Connection, absorbed: str, survivor: str) -> list[Any]:
    """Let both customers' words be the survivor's, one on each purpose: their own and latest counts.

    Returns the words that count where the two differed.
    """

    def purpose(word: Any) -> dict[str, Any]:
        return {f"its_{name}": getattr(word, name) for name in WORD}

    present = {tuple(purpose(word).values()): word for word in words_of(conn, survivor)}
    differing = []
    for said in words_of(conn, absorbed):
        this = purpose(said)
        word = present.get(tuple(this.values()), said)
        counts = max(word, said, key=_weight)
        conn.execute(_DROP_WORD, {"key": survivor if counts is said else absorbed, **this})
        conn.execute(_GIVE_WORD, {"key": absorbed, "known": survivor, **this})
        if word.value != said.value:
            differing.append(counts)
    return differing


def _weight(word: Any) -> tuple[bool, datetime]:
    # A list is often older than what the customer has told us themselves.
    return word.evidence != "import", word.at


def follow(conn: Connection, identity_id: str, former: str, known: str, *, speaks: bool) -> None:
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
    join_talks(conn, former, known, speaks=speaks)


def join_talks(conn: Connection, former: str, known: str, *, speaks: bool) -> None:
    """Go on with the talk of ``former`` in the conversation of ``known``, who has one afterwards if either had.

    The dialogue that is going on goes on: that of ``former`` where it is they who
    ``speaks`` now, else the one in which somebody spoke last, and an answer leaves by
    that identity. Whoever waits for a person still waits, and who has a person keeps
    them. What waits there is taken up here, also of who has moved on alone since.
    """
    running = conversations.of_customer(conn, former)
    if running is None:
        return
    kept = conversations.of_customer(conn, known)
    if kept is None:
        conn.execute(_GIVE_TALK, {"key": running.id, "known": known})
        return
    conn.execute(_MOVE_WAITING, {"old": running.id, "new": kept.id})
    conn.execute(_END_TALK, {"key": running.id})
    with_person = max(kept, running, key=lambda talk: _nearness_to_a_person(talk.owner))
    # The turn at work holds the running talk, and another one may hold the kept talk: the longer lease counts.
    leased = max(running, kept, key=lambda talk: (talk.lease_until is not None, talk.lease_until))
    goes_on = running if speaks else max(running, kept, key=lambda talk: (talk.last_in_at is not None, talk.last_in_at))
    conn.execute(
        update(_talks)
        .where(_talks.c.id == kept.id)
        .values(
            state=goes_on.state,
            identity_id=goes_on.identity_id,
            turns=kept.turns + running.turns,
            owner=with_person.owner,
            waiting_since=with_person.waiting_since,
            team=with_person.team,
            snoozed_until=with_person.snoozed_until,
            closed_at=goes_on.closed_at,
            silence_at=goes_on.silence_at,
            last_in_at=max(filter(None, (kept.last_in_at, running.last_in_at)), default=None),
            lease_owner=leased.lease_owner,
            lease_until=leased.lease_until,
        )
    )


def _nearness_to_a_person(owner: str) -> int:
    return {BOT: 0, QUEUE: 1}.get(owner, 2)
