"""Who looks after a customer, and what is kept of them under names of the shop's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from crm_store import accounts, attributes, customers, owners
from crm_store.attributes import Attributes
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.roles import may

_OURS = frozenset({customers.UNPROVED})
"""Attributes that the store keeps for itself."""
_TYPES: dict[str, Callable[[Attributes, str], attributes.Value | None]] = {
    "text": Attributes.text,
    "number": Attributes.number,
    "day": Attributes.day,
    "yes_or_no": Attributes.flag,
}
"""What an attribute can be, and how a form's word for it is read."""


def shown(conn: Connection, row: Any) -> dict[str, Any]:
    """Return what the customer's page shows of this."""
    return {
        "attributes": {name: kept for name, kept in (row.attributes or {}).items() if name not in _OURS},
        "looked_after_by": row.owner,
        "colleagues": _colleagues(conn),
        "types": tuple(_TYPES),
        "longest": {"name": attributes.LONGEST_NAME, "text": attributes.LONGEST_TEXT},
    }


def owner(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    """Give the customer to a colleague, or to nobody."""
    to = visitor.form.get("owner") or None
    if to is not None and to not in _colleagues(conn):
        raise Refused(409, "no_colleague")
    owners.assign(conn, key, to, now=desk.clock.now(), by=visitor.owner)


def _colleagues(conn: Connection) -> list[str]:
    people = accounts.everyone(conn)
    return [one.name for one in people if one.disabled_at is None and may(one.role, "edit_customer")]


def attribute(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    """Keep an attribute as what its form says that it is; an empty value drops it."""
    form = visitor.form
    name, text, read = form.get("name", ""), form.get("value", "").strip(), _TYPES.get(form.get("type", "text"))
    if read is None:
        raise Refused(422, "form")
    if " ".join(name.split()) in _OURS:
        raise Refused(422, "no_attribute", most=attributes.LONGEST_NAME, longest=attributes.LONGEST_TEXT)
    try:
        value = read(Attributes({name: text}), name) if text else None
        attributes.put(conn, key, name, value, now=desk.clock.now(), by=visitor.owner)
    except ValueError:
        raise Refused(422, "no_attribute", most=attributes.LONGEST_NAME, longest=attributes.LONGEST_TEXT) from None
