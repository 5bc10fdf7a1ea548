"""Birthdays as customers give them: which day is meant, and how it is read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm_store.birthdays import check_birthday
from crm_store.customers import Birthday
from flows.engine.values import Tagged, phrase, word

_FIRST = re.compile(r"^\W*(?:1\W*$|(?:the )?(?:first|former)|前(?:面|者|一)|第一)", re.I)
_SECOND = re.compile(r"^\W*(?:2\W*$|(?:the )?(?:second|latter)|后(?:面|者|一)|第二)", re.I)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")


def readings(value: Any) -> list[Birthday]:
    """Return the days that a slot's value may mean: two where it can be read in two ways, none where it cannot be."""
    if not isinstance(value, Mapping):
        return []
    return [born for one in value.get("ambiguous") or [value] if (born := _born(one)) is not None]


def meant(days: list[Birthday], answer: str | None) -> Birthday | None:
    """Return the one day that there is, or that the ``answer`` to "which of both" means; None where that is open."""
    if len(days) < 2 or not answer:
        return days[0] if len(days) == 1 else None
    if answer in ("first", "second"):
        return days[("first", "second").index(answer)]
    named = [day for day in days if _names_month(answer, day)]
    if len(named) == 1:
        return named[0]
    if _FIRST.search(answer):
        return days[0]
    return days[1] if _SECOND.search(answer) else None


def shown(born: Birthday) -> Tagged:
    """Return a birthday as it is read back."""
    values: dict[str, Any] = {"month": word("month", str(born.month)), "day": born.day}
    if born.year is not None:
        values["year"] = str(born.year)
    kind = "lunar" if born.calendar == "lunar" else "solar"
    leap = "_leap" if born.leap_month else ""
    return phrase(f"birthday_{kind}{leap}{'_year' if born.year is not None else ''}", **values)


def _born(reading: Mapping[str, Any]) -> Birthday | None:
    if "month" not in reading or "day" not in reading:
        return None
    born = Birthday(
        int(reading["month"]), int(reading["day"]), reading.get("year"), str(reading.get("calendar") or "solar"),
        bool(reading.get("leap_month")),
    )  # fmt: skip
    try:
        check_birthday(born)
    except ValueError:
        return None
    return born


def _names_month(answer: str, born: Birthday) -> bool:
    month = rf"(?:{born.month}|(?<![一二三四五六七八九十]){_NUMBERS[born.month - 1]})\s*月|{_MONTHS[born.month - 1]}"
    return re.search(rf"(?<!\d)(?:{month})", answer, re.I) is not None
