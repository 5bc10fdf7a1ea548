"""Telephone numbers, and the four last digits of one when they were asked for."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

from nlu.entities.folding import Folded
from nlu.entities.numbers import to_whole
from nlu.entities.order_no import OrderPattern, is_called_order, is_called_phone
from nlu.understanding import Entity

NO_SUCH_NUMBER: Final = "no_such_number"

_CANDIDATE = re.compile(r"(?<![0-9a-z])(?:\(\+|\+ ?|\()?[0-9](?:[ ().-]{0,2}[0-9]){6,15}(?![0-9a-z])")
# 138，0000，1234, as some keyboards and all who dictate part it.
_WITH_COMMAS = re.compile(r"(?<![0-9a-z,])1[3-9][0-9][,、] ?[0-9]{4}[,、] ?[0-9]{4}(?![0-9a-z]|,[0-9])")
_CUE = re.compile(
    r"(?:电话|手机|号码|联系方式|致电|(?<![a-z])(?:phone|mobile|cell|tel|call|number|whatsapp))[^0-9。!?;]{0,8}$"
)
_GROUPED = re.compile(r"[0-9)][ ().-]{1,2}[0-9]")
# What is dialled in China as it stands: mobiles, area codes with their 0, and the service numbers 400 and 800.
_SURELY_CHINESE = re.compile(r"(?:86)?1[3-9][0-9]{9}|0[0-9]{9,11}|[48]00[0-9]{7}")
_LAST_FOUR = re.compile(
    r"(?:尾[号数]|尾?[后末尾][四4]位|last (?:four|4)(?: digits)?"
    r"|(?:phone|mobile|number|cell)[a-z ]{0,12}end(?:s|ing)(?: in| with)?)"
    r"(?:数字?|号码|是|为|is|are|:| ){0,3}(?P<digits>[0-9]{4})(?![0-9a-z])"
)
_FOUR_DIGITS = re.compile(
    r"(?<![0-9a-z])[0-9]{4}(?![0-9a-z])"
    r"|(?<![零〇一二三四五六七八九])[零〇一二三四五六七八九]{4}(?![零〇一二三四五六七八九])"
)
_CUE_REACH = 24


def find(
    message: Folded, *, region: str, orders: OrderPattern, asked: bool = False, order_asked: bool = False
) -> list[Entity]:
    """Return the telephone numbers in ``message`` as E.164, in ``region`` where they name no country.

    A number that may also be an order number is a telephone number only where it
    certainly is one and neither the words before it nor the question speak of an order.
    Where a telephone number was asked for, one that can't be is returned without a value.
    """
    if not message.has_digit:
        return []
    found = []
    for match in (*_CANDIDATE.finditer(message.plain), *_WITH_COMMAS.finditer(message.plain)):
        digits = re.sub(r"[^0-9+]", "", match[0])
        called = asked or _CUE.search(message.plain, max(0, match.start() - _CUE_REACH), match.start()) is not None
        certain = called or _is_certain(digits, match[0], region)
        is_order = (
            orders.fits(digits)
            and not is_called_phone(message.plain, match.start())
            and (order_asked or not certain or is_called_order(message.plain, match.start()))
        )
        number = _e164(digits, region) if not is_order and (certain or region != "CN") else None
        if number:
            found.append(message.entity("phone", number, match.span()))
        elif asked and not orders.fits(digits):
            found.append(message.entity("phone", None, match.span(), NO_SUCH_NUMBER))
    return found


def find_last_four(message: Folded, *, asked: bool) -> list[Entity]:
    """Return the last four digits of a number, as text; with ``asked``, any four (``0042``, 零零四二)."""
    if message.has_digit and (called := _LAST_FOUR.search(message.plain)):
        return [message.entity("phone_last4", called["digits"], called.span("digits"))]
    if not asked:
        return []
    match = _FOUR_DIGITS.search(message.plain)
    if match is None:
        return []
    digits = match[0] if match[0].isascii() else "".join(str(to_whole(character)) for character in match[0])
    return [message.entity("phone_last4", digits, match.span())]


def _is_certain(digits: str, written: str, region: str) -> bool:
    """Return whether the number is one without a word that says so."""
    if digits.startswith("+"):
        return True
    if digits.startswith("00"):
        return _e164(digits, region) is not None
    if region == "CN":
        return _SURELY_CHINESE.fullmatch(digits) is not None
    # Elsewhere few numbers show what they are, but hardly anything else is written in groups and dialled.
    return _GROUPED.search(written) is not None and _e164(digits, region) is not None


def _e164(digits: str, region: str) -> str | None:
    if digits.startswith("00"):
        return _abroad(digits)
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    # With its country written, a number of the right length will do: ranges open faster than tables follow.
    fits = phonenumbers.is_possible_number(number) if digits.startswith("+") else phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if fits else None


def _abroad(digits: str) -> str | None:
    """Return the number written with 00 for the plus; since much else begins so, it has to be one in use."""
    try:
        number = phonenumbers.parse(f"+{digits[2:]}", None)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None
