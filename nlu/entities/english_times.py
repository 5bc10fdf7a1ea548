"""Clock times in English: half past five, 8 in the morning, ten o'clock, in two and a half hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nlu.entities.numbers import to_whole

_HOUR = r"1[0-2]|0?[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_HALF = r"(?: ?(?P<half>am|pm|a\.m\.|p\.m\.)(?! i(?![a-z])))"
_PART = r"(?:,? (?:in the (?P<part>morning|afternoon|evening)|at (?P<night>night)))"
_BEGIN = r"(?<![0-9:.])(?<![a-z])"
_END = r"(?![a-z0-9:])"
_WHOLE_HOUR = re.compile(rf"{_BEGIN}(?P<hour>{_HOUR})(?:{_HALF}|(?P<clock> ?o'?clock)?{_PART}?){_END}")
_DOTTED = re.compile(rf"{_BEGIN}(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5][0-9]){_HALF}{_END}")
_PAST = re.compile(
    rf"{_BEGIN}(?:(?P<count>half|(?:a )?quarter|[0-9]{{1,2}}|five|ten|twenty(?:[ -]five)?)(?P<minutes> min(?:ute)?s)?)"
    rf" (?P<side>past|after|to) (?P<hour>{_HOUR})(?:{_HALF}|{_PART})?{_END}"
)
_AT_HOUR = re.compile(
    rf"(?<![a-z])(?:at|around|by|before|after) (?P<hour>{_HOUR})(?![0-9:.%/]"
    r"| ?(?:am|pm|a\.m|p\.m|o'?clock|in the (?:m|a|e)|at night)|[a-z]"
    r"| (?!tomorrow|today|tonight|on |next |this )[a-z])"
)
_AT_HINT = re.compile("(?:at|around|by|before|after) ")
# 1530 after "at" is a time, except that years look the same; after anything else it needs a day beside it.
_FOUR_DIGITS = re.compile(
    r"(?<![a-z])(?P<cue>at|around|by|before|after|from|until|till) "
    r"(?P<whole>(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9])"
    r"(?: ?h(?:ou)?rs?(?![a-z]))?)(?![0-9a-z%:/-]|[.,][0-9]"
    r"| (?!tomorrow|tmrw?|today|tonight|on |next |this |and |or |please|pls|sharp|to |till |until |latest|if )[a-z])"
)
_CONTINENTAL = re.compile(r"(?<![0-9a-z:.])(?P<hour>[01]?[0-9]|2[0-3])h(?P<minute>[0-5][0-9])(?![0-9a-z])")
_ISH = re.compile(rf"{_BEGIN}(?P<hour>{_HOUR})[ -]?ish(?![a-z])")
_HALF_HOUR = re.compile(rf"{_BEGIN}half (?P<hour>{_HOUR})(?:{_HALF}|{_PART}){_END}")
_YEARS: Final = range(19, 21)
_NAMED = re.compile(r"(?<![a-z])(?:noon|midday|midnight)(?![a-z])")
_COUNTS = (
    r"half an|[0-9]{1,3}(?:\.[0-9])?|an?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty"
    r"|forty(?:[ -]five)?"
)
_SPAN = re.compile(
    rf"(?<![a-z0-9.])(?:(?P<ahead>in|within) (?:about )?)?(?P<count>{_COUNTS})(?P<more> and a half)?"
    r" ?(?P<unit>hour|hr|minute|min)s?(?P<after> and a half)?(?: (?P<way>ago|later|from now))?(?![a-z])"
)
_TONIGHT = re.compile(" tonight(?![a-z])")
_CUE_TO = re.compile(r"(?:at|by|around|about|before|until|till) $")
_MINUTES: Final = {"half": 30, "quarter": 15, "a quarter": 15}
_HOURS_OF_SPAN: Final = {"half an": 0.5, "a": 1.0, "an": 1.0}

type EnglishTime = tuple[int, int, str | None, tuple[int, int], bool]


def find_clock_times(plain: str, *, has_digit: bool) -> Iterator[EnglishTime]:
    """Yield hour, minute, part of the day, span, and whether it is a time even without a day beside it."""
    if "noon" in plain or "mid" in plain:
        for match in _NAMED.finditer(plain):
            yield (24 if match[0] == "midnight" else 12), 0, "midday", match.span(), True
    if has_digit or " the " in plain or "clock" in plain or "at " in plain or "m" in plain:
        for match in _WHOLE_HOUR.finditer(plain):
            if match["clock"] or _part(match):
                yield to_whole(match["hour"]) or 0, 0, _part(match), match.span(), True
    if has_digit and "." in plain:
        for match in _DOTTED.finditer(plain):
            yield int(match["hour"]), int(match["minute"]), match["half"], match.span(), True
    if has_digit:
        yield from _in_figures(plain)
    if "ish" in plain:
        yield from (
            (to_whole(match["hour"]) or 0, 0, _tonight(match), match.span(), False) for match in _ISH.finditer(plain)
        )
    if "half " in plain:
        yield from (
            (to_whole(match["hour"]) or 0, 30, _part(match), match.span(), True) for match in _HALF_HOUR.finditer(plain)
        )
    if " past " in plain or " to " in plain or " after " in plain:
        yield from _past_and_to(plain)
    if _AT_HINT.search(plain):
        for match in _AT_HOUR.finditer(plain):
            yield to_whole(match["hour"]) or 0, 0, _tonight(match), match.span("hour"), False


def find_spans(plain: str) -> Iterator[tuple[float, tuple[int, int]]]:
    """Yield the hours from now, less than 0 where they are past, and their span."""
    if "h" not in plain and "min" not in plain:
        return
    for match in _SPAN.finditer(plain):
        if not (match["ahead"] or match["way"]):
            continue
        written = match["count"]
        count = _HOURS_OF_SPAN[written] if written in _HOURS_OF_SPAN else _count(written)
        count += 0.5 if match["more"] or match["after"] else 0
        hours = count if match["unit"][0] == "h" else count / 60
        yield (-hours if match["way"] == "ago" else hours), match.span()


def _past_and_to(plain: str) -> Iterator[EnglishTime]:
    for match in _PAST.finditer(plain):
        written, hour = match["count"], to_whole(match["hour"]) or 0
        # "Five to ten boxes" is no time, "at five to ten" is.
        certain = written in _MINUTES or match["side"] == "past" or match["minutes"]
        if not certain and not _CUE_TO.search(plain, max(0, match.start() - 8), match.start()):
            continue
        minutes = _MINUTES.get(written) or to_whole(written) or 0
        if not 0 < minutes < 60 or (written == "half" and match["side"] != "past"):
            continue
        if match["side"] == "to":
            hour, minutes = (hour - 1 or 12), 60 - minutes
        yield hour, minutes, _part(match), match.span(), True


def _in_figures(plain: str) -> Iterator[EnglishTime]:
    """Yield the times of the 24-hour clock: at 1530, 15h30."""
    for match in _FOUR_DIGITS.finditer(plain):
        hour = int(match["hour"])
        # "The pot at 1500" is what it costs.
        certain = match["cue"] == "at" and match["minute"] != "00" and hour not in _YEARS
        yield hour, int(match["minute"]), "midday", match.span("whole"), certain
    for match in _CONTINENTAL.finditer(plain):
        yield int(match["hour"]), int(match["minute"]), "midday", match.span(), True


def _part(match: re.Match[str]) -> str | None:
    if match["night"] or _tonight(match):
        return "晚"
    return match["half"] or match["part"]


def _tonight(match: re.Match[str]) -> str | None:
    return "晚" if _TONIGHT.match(match.string, match.end()) else None


def _count(written: str) -> float:
    return float(written) if written[0].isdigit() else float(to_whole(written) or 0)
