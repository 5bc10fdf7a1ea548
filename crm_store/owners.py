"""Who of the shop looks after a customer: the colleague to turn to, whoever has the conversation just now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from crm_store import agents, customers, history
from crm_store.errors import NotAllowed


def assign(conn: Connection, customer_id: str, owner: str | None, *, now: datetime, by: str) -> bool:
    """Give a customer to a colleague (an agent's name), or to nobody; return whether it was somebody else.

    Raises:
        LookupError: there is no such customer.
        NotAllowed: there is no such colleague.
    """
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    if owner is not None and not agents.is_known(conn, owner):
        raise NotAllowed(f"there is no agent {owner}; add them with shuke user add", code="no_agent")
    before = customers.own(conn, row).row.owner
    if before == row.owner == owner:
        return False
    customers.change(conn, customer_id, owner=owner)
    if before != owner:
        data = {"field": "owner", "from": before, "to": owner}
        history.record(conn, at=now, kind="profile.changed", by=by, customer_id=customer_id, data=data)
    return True
