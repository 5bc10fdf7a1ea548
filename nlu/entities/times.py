"""Clock times, joined with the day that stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from nlu.entities.english_times import find_clock_times, find_spans
from nlu.entities.folding import Folded
from nlu.entities.numbers import to_number, to_whole
from nlu.understanding import Entity

_HOUR = "[0-9]{1,2}|[零一两二三四五六七八九]|十[一二三四五六七八九]?|二十[一二三四]?"
_PART = "凌晨|正午|午夜|清早|清晨|早上|早晨|上午|中午|下午|午后|下昼|上昼|傍晚|晚上|夜里|半夜|(?<![今明昨])[早晚]"
_CHINESE = re.compile(
    rf"(?P<part>{_PART})?(?:的)?(?:(?<![0-9.一二三四五六七八九十百千两])|(?<=[周期拜][一二三四五六]))"
    rf"(?P<hour>{_HOUR}) ?(?:点|时)(?!数)"
    r"(?P<minute>半(?![会刻天])|[一三13]刻|[0-9]{2}分?|[0-9]分|零[一二三四五六七八九]分?"
    r"|[二三四五]?十[一二三四五六七八九]?分?|[一二三四五六七八九]分)?(?P<sharp>钟|整|左右|前|之前|以前|后|之后|以后|到|(?=能[到送来发取]|送|来|才|开门|关门|营业|[上下]班|打烊|开始|收货|取件))?"
)
# 差五分三点, 三点差一刻.
_SHORT = "一刻|[0-9]{1,2}分|[一二三四五六七八九十]{1,3}分"
_SHORT_OF = re.compile(
    rf"(?P<part>{_PART})?(?:差(?P<short>{_SHORT})钟?(?:到|就)?(?P<hour>{_HOUR})点|(?P<hour_first>{_HOUR})点(?:钟)?(?:还)?差(?P<short_last>{_SHORT}))"
)
_CLOCK = re.compile(
    rf"(?P<part>{_PART})?(?<![0-9:.])(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::[0-5][0-9])?"
    r"(?: ?(?P<half>am|pm|a\.m\.|p\.m\.))?(?![0-9:a-z])"
)
_SPAN = re.compile(
    r"(?<![0-9.几数一两二三四五六七八九十])(?P<count>半|[俩仨](?=[个小钟])|[0-9]{1,3}(?:\.[0-9])?|[一两二三四五六七八九十]{1,3})个?(?P<half>半)?"
    r"(?P<unit>小时|钟头|分钟|刻钟)[之以]?(?P<way>后|前)"
)
_BETWEEN_DAY_AND_TIME = re.compile(
    r"[ ,的t]{0,3}(?:(?:in the )?(?:morning|afternoon|evening),? )?"
    r"(?:(?:at|around|by|before|on|about|after|from|between|say|for),? ){0,2}(?:大概|大约|差不多|就)?"
)
# "Tomorrow evening at 7".
_PART_BESIDE_DAY = re.compile(r"(?<![a-z])(?P<part>morning|afternoon|evening)(?:,? (?:at|around|by|about|after))?$")
_FROM_TO = re.compile(r" ?(?:到|至|-|~|to|until|till|and) ?")
_AFTERNOON = frozenset(("下午", "下昼", "午后", "傍晚", "晚上", "晚", "夜里", "afternoon", "evening", "pm", "p.m."))
_FEW = {"俩": 2, "仨": 3}
_MINUTES = {"分钟": 1, "刻钟": 15}
_NIGHT = frozenset(("凌晨", "半夜"))
_LATE = frozenset(("晚上", "晚", "夜里", "半夜", "午夜"))
# Somebody who says 三点 to a shop means the afternoon: at three in the morning nobody delivers.
_NEVER_MEANT_BEFORE = 7


def find(message: Folded, *, now: datetime, dates: Sequence[Entity], asked: bool) -> list[Entity]:
    """Return the times in ``message`` as aware ISO moments; they may overlap.

    ``now`` is aware, in the customer's zone; ``dates`` are the dates found in the message.
    A time without a day is the next such time; with ``asked``, 三点 alone is one.
    """
    plain = message.plain
    days = [entity for entity in dates if entity.value is not None]
    found = [message.entity("time", moment.isoformat(), span) for moment, span in _spans(message, now)]
    earlier: _Earlier | None = None
    for hour, minute, span, certain in sorted(_clock_times(message), key=lambda one: one[2]):
        day = _day_beside(plain, span, days)
        if earlier and _FROM_TO.fullmatch(plain, earlier.end, span[0]):
            # 下午两点到四点: the second has its day and its half of the day from the first.
            later = hour + 12 if hour < earlier.hour and hour + 12 < 24 else hour
            day, hour, certain = day or earlier.day, later, True
        if certain or asked or day:
            moment = _moment(now, day, hour, minute)
            found.append(message.entity("time", moment.isoformat(), span))
            earlier = _Earlier(moment.date() if hour < 24 else day, hour, span[1])
    return found


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The time before, from which a span of time goes on, and its day."""

    day: date | None
    hour: int
    end: int


type _ClockTime = tuple[int, int, tuple[int, int], bool]


