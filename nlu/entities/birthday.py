"""Birthdays: a day said to be one, or said when one was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from nlu.entities.calendar_days import CalendarDay
from nlu.entities.folding import Folded
from nlu.entities.written_days import WrittenDay
from nlu.understanding import Entity

NOT_A_BIRTH_YEAR: Final = "not_a_birth_year"
_OLDEST_YEARS = 125
_LONG_AGO_YEARS = 10

_WORD = re.compile(r"生日|生辰|出生|生于|(?<![a-z])(?:birthday|birth ?date|date of birth|b-?day|dob|born)(?![a-z])")
# 我是1990年3月5号的, and 3月5号生的: only right beside the day.
_I_AM = re.compile("我是?$|本人$")
_OF_THAT_DAY = re.compile("的(?:$|[^\\w]|人|哦|呢|啊|呀)")
_BORN_AFTER = re.compile("的?(?:生的|生人|出生|诞生|过生|过寿)")
# "My birthday gift should be here by March 5th" names a day, and not a birthday.
_ABOUT_SOMETHING_ELSE = re.compile(
    r"[。!?;\n]|送|到|买|礼|要|订|用|前|寄|收"
    r"|(?<![a-z])(?:gift|present|arrive|deliver\w*|by|before|order\w*|party|for|need\w*|ship\w*)(?![a-z])"
)
_REACH_BEFORE = 32
_REACH_AFTER = 24


def is_spoken_of(message: Folded) -> bool:
    """Return whether a word for birthday or birth stands in ``message``."""
    return _WORD.search(message.plain) is not None


def find(message: Folded, days: Sequence[WrittenDay], *, today: date, asked: bool) -> list[Entity]:
    """Return those of the ``days`` written in ``message`` that are birthdays; with ``asked``, all of them."""
    return [
        _entity(message, day, today)
        for day in days
        if asked or _is_called_birthday(message.plain, day, today) or _says_only_a_birthday(message, day, today)
    ]


def _is_called_birthday(plain: str, day: WrittenDay, today: date) -> bool:
    before = plain[max(0, day.start - _REACH_BEFORE) : day.start]
    after = plain[day.end : day.end + _REACH_AFTER]
    words = [word.end() for word in _WORD.finditer(before)]
    if words and not _ABOUT_SOMETHING_ELSE.search(before, words[-1]):
        return True
    if _BORN_AFTER.match(after) or (_I_AM.search(before) and _OF_THAT_DAY.match(after) and _is_long_ago(day, today)):
        return True
    word = _WORD.search(after)
    return word is not None and not _ABOUT_SOMETHING_ELSE.search(after, 0, word.start())


def _says_only_a_birthday(message: Folded, day: WrittenDay, today: date) -> bool:
    """Return whether the message is a day and nothing else that nobody would say of an order."""
    reading = day.readings[0]
    if day.form == "loose":
        return False
    return (_is_long_ago(day, today) or reading.calendar == "lunar") and message.is_all(day.span)


def _is_long_ago(day: WrittenDay, today: date) -> bool:
    year = day.readings[0].year
    return year is not None and year <= today.year - _LONG_AGO_YEARS


def _entity(message: Folded, day: WrittenDay, today: date) -> Entity:
    possible = [reading for reading in day.readings if _problem(reading, today) is None]
    if not possible:
        return message.entity("birthday", None, day.span, _problem(day.readings[0], today))
    if len(possible) == 1:
        return message.entity("birthday", possible[0].as_json(), day.span)
    return message.entity("birthday", {"ambiguous": [reading.as_json() for reading in possible]}, day.span)


def _problem(reading: CalendarDay, today: date) -> str | None:
    year = reading.year
    if year is not None and not today.year - _OLDEST_YEARS <= year <= today.year:
        return NOT_A_BIRTH_YEAR
    problem = reading.problem()
    if problem is None and year is not None and (born := reading.nearest(today)) and born > today:
        return NOT_A_BIRTH_YEAR
    return problem
