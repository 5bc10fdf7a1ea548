"""What rows refer to."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from crm_store import merges
from crm_store.customers import customers
from crm_store.imports.outcomes import RowRefused
from crm_store.origins import bringing

_ID_OF = select(customers.c.id).where(customers.c.customer_no == bindparam("number"))


class Named(NamedTuple):
    """The customer (internal id) whom a number of the shop's names, and on which side of a merge it names them."""

    id: str
    side: str | None


def customer_named(conn: Connection, customer_no: str) -> Named:
    """Return whom the shop's own customer_id names; the number of who was merged into another names that one.

    Raises:
        RowRefused: there is none yet.
    """
    found: str | None = conn.execute(_ID_OF, {"number": customer_no}).scalar_one_or_none()
    if found is not None:
        return Named(found, None)
    if (absorbed := merges.numbered(conn, customer_no)) is not None:
        return Named(merges.root(conn, absorbed), absorbed)
    raise RowRefused("customer_id", "there is no such customer", "import customers first, or correct the number")


def brought_to(side: str | None) -> AbstractContextManager[None]:
    """Let what a row writes in here be of the side that it names: that of an unmerged customer goes without saying."""
    return nullcontext() if side is None else bringing(side)
