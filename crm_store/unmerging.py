"""One customer proves to be two after all: both stand again as if they had never been one.

What they had goes back, what came meanwhile goes with the identity that brought it,
or with whoever it was for where none did: a case with its steps, a lot of points with
all that was drawn from it, even by the other. What came by nobody, such as an
agent's note, stays with the survivor. Merges are undone like a stack: the latest of a
survivor first, and nobody's within somebody who is absorbed.

A merge's ``marks``: ``spoken``, rows that named the survivor's talk before (keys by
table); ``claims`` of occasions; ``proved``, the identity that was verified by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert

from crm_store import (
    belongings,
    conversations,
    customers,
    greetings,
    history,
    identities,
    inbox,
    memory,
    merges,
    showing,
    sides,
    tags,
)
from crm_store.consents import consents
from crm_store.consents import of_customer as consent_of
from crm_store.errors import ChangedMeanwhile, NotAllowed
from crm_store.ports import Ids

_talks = conversations.conversations
_ADD_CUSTOMER = insert(customers.customers)
_ADD_TALK = insert(_talks)
_ADD_WORDS = insert(consents)
_END_TALK = delete(_talks).where(_talks.c.id == bindparam("key"))
_FORGET_WORDS = delete(consents).where(consents.c.customer_id == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Unmerged:
    """The two customers (internal ids) that a merge had made one."""

    survivor: str
    absorbed: str


def unmerge(conn: Connection, number: int, *, by: str, now: datetime, ids: Ids) -> Unmerged:
    """Undo a merge, and record it with both.

    Raises:
        NotAllowed: there is no such merge, it is undone already, or a later one has to be undone first.
    """
    merge = merges.by_id(conn, number)
    if merge is None:
        raise NotAllowed(f"there is no merge {number}", code="no_merge", number=number)
    root = merges.root(conn, merge.survivor_id)
    customers.hold(conn, root)
    merge = _may_be_undone(conn, number, root)
    survivor, absorbed = merge.survivor_id, merge.absorbed_id
    leaves = merges.leaves(merges.standing(conn, absorbed), absorbed)
    talk = conversations.of_customer(conn, survivor)
    at_work = inbox.oldest_open(conn, talk.id) if talk is not None and talk.lease_until is not None else None
    conn.execute(_ADD_CUSTOMER, sides.thawed(customers.customers, merge.absorbed["customer"]))
    if talk is not None:
        conn.execute(_END_TALK, {"key": talk.id})
    theirs, ours = _talks_of_two(conn, merge, talk, leaves, ids)
    until = {"history_until": merge.history_until, "outbox_until": merge.outbox_until}
    belongings.take_back(
        conn, absorbed, survivor, leaves=leaves, talk=talk.id if talk is not None else None,
        other_talk=theirs["id"] if theirs is not None else None, **until,
    )  # fmt: skip
    if talk is not None:
        belongings.name_again(conn, merge.marks.get("spoken", {}), talk.id)
        if ours is None or ours["id"] != talk.id:
            belongings.rename_rest(conn, survivor, talk.id, ours["id"] if ours is not None else None, **until)
    memory.part(conn, survivor, absorbed, now=now)
    _prove_no_more(conn, merge.marks.get("proved"))
    _give_profile_back(conn, merge)
    counted = consent_of(conn, survivor)
    for whose, side in ((survivor, merge.survivor), (absorbed, merge.absorbed)):
        _give_words_back(conn, whose, side)
        _give_tags_back(conn, whose, side)
    for whose, one in ((survivor, ours), (absorbed, theirs)):
        if one is not None:
            _add_talk(conn, whose, one, talk, at_work, now)
    greetings.give_up(conn, merge.marks["claims"])
    greetings.claim_since(conn, absorbed, survivor, after=merge.history_until, now=now)
    merges.end(conn, number, by=by, now=now)
    called = {survivor: showing.called(conn, absorbed), absorbed: showing.called(conn, survivor)}
    for whose, other in called.items():
        history.record(
            conn, at=now, kind="identity.unmerged", by=by, customer_id=whose, data={"merge": number, "customer": other}
        )
    for purpose, value in consent_of(conn, survivor).items():
        if value != counted[purpose]:
            history.record(
                conn, at=now, kind="consent.changed", by=by, customer_id=survivor,
                data={"purpose": purpose, "value": value, "evidence": "unmerge", "merge": number},
            )  # fmt: skip
    return Unmerged(survivor, absorbed)


def _may_be_undone(conn: Connection, number: int, root: str) -> Any:
    merge: Any = merges.by_id(conn, number)
    if merge.undone_at is not None:
        raise NotAllowed(f"merge {number} has been undone already", code="undone_already", number=number)
    if merges.root(conn, root) != root:
        raise ChangedMeanwhile("the customer has been merged into another at the same moment")
    last = merges.latest(conn, root)[-1]
    if last.id != number:
        raise NotAllowed(
            f"merge {last.id} came later and holds merge {number}; undo merge {last.id} first",
            code="undo_first", number=number, first=last.id,
        )  # fmt: skip
    return merge


def _talks_of_two(
    conn: Connection, merge: Any, joint: Any | None, leaves: frozenset[str], ids: Ids
) -> tuple[sides.Talk | None, sides.Talk | None]:
    """Return the talk of the absorbed customer and the survivor's, each with its id; ``joint`` is no more."""
    theirs, ours = merge.absorbed["talk"], merge.survivor["talk"]
    if joint is not None:
        ways, others = belongings.ways_of_two(conn, merge.survivor_id, leaves)
        theirs = sides.begun(theirs, inbox.first_in(conn, joint.id, ways))
        ours = sides.begun(ours, inbox.first_in(conn, joint.id, others))
    taken = {talk["id"] for talk in (theirs, ours) if talk is not None}
    for talk in (ours, theirs):
        if talk is None:
            continue
        if talk["id"] is None and joint is not None and joint.id not in taken:
            talk["id"] = joint.id
        elif talk["id"] is None or conversations.by_id(conn, talk["id"]) is not None:
            talk["id"] = ids.new()  # begun meanwhile, or gone to somebody else with an identity
        taken.add(talk["id"])
    return theirs, ours


