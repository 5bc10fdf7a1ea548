"""Looking a customer up: by what people type, or who was here last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, select, union

from crm_store.conversations import conversations
from crm_store.customer_terms import BEGINNING, begins_with
from crm_store.customers import customers
from crm_store.identities import identities
from crm_store.orders import orders
from crm_store.phones import e164
from crm_store.sealing import Sealed

MOST = 30
SHORTEST = 2
"""Characters below which a part of a name says too little."""

_SHOWN = (
    customers.c.id,
    customers.c.customer_no,
    customers.c.name,
    customers.c.tier,
    customers.c.city,
    conversations.c.last_in_at,
    conversations.c.owner.label("talk_owner"),
)
_PEOPLE = select(*_SHOWN).outerjoin(conversations, conversations.c.customer_id == customers.c.id)
_LATEST = (
    _PEOPLE.where(conversations.c.last_in_at.is_not(None))
    .order_by(conversations.c.last_in_at.desc(), customers.c.id)
    .limit(MOST)
)
_MEANT = union(
    BEGINNING,
    select(customers.c.id).where(customers.c.phone == bindparam("phone")),
    select(customers.c.id).where(
        customers.c.email.in_([bindparam("typed", type_=Sealed), bindparam("folded", type_=Sealed)])
    ),
    select(customers.c.id).where(customers.c.customer_no.in_(bindparam("spellings", expanding=True))),
    select(identities.c.customer_id).where(identities.c.user_id.in_(bindparam("spellings", expanding=True))),
    select(orders.c.customer_id).where(orders.c.order_no.in_(bindparam("spellings", expanding=True))),
).subquery()
_FOUND = (
    _PEOPLE.where(customers.c.id.in_(select(_MEANT.c.customer_id)))
    .order_by(conversations.c.last_in_at.is_(None), conversations.c.last_in_at.desc(), customers.c.id)
    .limit(MOST)
)


def latest(conn: Connection) -> list[Any]:
    """Return whoever wrote last, at most `MOST`."""
    return list(conn.execute(_LATEST))


def find(conn: Connection, typed: str, *, region: str) -> list[Any]:
    """Return customers, at most `MOST`: by the beginning of a name, of one of its words or of an e-mail address, by the
    last four or eight digits of a phone, or by a whole phone, number, order or user id.

    A phone without its country is read in ``region``. In scripts that part no words any part of a name will do.
    """
    exact = typed.strip().lower()
    if len(exact) < SHORTEST:
        return []
    spellings = sorted({typed.strip(), exact, exact.upper()})
    whole = {"phone": e164(exact, region), "typed": typed.strip(), "folded": exact, "spellings": spellings}
    return list(conn.execute(_FOUND, begins_with(exact) | whole))
