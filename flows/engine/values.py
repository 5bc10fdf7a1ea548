"""Values that know how they want to be shown, as plain JSON.

What an action returns is kept in the dialogue's state, so it is JSON; a moment
there must not be confused with a text. Each helper here makes a tagged value that
`flows.wording` writes out in the customer's language and zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

Tagged = dict[str, Any]


def moment(at: datetime) -> Tagged:
    """A day and a time of day; ``at`` is aware."""
    return {"moment": at.isoformat()}


def day(at: datetime) -> Tagged:
    """A day alone; ``at`` is aware."""
    return {"day": at.isoformat()}


def clock(at: time, *, ends: bool = False) -> Tagged:
    """A time of day as clocks show it, in no zone; where it ``ends`` something, 00:00 is the end of the day."""
    return {"clock": "24:00" if ends and at == time(0) else f"{at:%H:%M}"}


def weekdays(days: Iterable[int]) -> Tagged:
    """Days of the week, 0 for Monday to 6."""
    return {"weekdays": sorted(days)}


def money(amount: Decimal, currency: str) -> Tagged:
    """An amount in an ISO 4217 currency."""
    return {"money": str(amount), "currency": currency}


def phrase(name: str, **values: Any) -> Tagged:
    """Words of ours with values in them, such as ``phrase("percent", value="15")``, from the table ``phrase``."""
    return {"phrase": name, "values": values}


def word(table: str, name: str) -> Tagged:
    """A word of ours that each language has its own for, such as ``word("status", "shipped")``."""
    return {"word": name, "table": table}
