"""Values as customers give them, for slots by their entity and kind; and a text for whatever else is to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.engine.model import Slot

ENTITIES: Mapping[str, tuple[Any, ...]] = {
    "order_no": ("A10293", "20240518001"),
    "phone": ("+8613800001234",),
    "phone_last4": ("1234",),
    "email": ("ana@example.org",),
    "points": (500, 5),
    "amount": ({"value": "199.50", "currency": "CNY"},),
    "quantity": (2, 1),
    "rating": ({"value": 9, "scale": 10}, {"value": 1, "scale": 10}),
    "date": ("2026-11-25",),
    "time": ("18:00",),
    "birthday": ({"calendar": "lunar", "year": 1990, "month": 3, "day": 5, "leap_month": False},),
}
NUMBERS = (1, 5, 0, 10, 1000)
TEXTS = ("一个 black one", "A10293", "1234")
NAMED = frozenset(ENTITIES)
READ = NAMED | {"product", "person", "address", "city", "tracking_no", "language", "channel"}
"""Every entity that the NLU reads."""
ATTACHED = frozenset({"photo", "voice", "sticker", "file", "location", "contact", "other"})
"""Every kind of attachment that channels bring."""
TOLD = "…"
"""A value that is only shown."""


def values_of(slot: Slot) -> tuple[Any, ...]:
    """Return values that customers give for a slot, the likeliest first; of a choice and a yes or no, all."""
    if slot.type == "bool":
        return (True, False)
    if slot.type == "choice":
        return slot.values
    named = ENTITIES.get(slot.entity or slot.name, ())
    if slot.type == "number":
        return tuple(value for value in named if isinstance(value, int | float)) or NUMBERS
    if slot.matches is not None:
        found = [match for text in (*named, *TEXTS) if isinstance(text, str) and (match := slot.matches.search(text))]
        return tuple(dict.fromkeys(match.group(1) if slot.matches.groups else match.group() for match in found))
    return named or TEXTS
