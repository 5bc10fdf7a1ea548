"""One customer behind several identities: what a verified phone or the shop's own list proves.

An identity that nobody vouched for belongs to a customer of its own. When it is
proved to be somebody the shop knows, that stranger's record and everything that
hangs on it move to the known customer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from crm_store import conversations, customers, history, identities
from crm_store.consents import consents
from crm_store.history import history as history_table
from crm_store.inbox import inbox
from crm_store.orders import orders
from crm_store.outbox import outbox
from crm_store.points import entries, lots
from crm_store.tickets import tickets

_OWNED = (history_table, outbox, tickets, lots, entries, orders)
_MOVE_OWNED = [
    update(table).where(table.c.customer_id == bindparam("stranger")).values(customer_id=bindparam("known"))
    for table in _OWNED
]
_SPOKEN = (history_table, inbox, outbox, tickets)
_MOVE_SPOKEN = [
    update(table).where(table.c.conversation_id == bindparam("old")).values(conversation_id=bindparam("new"))
    for table in _SPOKEN
]
_MOVE_IDENTITIES = (
    update(identities.identities)
    .where(identities.identities.c.customer_id == bindparam("stranger"))
    .values(customer_id=bindparam("known"))
)
_VERIFY = (
    update(identities.identities)
    .where(identities.identities.c.id == bindparam("key"))
    .values(verified=True, evidence=bindparam("evidence"))
)
_FILL_PHONE = (
    update(customers.customers)
    .where(customers.customers.c.id == bindparam("key"), customers.customers.c.phone.is_(None))
    .values(phone=bindparam("phone"))
)


def link_phone(conn: Connection, identity: Any, phone: str, *, now: datetime) -> str:
    """The platform vouches that this identity has the phone (E.164): link it to the customer on file.

    Where nobody has that phone, the stranger becomes known by it. Returns the id of
    the customer that the identity belongs to from now on.
    """
    known = customers.by_phone(conn, phone)
    if known is None:
        conn.execute(_FILL_PHONE, {"key": identity.customer_id, "phone": phone})
        known = identity.customer_id
    return link(conn, identity, known, evidence="contact", now=now)


def link(conn: Connection, identity: Any, known: str, *, evidence: str, now: datetime) -> str:
    """Give an identity to the customer ``known`` as verified, with all that its stranger had.

    A customer that the shop knows by number is never emptied: where the identity
    belongs to one already, it alone moves.
    """
    if identity.verified and identity.customer_id == known:
        return known
    if identity.customer_id != known:
        stranger = customers.by_id(conn, identity.customer_id)
        if stranger is not None and stranger.customer_no is None:
            _move_all(conn, stranger.id, known)
        else:
            conn.execute(
                update(identities.identities).where(identities.identities.c.id == identity.id).values(customer_id=known)
            )
    conn.execute(_VERIFY, {"key": identity.id, "evidence": evidence})
    history.record(
        conn, at=now, kind="identity.linked", by="system", customer_id=known, identity_id=identity.id,
        channel=identity.channel, data={"channel": identity.channel, "evidence": evidence},
    )  # fmt: skip
    return known


def _move_all(conn: Connection, stranger: str, known: str) -> None:
    pair = {"stranger": stranger, "known": known}
    conn.execute(_MOVE_IDENTITIES, pair)
    _join_conversations(conn, stranger, known)
    for statement in _MOVE_OWNED:
        conn.execute(statement, pair)
    theirs = select(consents.c.purpose).where(consents.c.customer_id == known)
    conn.execute(delete(consents).where(consents.c.customer_id == stranger, consents.c.purpose.in_(theirs)))
    conn.execute(update(consents).where(consents.c.customer_id == stranger).values(customer_id=known))
    conn.execute(delete(customers.customers).where(customers.customers.c.id == stranger))


def _join_conversations(conn: Connection, stranger: str, known: str) -> None:
    running = conversations.of_customer(conn, stranger)
    if running is None:
        return
    table = conversations.conversations
    kept = conversations.of_customer(conn, known)
    if kept is None:
        conn.execute(update(table).where(table.c.id == running.id).values(customer_id=known))
        return
    for statement in _MOVE_SPOKEN:
        conn.execute(statement, {"old": running.id, "new": kept.id})
    # The talk that is going on now goes on; a person who has the kept one keeps it.
    conn.execute(
        update(table).where(table.c.id == kept.id).values(state=running.state, identity_id=running.identity_id)
    )
    conn.execute(delete(table).where(table.c.id == running.id))
