"""Write numbers, days, money and our own words as a person of that language would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Words = Mapping[str, Mapping[str, str]]
"""Table → name → the language's word, from the replies file."""

_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CURRENCIES = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥", "SGD": "S$"}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_DOUBLE_SURNAMES = frozenset(
    re.findall("..", "欧阳太史端木上官司马东方独孤南宫夏侯诸葛尉迟皇甫公孙慕容令狐司徒司空长孙宇文闻人")
)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom something is written: language, zone, the present moment, our words in that language."""

    language: str
    zone: str
    now: datetime
    words: Words


def shown(value: Any, reader: Reader) -> str:
    """Return a value as text; tagged values are those of `flows.engine.values`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _tagged(value, reader)
    if isinstance(value, list | tuple):
        return _listed([shown(item, reader) for item in value], reader.language)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def address(name: str | None, gender: str | None, language: str) -> str | None:
    """Return how to call a customer: 王女士 where we know, else the name; the first name in English.

    ``gender`` is ``female``, ``male`` or None. None comes back where no name is known.
    """
    name = (name or "").strip()
    if not name:
        return None
    chinese = not name.isascii() and " " not in name
    if language == "en":
        return name if chinese else name.split()[0]
    title = {"female": "女士", "male": "先生"}.get(gender or "")
    if not chinese or title is None:
        return name
    surname = name[:2] if name[:2] in _DOUBLE_SURNAMES else name[0]
    return surname + title


def _tagged(value: Mapping[str, Any], reader: Reader) -> str:
    if "word" in value:
        return reader.words.get(str(value["table"]), {}).get(str(value["word"]), str(value["word"]))
    if "phrase" in value:
        template = reader.words.get("phrase", {}).get(str(value["phrase"]), str(value["phrase"]))
        return _PLACEHOLDER.sub(lambda name: shown(value["values"][name[1]], reader), template)
    if "money" in value:
        sign = _CURRENCIES.get(str(value["currency"]))
        amount = f"{Decimal(str(value['money'])):,}"
        return f"{sign}{amount}" if sign else f"{amount} {value['currency']}"
    if "clock" in value:
        return _clock(str(value["clock"]), reader.language)
    if "weekdays" in value:
        return _weekdays(list(value["weekdays"]), reader.language)
    if "moment" in value:
        return _moment(str(value["moment"]), reader)
    return _day(_local(str(value.get("day", "")), reader), reader)


def _moment(text: str, reader: Reader) -> str:
    at = _local(text, reader)
    if reader.language == "zh":
        return f"{_day(at, reader)} {at:%H:%M}"
    minutes = f":{at:%M}" if at.minute else ""
    return f"{_day(at, reader)}, {at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"


def _day(at: datetime, reader: Reader) -> str:
    other_year = at.year != reader.now.astimezone(at.tzinfo).year
    if reader.language == "zh":
        year = f"{at.year}年" if other_year else ""
        return f"{year}{at.month}月{at.day}日 {_WEEKDAYS['zh'][at.weekday()]}"
    year = f" {at.year}" if other_year else ""
    return f"{_WEEKDAYS['en'][at.weekday()]} {at.day} {_MONTHS[at.month - 1]}{year}"


def _clock(text: str, language: str) -> str:
    hour, minute = (int(part) for part in text.split(":"))
    if language == "zh":
        return f"{hour}:{minute:02}"
    if hour == 24:
        return "midnight"
    minutes = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{minutes} {'am' if hour < 12 else 'pm'}"


def _weekdays(days: list[int], language: str) -> str:
    if len(days) == 7:
        return "每天" if language == "zh" else "every day"
    names = [_WEEKDAYS[language][day] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}至{names[-1]}" if language == "zh" else f"{names[0]} to {names[-1]}"
    return _listed(names, language)


def _local(text: str, reader: Reader) -> datetime:
    return datetime.fromisoformat(text).astimezone(_zone(reader.zone))


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _listed(items: list[str], language: str) -> str:
    if language == "zh":
        return "、".join(items)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
