"""Two customers prove to be one: everything of the absorbed one becomes the survivor's, and can be taken apart again.

What both have said or left in their profile: the survivor's stands, but for consent,
where a customer's own later word does. Nothing is lost by it: `merges` keeps each as
they were. The absorbed customer is no row of its own any more, so that nothing
that looks at customers meets the same person twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from crm_store import (
    belongings,
    conversations,
    customers,
    greetings,
    history,
    joining,
    memory,
    merges,
    showing,
    sides,
    zones,
)
from crm_store.errors import NotAllowed
from crm_store.outbox import outbox

_talks = conversations.conversations
_DELETE = delete(customers.customers).where(customers.customers.c.id == bindparam("key"))
# It counts as a turn: one that is under way then sees that what it loaded is no longer so.
_COUNT_TURN = update(_talks).where(_talks.c.customer_id == bindparam("who")).values(turns=_talks.c.turns + 1)
_LAST_QUEUED = select(func.coalesce(func.max(outbox.c.id), 0))


def merge(
    conn: Connection,
    absorbed: str,
    survivor: str,
    *,
    evidence: str,
    by: str,
    now: datetime,
    speaks: bool = False,
    marks: dict[str, Any] | None = None,
) -> int:
    """Make ``absorbed`` part of ``survivor`` (internal ids) and record it; returns the merge's number.

    ``evidence`` says what proves it: an identity's evidence, or ``agent`` where a
    person has decided. ``speaks`` says that it is the absorbed customer whose turn is
    being taken. ``marks`` is what the caller has changed for the merge (see
    `unmerging`).

    Raises:
        NotAllowed: they are the same customer, or one of them is none.
    """
    if absorbed == survivor:
        raise NotAllowed("that is one customer already", code="same_customer")
    customers.hold(conn, absorbed, survivor)
    theirs, ours = (_present(conn, one) for one in (absorbed, survivor))
    called = showing.called(conn, absorbed)
    kept = {"survivor": _side(conn, ours), "absorbed": _side(conn, theirs)}
    talk, other_talk = kept["absorbed"]["talk"], kept["survivor"]["talk"]
    marks = dict(marks or {})
    if other_talk is not None:
        marks["spoken"] = belongings.spoken_in(conn, absorbed, other_talk["id"])
    marks["claims"] = greetings.claim_for(conn, absorbed, survivor, now=now)
    until = {"history_until": history.last_id(conn), "outbox_until": conn.execute(_LAST_QUEUED).scalar_one()}
    two_talks = talk is not None and other_talk is not None
    belongings.give(
        conn, absorbed, survivor,
        talk=talk["id"] if two_talks else None, other_talk=other_talk["id"] if two_talks else None,
    )  # fmt: skip
    joining.join_talks(conn, absorbed, survivor, speaks=speaks)
    conn.execute(_COUNT_TURN, {"who": survivor})
    differing = joining.join_words(conn, absorbed, survivor)
    conn.execute(_DELETE, {"key": absorbed})
    memory.settle(conn, survivor, now=now)
    filled = joining.profile_of_both(theirs, ours)
    if (zone := zones.said_by(conn, survivor)) is not None:
        filled["timezone"] = zone  # their own word counts, whoever of them said it
    if filled:
        customers.put(conn, survivor, filled)
    number = merges.add(
        conn, survivor_id=survivor, absorbed_id=absorbed, absorbed_no=theirs.customer_no, evidence=evidence, by=by,
        at=now, joint=sides.frozen(_present(conn, survivor)), marks=marks, **until, **kept,
    )  # fmt: skip
    history.record(
        conn, at=now, kind="identity.merged", by=by, customer_id=survivor,
        data={"merge": number, "customer": called, "evidence": evidence},
    )  # fmt: skip
    for word in differing:
        history.record(
            conn, at=now, kind="consent.changed", by="system", customer_id=survivor,
            data={"purpose": word.purpose, "value": bool(word.value), "evidence": word.evidence, "merge": number},
        )  # fmt: skip
    return number


def _present(conn: Connection, customer_id: str) -> Any:
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise NotAllowed("there is no such customer, or they are part of another one already", code="no_customer")
    return row


def _side(conn: Connection, customer: Any) -> dict[str, Any]:
    talk = conversations.of_customer(conn, customer.id)
    lease = {"lease_owner": None, "lease_until": None}
    return {
        "customer": sides.frozen(customer),
        "consents": [sides.frozen(word) for word in joining.words_of(conn, customer.id)],
        "talk": None if talk is None else sides.frozen(talk) | lease,
    }
