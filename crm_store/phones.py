"""Telephone numbers in their one normal form, E.164, so that equal numbers are equal texts."""

from __future__ import annotations

import phonenumbers


def e164(written: str, region: str) -> str | None:
    """Return a number as E.164, read in ``region`` where it names no country; None where it can't be one.

    Platforms leave the plus of an international number out, so that is tried too.
    """
    text = written.strip()
    for attempt in (text,) if text.startswith("+") else (text, f"+{text}"):
        try:
            number = phonenumbers.parse(attempt, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and (
            attempt.startswith("+") or phonenumbers.is_valid_number(number)
        ):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None