def _add_talk(
    conn: Connection, customer_id: str, talk: sides.Talk, joint: Any | None, at_work: Any | None, now: datetime
) -> None:
    ways = belongings.ways_of(conn, customer_id)
    if not ways:
        return  # they went to somebody else, one by one, and what was said there with them
    row = sides.thawed(_talks, talk) | {"customer_id": customer_id}
    row["created_at"] = row["created_at"] or now
    if row["identity_id"] not in ways:  # it went to somebody else: the last of the others to speak is answered
        said = history.backwards(conn, customer_id, "message.in")
        row["identity_id"] = next((entry.identity_id for entry in said if entry.identity_id in ways), ways[-1])
    if joint is not None and at_work is not None and at_work.identity_id in ways:
        # The turn at work keeps what it is taking; the other talk is free.
        row |= {"lease_owner": joint.lease_owner, "lease_until": joint.lease_until}
    conn.execute(_ADD_TALK, row)


def _prove_no_more(conn: Connection, proved: dict[str, Any] | None) -> None:
    if proved is not None:
        identities.set_proof(
            conn, proved["identity"], verified=proved["verified"], evidence=proved["evidence"],
            unless_other_than=proved["by"],
        )  # fmt: skip


def _give_profile_back(conn: Connection, merge: Any) -> None:
    """Set the survivor's columns; what was written past `sides` came by nobody, and stays with them."""
    present = sides.frozen(customers.by_id(conn, merge.survivor_id))
    past_us = {name: value for name, value in present.items() if value != merge.joint.get(name, value)}
    columns = sides.thawed(customers.customers, merge.survivor["customer"] | past_us)
    customers.put(conn, merge.survivor_id, columns)


def _give_words_back(conn: Connection, customer_id: str, side: dict[str, Any]) -> None:
    conn.execute(_FORGET_WORDS, {"key": customer_id})
    if words := [sides.thawed(consents, word) | {"customer_id": customer_id} for word in side["consents"]]:
        conn.execute(_ADD_WORDS, words)


def _give_tags_back(conn: Connection, customer_id: str, side: dict[str, Any]) -> None:
    for row in side.get("aside", {}).get(tags.TABLE, ()):
        tags.put_back(conn, customer_id, row["side"] if row["side"] != customer_id else None, row)