def _clock_times(message: Folded) -> Iterator[_ClockTime]:
    """Yield hour (0 to 24), minute, span and whether it is a time even without a day beside it."""
    plain = message.plain
    if message.has_number and ("点" in plain or "时" in plain):
        for match in _CHINESE.finditer(plain):
            part = match["part"] or _part_before(plain, match.start())
            hour = _hour(to_whole(match["hour"]), part, spoken=True)
            minute = _chinese_minute(match["minute"])
            if hour is not None and minute is not None:
                end = match.end("sharp") if match["sharp"] in ("钟", "整") else _end_before(match, "sharp")
                yield hour, minute, (match.start(), end), bool(part or match["minute"]) or match["sharp"] is not None
        for match in _SHORT_OF.finditer(plain) if "差" in plain else ():
            part = match["part"] or _part_before(plain, match.start())
            hour = _hour(to_whole(match["hour"] or match["hour_first"]), part, spoken=True)
            short = (
                15
                if (match["short"] or match["short_last"]) == "一刻"
                else to_whole((match["short"] or match["short_last"]).removesuffix("分"))
            )
            if hour and short and short < 60:
                yield hour - 1, 60 - short, match.span(), True
    if message.has_digit and ":" in plain:
        for match in _CLOCK.finditer(plain):
            part = match["half"] or match["part"] or _part_beside(plain, match.span())
            if (hour := _hour(int(match["hour"]), part, spoken=False)) is not None:
                yield hour, int(match["minute"]), match.span(), True
    for hour, minute, part, span, certain in find_clock_times(plain, has_digit=message.has_digit):
        spoken = _hour(hour, part or _part_before(plain, span[0]), spoken=True)
        if spoken is not None:
            yield spoken, minute, span, certain


def _spans(message: Folded, now: datetime) -> Iterator[tuple[datetime, tuple[int, int]]]:
    if "小时" in message.plain or "钟" in message.plain:
        for match in _SPAN.finditer(message.plain):
            written = match["count"]
            count = (
                0.5
                if written == "半"
                else float(_FEW.get(written) or to_number(written) or 0) + (0.5 if match["half"] else 0)
            )
            span = timedelta(minutes=count * _MINUTES.get(match["unit"], 60))
            yield _later(now, span if match["way"] == "后" else -span), match.span()
    for hours, place in find_spans(message.plain):
        yield _later(now, timedelta(hours=hours)), place


def _later(now: datetime, span: timedelta) -> datetime:
    # Hours pass on the world's clock, not on the wall clock, which may jump in between.
    return (now.astimezone(UTC) + span).astimezone(now.tzinfo).replace(second=0, microsecond=0)


def _hour(hour: int | None, part: str | None, *, spoken: bool) -> int | None:
    """Return the hour of the day, 0 to 24, or None where there is no such hour."""
    if hour is None or hour > 24:
        return None
    if part in _LATE and hour == 12:
        return 24
    if (part in _AFTERNOON or (part == "中午" and hour < 10)) and hour < 12:
        return hour + 12
    if (part in _NIGHT or part in ("am", "a.m.")) and hour == 12:
        return 0
    if part is None and spoken and 0 < hour < _NEVER_MEANT_BEFORE:
        return hour + 12
    return hour


def _chinese_minute(written: str | None) -> int | None:
    if not written:
        return 0
    if written == "半":
        return 30
    if written.endswith("刻"):
        return 15 if written[0] in "一1" else 45
    minute = to_whole(written.removesuffix("分").removeprefix("零"))
    return minute if minute is not None and minute < 60 else None


def _part_beside(plain: str, span: tuple[int, int]) -> str | None:
    return "晚" if plain.startswith(" tonight", span[1]) else _part_before(plain, span[0])


def _part_before(plain: str, start: int) -> str | None:
    """Return the part of the day named by the day word before: 今晚八点, tonight at 8."""
    before = plain[max(0, start - 24) : start].rstrip()
    part = _PART_BESIDE_DAY.search(before)
    if part:
        return part["part"]
    if before.endswith(("今晚", "明晚", "昨晚", "tonight", "tonight at", "tonight,")):
        return "晚"
    return "早" if before.endswith(("今早", "明早")) else None


def _end_before(match: re.Match[str], group: str) -> int:
    return match.start(group) if match[group] else match.end()


def _day_beside(plain: str, span: tuple[int, int], days: Sequence[Entity]) -> date | None:
    for day in days:
        if day.end <= span[0] and _BETWEEN_DAY_AND_TIME.fullmatch(plain, day.end, span[0]):
            return date.fromisoformat(day.value)
        if span[1] <= day.start and _BETWEEN_DAY_AND_TIME.fullmatch(plain, span[1], day.start):
            return date.fromisoformat(day.value)
    return None


def _moment(now: datetime, day: date | None, hour: int, minute: int) -> datetime:
    chosen = day or now.date()
    moment = datetime.combine(chosen, time(hour % 24, minute), tzinfo=now.tzinfo)
    if hour == 24:
        moment += timedelta(days=1)
    if day is None and moment <= now:
        moment += timedelta(days=1)
    # A wall time that the change to summer time skips is moved to where the clocks go on.
    return moment.astimezone(UTC).astimezone(now.tzinfo)
