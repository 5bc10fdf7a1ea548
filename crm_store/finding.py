"""Looking a customer up: by what people type, or who was here last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, func, not_, or_, select, type_coerce

from crm_store.conversations import conversations
from crm_store.customers import customers
from crm_store.identities import identities
from crm_store.orders import orders
from crm_store.phones import e164
from crm_store.sealing import MARK, Sealed

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
_PHONE, _EMAIL = type_coerce(customers.c.phone, String), type_coerce(customers.c.email, String)
_PEOPLE = select(*_SHOWN).outerjoin(conversations, conversations.c.customer_id == customers.c.id)
_LATEST = (
    _PEOPLE.where(conversations.c.last_in_at.is_not(None))
    .order_by(conversations.c.last_in_at.desc(), customers.c.id)
    .limit(MOST)
)
_LIKE = (
    _PEOPLE.where(
        or_(
            func.lower(customers.c.name).like(bindparam("like"), escape="\\"),
            # By a part only where it is not sealed: what a seal looks like says nothing.
            and_(not_(_PHONE.startswith(MARK)), _PHONE.like(bindparam("like"), escape="\\")),
            and_(not_(_EMAIL.startswith(MARK)), func.lower(_EMAIL).like(bindparam("like"), escape="\\")),
            customers.c.phone == bindparam("phone"),
            customers.c.email.in_([bindparam("typed", type_=Sealed), bindparam("folded", type_=Sealed)]),
            func.lower(customers.c.customer_no) == bindparam("exact"),
            customers.c.id.in_(
                select(identities.c.customer_id).where(func.lower(identities.c.user_id) == bindparam("exact"))
            ),
            customers.c.id.in_(select(orders.c.customer_id).where(func.lower(orders.c.order_no) == bindparam("exact"))),
        )
    )
    .order_by(conversations.c.last_in_at.is_(None), conversations.c.last_in_at.desc(), customers.c.id)
    .limit(MOST)
)


def latest(conn: Connection) -> list[Any]:
    """Return whoever wrote last, at most `MOST`."""
    return list(conn.execute(_LATEST))


def find(conn: Connection, typed: str, *, region: str) -> list[Any]:
    """Return customers, at most `MOST`, by a part of name, phone or e-mail, or by a whole number, order or user id.

    A phone without its country is read in ``region``.
    """
    exact = typed.strip().lower()
    if len(exact) < SHORTEST:
        return []
    escaped = exact.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    whole = {"phone": e164(exact, region), "typed": typed.strip(), "folded": exact}
    return list(conn.execute(_LIKE, {"like": f"%{escaped}%", "exact": exact, **whole}))
