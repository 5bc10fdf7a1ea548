"""One row's values, read column by column; what cannot be read is refused by the column's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from crm_store.imports.outcomes import ImportSettings, RowRefused

MOMENT_EXAMPLE = "write one such as 2026-11-22T18:30:00+08:00"
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0+)?")
_EXACT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,12})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_LAST_MINUTE = time(23, 59, 59)


class Cells:
    """A row of a file (all text) or of JSON (numbers, booleans and null too).

    A value that is left out, null or blank reads as None. ``now`` is the moment of
    the import, and ``ordinal`` the place of this row among those of its order, from 1.
    """

    def __init__(self, row: Mapping[str, Any], settings: ImportSettings, *, now: datetime, ordinal: int = 1) -> None:
        self._row = row
        self.settings = settings
        self.now = now
        self.ordinal = ordinal

    def text(self, column: str) -> str | None:
        value = self._row.get(column)
        if value is None or value == "":
            return None
        text = value.strip() if isinstance(value, str) else _plain(column, value)
        if _UNSTORABLE.search(text):
            raise RowRefused(column, "holds bytes that are no UTF-8 text", "save the file as UTF-8")
        return text or None

    def required(self, column: str) -> str:
        text = self.text(column)
        if text is None:
            raise RowRefused(column, "is empty", "every row has to name it")
        return text

    def texts(self, column: str) -> list[str] | None:
        """Several values apart by ``|``, or a list of them."""
        value = self._row.get(column)
        parts = value if isinstance(value, list) else (self.text(column) or "").split("|")
        found = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
        return list(dict.fromkeys(found)) or None

    def one_of(self, column: str, allowed: Collection[str]) -> str | None:
        text = self.text(column)
        if text is None:
            return None
        if text.lower() not in allowed:
            raise RowRefused(column, "is none of ours", f"write one of {', '.join(allowed)}")
        return text.lower()

    def flag(self, column: str) -> bool | None:
        text = self.text(column)
        if text is None:
            return None
        if text.lower() not in _FLAGS:
            raise RowRefused(column, "is neither yes nor no", "write 1 or 0")
        return _FLAGS[text.lower()]

    def whole(self, column: str) -> int | None:
        text = self.text(column)
        if text is None:
            return None
        found = _WHOLE.fullmatch(text)
        if found is None:
            raise RowRefused(column, "is no whole number", "write digits alone, such as 120")
        return int(found[1])

    def exact(self, column: str) -> Decimal | None:
        text = self.text(column)
        if text is None:
            return None
        if _EXACT.fullmatch(text) is None:
            raise RowRefused(column, "is no amount", "write it without sign of currency or thousands, such as 199.50")
        return Decimal(text)

    def currency(self, column: str = "currency") -> str | None:
        text = self.text(column)
        if text is not None and _CURRENCY.fullmatch(text) is None:
            raise RowRefused(column, "is no currency", "write its three letters, such as CNY")
        return text.upper() if text else None

    def language(self, column: str) -> str | None:
        text = self.text(column)
        if text is None:
            return None
        found = _LANGUAGE.fullmatch(text)
        if found is None:
            raise RowRefused(column, "is no language", "write zh, en or another short code")
        return found[1].lower()

    def zone_name(self, column: str) -> str | None:
        text = self.text(column)
        if text is not None and not _is_zone(text):
            raise RowRefused(column, "is no time zone", "write one such as Asia/Shanghai")
        return text

    def phone(self, column: str) -> str | None:
        """A number that could exist, in E.164; without a country code it belongs to the shop's region."""
        text = self.text(column)
        if text is None:
            return None
        try:
            number = phonenumbers.parse(text, self.settings.region)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise RowRefused(column, "cannot be a phone number", "write one such as +86 138 0000 0000")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def email(self, column: str) -> str | None:
        text = self.text(column)
        if text is not None and _EMAIL.fullmatch(text) is None:
            raise RowRefused(column, "is no e-mail address", "write one such as name@example.com")
        return text.lower() if text else None

    def moment(self, column: str, *, until_end_of_day: bool = False) -> datetime | None:
        """A moment in UTC; without an offset it is in the shop's zone.

        A day alone means its beginning, or its last second with ``until_end_of_day``.
        """
        text = self.text(column)
        if text is None:
            return None
        try:
            at = self.written(text)
            if until_end_of_day and len(text) <= len("2026-11-22"):
                at = datetime.combine(at.date(), _LAST_MINUTE, tzinfo=at.tzinfo)
            return (at if at.tzinfo else at.replace(tzinfo=self.settings.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            example = f"write it as {self.settings.date_format}" if self.settings.date_format else MOMENT_EXAMPLE
            raise RowRefused(column, "is no moment in time", example) from None

    def written(self, text: str) -> datetime:
        """Read a day or moment as this shop writes them.

        Raises:
            ValueError: it is written otherwise.
        """
        if self.settings.date_format:
            return datetime.strptime(text, self.settings.date_format)  # noqa: DTZ007 - the zone is added above
        return datetime.fromisoformat(text)

    def others(self, columns: Collection[str]) -> dict[str, str]:
        """The values of all columns but these, as text, empty ones left out."""
        found = {name: self.text(name) for name in self._row if name not in columns}
        return {name: text for name, text in found.items() if text is not None}


def _plain(column: str, value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise RowRefused(column, "is neither text nor a number", "write one value a column")


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is a folder of zones
        return False
    return True
