"""Parcel numbers of the carriers."""

from __future__ import annotations

import re

from nlu.entities.folding import Folded
from nlu.understanding import Entity

# SF Express, YTO, JD, J&T, ZTO, STO, Yunda, Deppon, Best, EMS and Cainiao begin with their letters.
_BY_CARRIER = re.compile(
    r"(?<![0-9a-z])(?:sf|yto?|jd[a-z]{0,3}|jt|zto?|sto?|yd|dpk?|ht|ems|lp)[ -]?[0-9](?:[ -]?[0-9]){7,18}(?![0-9a-z])"
    r"|(?<![0-9a-z])[a-z]{2}[0-9]{9}[a-z]{2}(?![0-9a-z])"
    r"|(?<![0-9a-z])1z[0-9a-z]{16}(?![0-9a-z])"
)
_DIGITS_ENOUGH = re.compile(r"[0-9](?:[ -]?[0-9]){7}")
_AFTER_CUE = re.compile(
    r"(?:(?:快递|运|物流|包裹)(?:单|编)?号码?|(?<![a-z])(?:tracking|waybill)(?: (?:no|number|code|id))?\.?)"
    r"(?: ?(?:是|为|is))?[ :#]{0,3}(?P<number>[a-z]{0,5}[0-9]{8,20})(?![0-9a-z])"
)


def find(message: Folded) -> list[Entity]:
    """Return the parcel numbers in ``message`` in upper case, without spaces and hyphens."""
    if not (message.has_digit and (_DIGITS_ENOUGH.search(message.plain) or "1z" in message.plain)):
        return []
    spans = {match.span() for match in _BY_CARRIER.finditer(message.plain)}
    spans |= {match.span("number") for match in _AFTER_CUE.finditer(message.plain)}
    return [
        message.entity("tracking_no", re.sub(r"[ -]", "", message.plain[start:end]).upper(), (start, end))
        for start, end in sorted(spans)
    ]
