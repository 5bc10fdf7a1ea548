"""Amounts of money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, ENGLISH, SCALED_DIGITS, to_number
from nlu.understanding import Entity

_CURRENCIES = {
    **dict.fromkeys(("¥", "rmb", "cny", "人民币", "元", "块", "块钱", "元钱", "圆", "元人民币", "yuan", "kuai"), "CNY"),
    **dict.fromkeys(("$", "us$", "usd", "美元", "美金", "dollar", "dollars", "bucks"), "USD"),
    **dict.fromkeys(("€", "eur", "欧元", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "gbp", "英镑", "pound", "pounds", "quid"), "GBP"),
    **dict.fromkeys(("hk$", "hkd", "港币", "港元"), "HKD"),
}
_SYMBOL = r"(?P<symbol>hk\$|us\$|[¥$€£]|(?<![a-z])(?:rmb|cny|usd|eur|gbp|hkd)(?![a-z])|人民币)"
_UNIT = (
    r"(?P<unit>元人民币|元钱?|块钱?(?!板|状|头)|圆|人民币|美元|美金|欧元|英镑|港币|港元"
    r"|(?:rmb|cny|usd|eur|gbp|hkd|yuan|kuai|dollars?|bucks|euros?|pounds?|quid)(?![a-z]))"
)
_BEFORE = re.compile(rf"{_SYMBOL} ?(?P<number>{SCALED_DIGITS}|{CHINESE})(?P<after>元|块钱?|rmb)?")
_AFTER = re.compile(
    rf"(?P<number>{SCALED_DIGITS}|{CHINESE}|{ENGLISH}) ?{_UNIT}(?P<small>[0-9一二两三四五六七八九](?![0-9个件]))?"
)
# 1.2k with nothing behind it is said of money.
_THOUSANDS = re.compile(
    r"(?<![0-9.a-z])(?P<number>[0-9]{1,4}(?:\.[0-9]{1,3})? ?k)(?![a-z0-9]| ?(?:积?分|点|points?|pts|[件个份]))"
)
_HINT = re.compile(r"[¥$€£元块圆币金镑]|rmb|cny|usd|eur|gbp|hkd|yuan|kuai|dollar|bucks|pound|quid")
_CENT = Decimal("0.01")


def find(message: Folded, *, currency: str) -> list[Entity]:
    """Return the amounts in ``message``; one without a currency (``1.2k``) is in ``currency``, an ISO 4217 code."""
    found = []
    for match in _search(message.plain):
        parts = match.groupdict()
        named = parts.get("symbol") or parts.get("unit")
        small = parts.get("small") if named == "块" else None
        if value := _value(match["number"], _CURRENCIES[named] if named else currency, small):
            end = match.end("unit") if parts.get("small") and not small else match.end()
            found.append(message.entity("amount", value, (match.start(), end)))
    return found


def _search(plain: str) -> Iterator[re.Match[str]]:
    if _HINT.search(plain):
        yield from _BEFORE.finditer(plain)
        yield from _AFTER.finditer(plain)
    if "k" in plain:
        yield from _THOUSANDS.finditer(plain)


def _value(written: str, currency: str, small: str | None) -> dict[str, Any] | None:
    number = to_number(written)
    if number is None:
        return None
    if small:
        # 三块五 is three and a half.
        number += (to_number(small) or 0) / Decimal(10)
    # Two decimals at least, and none rounded away.
    cents = number.quantize(_CENT)
    return {"value": str(cents if cents == number else number.normalize()), "currency": currency}
