"""Numbers as people write them: digits, Chinese numerals and English words."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_CHINESE_DIGITS: Final = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "〇": 0,
    "两": 2,
}
_CHINESE_UNITS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_CHINESE_MYRIADS: Final = {"万": 10_000, "亿": 100_000_000}
_SHORT_TENS: Final = {"廿": "二十", "卅": "三十"}

_SMALL_WORDS: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS_WORDS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH_WORDS: Final = {word: value for value, word in enumerate(_SMALL_WORDS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS_WORDS.split(), start=2)
}
_ENGLISH_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_SUFFIXES: Final = {"k": 1_000, "w": 10_000, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}

# Patterns run over folded text. Every repetition is bounded: the time of a search grows with the text alone.
CHINESE_NUMERAL: Final = "零〇一二两三四五六七八九十百千万亿廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
DIGITS: Final = r"(?<![0-9.])(?<![0-9],)(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,12})(?:\.[0-9]{1,4})?(?!,?[0-9])"
# 1千5百, 1万2, 12万5.
_MIXED = r"(?<![0-9.,])[0-9]{1,2}(?:[百千万][0-9]){1,4}[十百千]?(?![0-9.百千万])"
SCALED_DIGITS: Final = rf"(?:{_MIXED}|{DIGITS}(?: ?[kw百千万亿](?![a-z]))?)"
CHINESE: Final = f"[{CHINESE_NUMERAL}]{{1,14}}"
_WORD: Final = "(?:" + "|".join([*sorted(_ENGLISH_WORDS, key=len, reverse=True), *_ENGLISH_SCALES]) + ")"
ENGLISH: Final = rf"(?<![a-z])(?:a )?{_WORD}(?:(?: and |[ -]){_WORD}){{0,6}}(?![a-z])"
NUMBER: Final = f"(?:{SCALED_DIGITS}|{CHINESE}|{ENGLISH})"

_MIXED_NUMBER = re.compile(_MIXED)
_TEENS = re.compile("^([0-9])([0-9])")
_IN_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
_DIGITS_WITH_SUFFIX = re.compile(r"([0-9.,]+) ?([kw百千万亿]?)")


def to_number(written: str) -> Decimal | None:
    """Return the number that folded text says, or None where it says none (``十百``, ``a``). 九点五 is 9.5."""
    written = written.strip()
    if not written:
        return None
    if _MIXED_NUMBER.fullmatch(written):
        value = chinese_number(_TEENS.sub(r"\1十\2", written).translate(_IN_CHINESE))
        return None if value is None else Decimal(value)
    if match := _DIGITS_WITH_SUFFIX.fullmatch(written):
        digits, suffix = match.groups()
        return _plain_digits(digits) * _SUFFIXES.get(suffix, 1) if _is_one_number(digits) else None
    whole, point, parts = written.partition("点")
    if point:
        value = chinese_number(whole)
        digits = chinese_number(parts) if all(part in _CHINESE_DIGITS for part in parts) else None
        return None if value is None or digits is None else value + Decimal(digits).scaleb(-len(parts))
    value = chinese_number(written) if written[0] in CHINESE_NUMERAL else english_number(written)
    return None if value is None else Decimal(value)


def to_whole(written: str) -> int | None:
    """Return the whole number that folded text says, or None where it says none or a fraction."""
    value = to_number(written)
    return int(value) if value is not None and value == value.to_integral_value() else None


def chinese_number(written: str) -> int | None:
    """Return the value of Chinese numerals: ``一千二百``, ``两万三`` (23,000), ``二零二六``, ``廿三``."""
    for short, long in _SHORT_TENS.items():
        written = written.replace(short, long)
    if written and all(character in _CHINESE_DIGITS for character in written):
        return int("".join(str(_CHINESE_DIGITS[character]) for character in written))
    total, section, digit, last_unit = 0, 0, None, 1
    for character in written:
        if character in _CHINESE_DIGITS:
            if digit:
                return None
            digit = _CHINESE_DIGITS[character]
            last_unit = 1 if digit == 0 else last_unit
        elif character in _CHINESE_UNITS:
            unit = _CHINESE_UNITS[character]
            if digit is None and unit != 10:
                return None
            section += (digit or 1) * unit
            digit, last_unit = None, unit
        elif character in _CHINESE_MYRIADS:
            unit = _CHINESE_MYRIADS[character]
            section += digit or 0
            if section == 0 and total == 0:
                return None
            total = (total + section) * unit if unit > total else total + section * unit
            section, digit, last_unit = 0, None, unit
        else:
            return None
    if digit:
        # 一百二 is a hundred and twenty, 一百零二 a hundred and two: 零 has set the unit back to 1.
        section += digit * (last_unit // 10 if last_unit >= 100 else 1)
    return total + section


def english_number(written: str) -> int | None:
    """Return the value of English number words: ``a hundred and twenty``, ``twenty-five``."""
    total, section = 0, 0
    words = [word for word in written.replace("-", " ").split() if word not in ("and", "a")]
    if not words:
        return None
    for word in words:
        if word in _ENGLISH_WORDS:
            if not _may_follow(_ENGLISH_WORDS[word], section):
                return None
            section += _ENGLISH_WORDS[word]
        elif word == "hundred":
            section = (section or 1) * 100
        elif word in _ENGLISH_SCALES:
            total += (section or 1) * _ENGLISH_SCALES[word]
            section = 0
        else:
            return None
    return total + section


def _may_follow(value: int, section: int) -> bool:
    """Return whether ``value`` goes on a number that is at ``section``: "twenty one" is one, "one two" are two."""
    return section % 100 == 0 or (value < 10 and section % 10 == 0 and section % 100 >= 20)


def _is_one_number(digits: str) -> bool:
    return digits.count(".") <= 1 and digits[0].isdigit() and digits[-1].isdigit()


def _plain_digits(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))
