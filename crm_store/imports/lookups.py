"""What rows refer to."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from crm_store.customers import customers
from crm_store.imports.outcomes import RowRefused

_ID_OF = select(customers.c.id).where(customers.c.customer_no == bindparam("number"))


def customer_named(conn: Connection, customer_no: str) -> str:
    """Return the internal id of the customer with the shop's own customer_id.

    Raises:
        RowRefused: there is none yet.
    """
    found: str | None = conn.execute(_ID_OF, {"number": customer_no}).scalar_one_or_none()
    if found is None:
        raise RowRefused("customer_id", "there is no such customer", "import customers first, or correct the number")
    return found
