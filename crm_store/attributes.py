"""What the shop keeps of a customer under names of its own, read as what it is.

Lists bring attributes as texts, so a text that is written as a number, a day or a yes is
read as one where that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from crm_store import customers, history

LONGEST_NAME = 60
LONGEST_TEXT = 1_000
_LARGEST_WHOLE = 2**53
_YES = frozenset({"1", "true", "yes", "y", "是", "有"})
_NO = frozenset({"0", "false", "no", "n", "否", "无"})

Value = str | int | bool | Decimal | date


class Unreadable(ValueError):
    """An attribute is there and is not of the kind that was asked for; the text names it and the mend."""


class Attributes:
    """The attributes of one customer's row, each read as the kind that its reader needs; None where there is none."""

    def __init__(self, kept: Mapping[str, Any] | None) -> None:
        self._kept = kept or {}

    def text(self, name: str) -> str | None:
        """Return an attribute as it is written."""
        value = self._kept.get(name)
        return None if value is None or value == "" else str(value)

    def whole(self, name: str) -> int | None:
        """Return a whole number.

        Raises:
            Unreadable: it is none.
        """
        number = self.decimal(name)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise Unreadable(f'attribute "{name}" is no whole number; write one such as 42')
        return int(number)

    def decimal(self, name: str) -> Decimal | None:
        """Return a number, exactly as written.

        Raises:
            Unreadable: it is none.
        """
        if (text := self.text(name)) is None:
            return None
        try:
            number = Decimal(text.replace(",", ""))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or isinstance(self._kept[name], bool):
            raise Unreadable(f'attribute "{name}" is no number; write one such as 42.5')
        return number

    def number(self, name: str) -> int | Decimal | None:
        """Return a number, as a whole one where it is one that JSON can hold.

        Raises:
            Unreadable: it is none.
        """
        number = self.decimal(name)
        if number is None or abs(number) > _LARGEST_WHOLE or number != number.to_integral_value():
            return number
        return int(number)

    def day(self, name: str) -> date | None:
        """Return a day.

        Raises:
            Unreadable: it is none.
        """
        if (text := self.text(name)) is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Unreadable(f'attribute "{name}" is no day; write one such as 2026-01-05') from None

    def flag(self, name: str) -> bool | None:
        """Return a yes or no.

        Raises:
            Unreadable: it is neither.
        """
        if (text := self.text(name)) is None:
            return None
        if text.casefold() in _YES:
            return True
        if text.casefold() in _NO:
            return False
        raise Unreadable(f'attribute "{name}" is neither yes nor no; write 1 or 0')


def put(conn: Connection, customer_id: str, name: str, value: Value | None, *, now: datetime, by: str) -> bool:
    """Keep an attribute, or drop it (None); return whether it was otherwise.

    Raises:
        LookupError: there is no such customer.
        ValueError: the name or the text is empty or too long.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"an attribute has a name of 1 to {LONGEST_NAME} characters")
    if isinstance(value, str) and not 0 < len(value) <= LONGEST_TEXT:
        raise ValueError(f'attribute "{name}" has a text of 1 to {LONGEST_TEXT} characters')
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    kept = dict(row.attributes or {})
    written = value if isinstance(value, bool | int | str) or value is None else str(value)
    own = customers.own(conn, row)
    is_told = _is((own.row.attributes or {}).get(name), written)
    if is_told and _is(kept.get(name), written):
        return False
    if written is None:
        kept.pop(name, None)
    else:
        kept[name] = written
    told = None if written is None else {name: written}
    customers.change(conn, customer_id, told=told, attributes=kept or None)
    data: dict[str, Any] = {"field": name}
    if is_told:
        data["merge"] = own.merge  # only the other one of two who were merged had it otherwise
    history.record(conn, at=now, kind="profile.changed", by=by, customer_id=customer_id, data=data)
    return True


def _is(kept: Any, written: Any) -> bool:
    return bool(kept == written) and type(kept) is type(written)
