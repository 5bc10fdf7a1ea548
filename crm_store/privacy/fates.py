"""The words in which the registry says whose a row is, and what an erasure does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, or_, select

from crm_store.customers import customers
from crm_store.history import history
from crm_store.identities import identities
from crm_store.merges import STANDING, merges
from crm_store.orders import orders

type Whose = Callable[[Table, str], ColumnElement[bool]]
"""Says by which rows of a table a customer (internal id) is meant."""

Fate = Literal["kept", "cleared", "emptied", "renamed", "reduced"]
"""What becomes of a column.

``kept``: it is a key, a code, an amount or a time, and no word of anybody's. ``cleared``: NULL.
``emptied``: an empty text or object, where there has to be one. ``renamed``: something that stays
unique and says nothing. ``reduced``: `reducing` leaves the figures and codes in it.
"""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows of a customer are taken out, whatever columns they have."""

    whose: Whose


@dataclass(frozen=True, slots=True)
class Stop:
    """What is going on with a customer ends: rows whose ``column`` is one of ``running`` get ``ended``.

    ``at`` and ``by`` are columns that say when that was and who did it.
    """

    column: str
    running: tuple[str, ...]
    ended: str
    at: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The rows of a customer stay, so that sums and counts stay true; each column has its fate.

    ``ends`` are columns that get this value whatever they were.
    """

    whose: Whose
    columns: Mapping[str, Fate]
    ends: Mapping[str, Any] = field(default_factory=dict)
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Nobodys:
    """The table says nothing of customers; ``why`` not, and its columns, so that a new one is thought about."""

    why: str
    columns: tuple[str, ...]


type Belonging = Deleted | Scrubbed | Nobodys


def fates(
    *, kept: str = "", cleared: str = "", emptied: str = "", renamed: str = "", reduced: str = ""
) -> Mapping[str, Fate]:
    """Return the fates of columns, given the other way round: ``fates(kept="id at", cleared="name")``."""
    given: tuple[tuple[Fate, str], ...] = (
        ("kept", kept), ("cleared", cleared), ("emptied", emptied), ("renamed", renamed), ("reduced", reduced)
    )  # fmt: skip
    return {name: fate for fate, names in given for name in names.split()}


def theirs(*columns: str) -> Whose:
    """The customer's id stands in one of these columns; ``customer_id`` where none is named."""
    named = columns or ("customer_id",)
    return lambda table, customer: or_(*(table.c[name] == customer for name in named))


def themselves(table: Table, customer: str) -> ColumnElement[bool]:
    """The row is the customer."""
    return table.c[customers.c.id.name] == customer


def by_identity(column: str = "identity_id") -> Whose:
    """The row is about one of the customer's identities."""
    return lambda table, customer: table.c[column].in_(_identities(customer))


def theirs_or_by_identity(table: Table, customer: str) -> ColumnElement[bool]:
    """The row is about the customer, or about one of their identities."""
    return or_(table.c.customer_id == customer, table.c.identity_id.in_(_identities(customer)))


def by_order(table: Table, customer: str) -> ColumnElement[bool]:
    """The row is part of one of the customer's orders."""
    return table.c.order_no.in_(select(orders.c.order_no).where(orders.c.customer_id == customer))


def by_entry(column: str) -> Whose:
    """The row is about an entry of the customer's history."""
    return lambda table, customer: table.c[column].in_(select(history.c.id).where(history.c.customer_id == customer))


def merged(table: Table, customer: str) -> ColumnElement[bool]:
    """The row tells of a merge that made the customer who they are, or of one that was undone."""
    return or_(
        table.c.survivor_id == customer,
        table.c.absorbed_id == customer,
        table.c.survivor_id.in_(_absorbed(customer)),
    )


def theirs_or_absorbed(column: str) -> Whose:
    """The column has the customer's id, or that of somebody who proved to be the same."""
    return lambda table, customer: or_(table.c[column] == customer, table.c[column].in_(_absorbed(customer)))


def _absorbed(customer: str) -> Any:
    within = (
        select(merges.c.absorbed_id).where(merges.c.survivor_id == customer, STANDING).cte("within", recursive=True)
    )
    further = select(merges.c.absorbed_id).join(within, merges.c.survivor_id == within.c.absorbed_id).where(STANDING)
    return select(within.union(further).c.absorbed_id)


def _identities(customer: str) -> Any:
    return select(identities.c.id).where(identities.c.customer_id == customer)
