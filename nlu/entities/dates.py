"""Dates: calendar days and days told from today, in the customer's own zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from nlu.entities.calendar_days import NO_SUCH_DAY, Tense, add_months, is_solar_day, nearest_day
from nlu.entities.folding import Folded
from nlu.entities.holidays import find_holidays
from nlu.entities.numbers import to_whole
from nlu.entities.written_days import SAID_OF_A_DAY, WrittenDay
from nlu.understanding import Entity

AMBIGUOUS: Final = "ambiguous"

_DAYS_FROM_TODAY = {
    **dict.fromkeys(("今天", "今日", "今儿", "今晚", "今早", "today", "tonight"), 0),
    **dict.fromkeys(("明天", "明日", "明儿", "明晚", "明早", "tomorrow", "tmrw", "tmr"), 1),
    **dict.fromkeys(("后天", "后儿", "the day after tomorrow", "day after tomorrow"), 2),
    "大后天": 3,
    "大大后天": 4,
    **dict.fromkeys(("昨天", "昨日", "昨儿", "昨晚", "yesterday", "last night"), -1),
    **dict.fromkeys(("前天", "前儿", "the day before yesterday", "day before yesterday"), -2),
    "大前天": -3,
}
_CHINESE_DAY_WORD = re.compile("(?P<word>大?大后天|大前天|[今明昨][天日儿晚早]|[后前]天|[后前]儿(?=个))(?:(?<=儿)个)?")
_ENGLISH_DAY_WORD = re.compile(
    r"(?<![a-z])(?:(?:the )?day (?:after (?:tomorrow|tmrw?)|before yesterday)"
    r"|tomorrow|tmrw?|today|tonight|yesterday|last night)(?![a-z])"
)
_TMRW = re.compile("after tmrw?")
_ENGLISH_HINT = re.compile(
    r"day|tom|tmr|night|week|month|year|next |this |last |on (?:mon|tue|wed|thu|fri|sat|sun)|fri|thur|tues|weds"
    r"|sat |weekend|[0-9](?:st|nd|rd|th)"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_AFTER_A_DAY = "|".join(
    f"(?<={day} {joined} )" for day in ["mon", "tue", "wed", "thu", "fri", "sat"] for joined in ("or", "and")
)
# 周末送货吗 asks about every weekend, 周末愉快 about none; which one is meant the words beside it show.
_WEEKEND = re.compile(
    r"(?P<week>下下|上上|[下上这本])个?周末|(?<![每各逢双个,，])(?:^|(?<=[^\w])|(?<=[这就等到在我]))周末(?=前|之前|以前"
    r"|能到|到不|可以到|来得及|要用|给我|我?在家|有空|我|吧|行|再|见|[^\w]|$)"
)
_ENGLISH_WEEKEND = re.compile(
    r"(?<![a-z])(?:(?P<week>this coming|this|next|last) weekend"
    r"|(?:by|before) the (?P<bare>weekend))(?![a-z])"
)
_CHINESE_WEEKDAY = re.compile(
    r"(?P<week>下下|上上|[下上这本])?个?(?:(?<![一两二三四五六七八九十几每0-9])|(?<=[周期拜][一二三四五六]))"
    r"(?:周|星期|礼拜)(?P<day>[一二三四五六日天]|[1-7](?![0-9]))(?![个年])"
)
_ENGLISH_WEEKDAY = re.compile(
    r"(?<![a-z])(?:(?P<week>next|this coming|this|last|coming) (?:week )?(?:on )?)?"
    rf"(?P<day>{'|'.join(_WEEKDAYS)}"
    r"|(?:(?<=next )|(?<=this )|(?<=last )|(?<=on ))(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
    rf"|fri|thurs?|tues|weds|sat(?= (?:or|and) sun)|(?:{_AFTER_A_DAY})"
    r"(?:sat|sun|mon|tue|wed|thu))(?![a-z])"
    r"(?: (?P<after>next|this|last) week(?![a-z])|(?P<on> week)(?= maybe|$|[.,!?]))?"
)
_WEEKS_AWAY = {"下下": 2, "下": 1, "next": 1, "上": -1, "last": -1, "上上": -2, "这": 0, "本": 0, "this": 0}
_SATURDAY = 5
_CHINESE_SPAN = re.compile(
    r"(?<![0-9第几数一两二三四五六七八九十])(?P<count>[0-9]{1,3}|[一两二三四五六七八九十]{1,3}|半)个?(?P<half>半)?(?P<unit>工作日|天|日|周|星期|礼拜|月|年)[之以]?(?P<way>后|前)"
)
_ENGLISH_SPAN = re.compile(
    r"(?<![a-z0-9])(?:(?P<ahead>in|within) )?(?P<count>[0-9]{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|fourteen|twenty|thirty|a couple of)"
    r" (?P<unit>day|fortnight|week|month|year)s?(?: (?P<way>ago|later|from now|from today|today))?(?![a-z])"
)
_UNITS = {"周": "week", "星期": "week", "礼拜": "week", "月": "month", "年": "year"}
_DAY_OF_MONTH = re.compile(
    r"(?:(?P<month>[这本上下])个?月|(?<![0-9第月年.])(?<![0-9],))(?P<day>[0-9]{1,2}|[一二三四五六七八九十廿]{1,3})[号日]"
    r"(?![0-9电球码色款字楼门店线机院链元房桌铺栋])"
)
_BARE_DAY = re.compile("(?P<day>[0-9]{1,2}|[一二三四五六七八九十廿]{1,3})[号日號]")
_UNTIL = re.compile(" ?[到至~-] ?$")
_MONTHS_AWAY = {"这": 0, "本": 0, "上": -1, "下": 1, "next": 1, "last": -1, "this": 0}
_YEARS_AWAY = {"今": 0, "明": 1, "去": -1, "next": 1, "last": -1}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_SMALL_COUNTS = {"a": 1, "an": 1, "a couple of": 2}
_END_OF = re.compile(
    r"(?:(?P<which>[这本上下])个?|(?P<year>[今明去])|(?P<month>(?<![0-9])[0-9]{1,2}|十[一二]?|[一二三四五六七八九])(?=月))?"
    r"(?<![几每全近])(?P<unit>月|年)(?:底|末|的?最后一天)(?!了解)"
)
_ENGLISH_END_OF = re.compile(r"(?<![a-z])end of (?P<which>the|this|next|last) (?P<unit>month|year)(?![a-z])")
_ENGLISH_DAY_OF_MONTH = re.compile(
    r"(?<![a-z])(?:the|on|by|before|since) (?P<whole>(?P<day>[0-9]{1,2})(?:st|nd|rd|th)"
    r"(?: of (?P<month>this|next|last) month)?)"
    r"(?![a-z0-9]| (?:day |of )?(?:[a-z]+ )?(?:lunar|month)"
    r"| (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"| (?:floor|time|one|order|item|birthday|anniversary|cup|street|avenue))"
)
_ENGLISH_MONTH_THEN_DAY = re.compile(
    r"(?<![a-z])(?P<month>this|next|last) month,?(?: on)?(?: the)? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)(?![a-z0-9])"
)
_PAST_AFTER = re.compile(
    "(?:那天|当天|那会|那阵|期间|的时候|时|就|我|在|刚|才)*(?:在你们家?)?(?:买|下|拍|订|付|收到|签收|退)(?:单|款|货)?[的了过]|(?:下|付)(?:单|款)的?"
)
_PAST_BEFORE = re.compile(
    r"(?<![a-z])(?:bought|ordered|purchased|paid|received|arrived|came|turned|got|placed|delivered|shipped|sent)"
    r"(?: [a-z0-9]+){0,4} (?:on )?$"
)
_FUTURE_AFTER = re.compile("[之以]?前|能|可以|要|会|送|到货|发货|可不可以")
_TENSE_REACH = 12
_DAY_CUE = re.compile(r"(?<![a-z])(?:on|by|before|after|since|from|until|till|due|date|the) $")


def find(message: Folded, days: Sequence[WrittenDay], *, today: date) -> list[Entity]:
    """Return the dates in ``message`` as ISO days, those of ``days`` and the spoken ones; they may overlap.

    ``ambiguous`` is the problem of a day whose month may be its day (``3/5`` in English).
    """
    found = [_written(message, day, today) for day in days if _is_day(message, day)]
    if not message.plain.isascii():
        found += [message.entity("date", day.isoformat(), span) for day, span in _chinese(message.plain, today)]
        _go_on(message.plain, found)
    for holiday in find_holidays(message.plain, today):
        if told := holiday.day(today, _tense(message.plain, holiday.span)):
            found.append(message.entity("date", told.isoformat(), holiday.span))
    if _ENGLISH_HINT.search(message.plain):
        found += [message.entity("date", day.isoformat(), span) for day, span in _english(message.plain, today)]
    return found


def _written(message: Folded, day: WrittenDay, today: date) -> Entity:
    tense = _tense(message.plain, day.span)
    nearest = {found for reading in day.readings if (found := reading.nearest(today, tense))}
    if len(nearest) == 1:
        return message.entity("date", nearest.pop().isoformat(), day.span)
    # A 29th of February or a leap month that no year about now has is no day to send anything on.
    return message.entity("date", None, day.span, AMBIGUOUS if nearest else day.readings[0].problem() or NO_SUCH_DAY)


def _is_day(message: Folded, day: WrittenDay) -> bool:
    """Return whether ``4/5`` is a day here and no rating or fraction."""
    if day.form != "fraction":
        return day.form == "plain"
    reading = day.readings[0]
    if reading.problem():
        return False
    said = _DAY_CUE.search(message.plain, max(0, day.start - 8), day.start) or SAID_OF_A_DAY.match(
        message.plain, day.end
    )
    return said is not None or reading.day not in (5, 10)


def _go_on(plain: str, found: list[Entity]) -> None:
    """Give the last day of a span (4月5日到7日) the month of the first; it stands alone in ``found``."""
    ends = {entity.end: date.fromisoformat(entity.value) for entity in found if entity.value is not None}
    for place, entity in enumerate(found):
        bare = _BARE_DAY.fullmatch(entity.text)
        link = _UNTIL.search(plain, max(0, entity.start - 4), entity.start) if bare else None
        first = ends.get(link.start()) if link else None
        if bare is None or first is None:
            continue
        month = first if (day := to_whole(bare["day"]) or 0) >= first.day else add_months(first.replace(day=1), 1)
        if is_solar_day(month.year, month.month, day):
            found[place] = replace(entity, value=month.replace(day=day).isoformat())


type _Dated = tuple[date, tuple[int, int]]


def _chinese(plain: str, today: date) -> Iterator[_Dated]:
    for match in _CHINESE_DAY_WORD.finditer(plain):
        yield today + timedelta(days=_DAYS_FROM_TODAY[match["word"]]), match.span()
    if "周" in plain or "期" in plain or "礼" in plain:
        for match in _CHINESE_WEEKDAY.finditer(plain):
            day = match["day"]
            weekday = 6 if day in "日天7" else (to_whole(day) or 1) - 1
            yield _weekday(weekday, match["week"], today, _tense(plain, match.span())), match.span()
    if "周末" in plain:
        for match in _WEEKEND.finditer(plain):
            yield _weekend(match["week"], today, _tense(plain, match.span())), match.span()
    if "后" in plain or "前" in plain:
        for match in _CHINESE_SPAN.finditer(plain):
            sign, unit = 1 if match["way"] == "后" else -1, match["unit"]
            if match["count"] == "半" or match["half"]:
                if day := _with_a_half(
                    today, 0 if match["count"] == "半" else to_whole(match["count"]) or 0, unit, sign
                ):
                    yield day, match.span()
            elif (count := to_whole(match["count"])) and unit != "工作日":
                yield _away(today, sign * count, _UNITS.get(unit, "day")), match.span()
    if "号" in plain or "日" in plain:
        for match in _DAY_OF_MONTH.finditer(plain):
            tense = _tense(plain, match.span())
            if found := _day_of_month(to_whole(match["day"]) or 0, match["month"], today, tense):
                yield found, match.span()
    if "底" in plain or "末" in plain or "最后一天" in plain:
        for match in _END_OF.finditer(plain):
            if match["month"]:
                if last := _last_of(to_whole(match["month"]) or 0, today, _tense(plain, match.span())):
                    yield last, match.span()
            else:
                which, unit = match["which"] or match["year"] or "", "month" if match["unit"] == "月" else "year"
                yield _last_day(which, unit, today), match.span()


def _english(plain: str, today: date) -> Iterator[_Dated]:
    for match in _ENGLISH_DAY_WORD.finditer(plain):
        yield today + timedelta(days=_DAYS_FROM_TODAY[_TMRW.sub("after tomorrow", match[0])]), match.span()
    for match in _ENGLISH_WEEKDAY.finditer(plain):
        weekday = next(index for index, name in enumerate(_WEEKDAYS) if name.startswith(match["day"][:3]))
        tense = _tense(plain, match.span())
        day = _weekday(weekday, match["week"] or match["after"], today, tense)
        # Sunday week is the Sunday after the next one.
        yield day + timedelta(weeks=1 if match["on"] else 0), match.span()
    for match in _ENGLISH_WEEKEND.finditer(plain):
        place = match.span("bare") if match["bare"] else match.span()
        yield _weekend(match["week"], today, _tense(plain, place)), place
    for match in _ENGLISH_SPAN.finditer(plain):
        if match["ahead"] or match["way"]:
            count = _SMALL_COUNTS.get(match["count"]) or to_whole(match["count"]) or 0
            signed = -count if match["way"] == "ago" else count
            yield _away(today, signed, match["unit"]), match.span()
    for match in _ENGLISH_END_OF.finditer(plain):
        yield _last_day(match["which"], match["unit"], today), match.span()
    for match in _ENGLISH_MONTH_THEN_DAY.finditer(plain):
        if found := _day_of_month(int(match["day"]), match["month"], today, None):
            yield found, match.span()
    for match in _ENGLISH_DAY_OF_MONTH.finditer(plain):
        tense = _tense(plain, match.span())
        if found := _day_of_month(int(match["day"]), match["month"], today, tense):
            yield found, match.span("whole")


def _weekday(weekday: int, week: str | None, today: date, tense: Tense | None) -> date:
    """Return the day of this, the next or the last week (Monday to Sunday), else the next, or the last that was."""
    if week in _WEEKS_AWAY:
        return today + timedelta(days=weekday - today.weekday() + 7 * _WEEKS_AWAY[week])
    if tense == "past":
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _weekend(week: str | None, today: date, tense: Tense | None) -> date:
    """Return the Saturday of the weekend meant; on a Sunday this weekend is today."""
    if today.weekday() > _SATURDAY and _WEEKS_AWAY.get(week or "", 0) == 0 and tense != "past":
        return today
    return _weekday(_SATURDAY, week, today, tense)


def _away(today: date, count: int, unit: str) -> date:
    if unit in ("month", "year"):
        return add_months(today, count * (12 if unit == "year" else 1))
    return today + timedelta(days=count * _DAYS[unit])


def _with_a_half(today: date, count: int, unit: str, sign: int) -> date | None:
    """Return the day ``count`` and a half months or years away; half of anything else is no day."""
    if unit == "月":
        # Half a month is fifteen days to everybody.
        return add_months(today, sign * count) + timedelta(days=sign * 15)
    return add_months(today, sign * (12 * count + 6)) if unit == "年" else None


def _last_of(month: int, today: date, tense: Tense | None) -> date | None:
    if not 1 <= month <= 12:
        return None
    years = (today.year - 1, today.year, today.year + 1)
    return nearest_day([_last_day("", "month", date(year, month, 1)) for year in years], today, tense)


def _last_day(which: str, unit: str, today: date) -> date:
    months = _MONTHS_AWAY.get(which, 0)
    if unit == "year":
        return date(today.year + _YEARS_AWAY.get(which, 0), 12, 31)
    return add_months(today.replace(day=1), months + 1) - timedelta(days=1)


def _day_of_month(day: int, month: str | None, today: date, tense: Tense | None) -> date | None:
    """Return the day of the month named, or the nearest such day of ``tense``; None where there is none."""
    away = (_MONTHS_AWAY[month],) if month else (-1, 0, 1)
    firsts = [add_months(today.replace(day=1), months) for months in away]
    days = [first.replace(day=day) for first in firsts if is_solar_day(first.year, first.month, day)]
    return nearest_day(days, today, None if month else tense)


def _tense(plain: str, span: tuple[int, int]) -> Tense | None:
    """Return whether the words beside a day speak of what was or of what is to come, None where they don't say."""
    after = plain[span[1] : span[1] + _TENSE_REACH].lstrip()
    if _PAST_AFTER.match(after) or _PAST_BEFORE.search(plain, max(0, span[0] - 3 * _TENSE_REACH), span[0]):
        return "past"
    return "future" if _FUTURE_AFTER.match(after) else None
