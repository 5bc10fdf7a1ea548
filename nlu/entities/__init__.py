"""What exact code finds in a message: numbers, days, names of products.

Offsets point into the message as the customer typed it. Nothing here guesses: what
was written two ways is returned with a problem, for the dialogue to ask about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from nlu.entities import (
    amount,
    birthday,
    dates,
    email,
    named,
    order_no,
    phone,
    points,
    quantity,
    rating,
    times,
    tracking_no,
)
from nlu.entities.folding import Folded
from nlu.entities.order_no import DEFAULT_ORDER_PATTERN, OrderPattern
from nlu.entities.product import NO_PRODUCTS, Catalogue
from nlu.entities.spoken_digits import Spoken
from nlu.entities.written_days import find_written_days
from nlu.understanding import Entity, Language

__all__ = ["DEFAULT_ORDER_PATTERN", "NO_PRODUCTS", "Catalogue", "EntityContext", "OrderPattern", "find_all"]

# Of two equally long readings of the same words, the first named here is kept.
_RANKED: Final = (
    "email",
    "tracking_no",
    "phone",
    "order_no",
    "phone_last4",
    "birthday",
    "rating",
    "product",
    "time",
    "date",
    "amount",
    "points",
    "quantity",
    "language",
    "channel",
    "city",
)
_RANK: Final = {name: rank for rank, name in enumerate(_RANKED)}


@dataclass(frozen=True, slots=True)
class EntityContext:
    """What must be known to read a message.

    ``now`` is aware and in the customer's own zone. ``asking`` is the slot that the
    dialogue has just asked for: bare values are read in its sense. ``rating_scale``
    is that of the question, None where it named none.
    """

    now: datetime
    asking: str | None = None
    language: Language = "zh"
    catalogue: Catalogue = NO_PRODUCTS
    orders: OrderPattern = field(default_factory=OrderPattern)
    region: str = "CN"
    currency: str = "CNY"
    rating_scale: int | None = None


def find_all(text: str, *, context: EntityContext) -> tuple[Entity, ...]:
    """Return the entities of ``text`` by their start, none overlapping another.

    Of two that overlap the longer is kept, of two equally long the more particular.
    Any text is answered; the first 4,000 characters are searched.
    """
    message = Folded.of(text)
    found = _find_everything(message, context)
    kept: list[Entity] = []
    taken = bytearray(len(message.plain))
    for entity in sorted(found, key=lambda one: _precedence(one, context)):
        if not any(taken[entity.start : entity.end]):
            taken[entity.start : entity.end] = b"\x01" * (entity.end - entity.start)
            kept.append(entity)
    kept.sort(key=lambda entity: entity.start)
    return tuple(kept)


def _precedence(entity: Entity, context: EntityContext) -> tuple[bool, int, int, int]:
    """Sort what was asked for first, then the longer, then the more particular."""
    # A number that was asked for and isn't of the shop's form may well be a parcel's: it has no precedence.
    asked_for = entity.entity == context.asking != "order_no" and entity.value is not None
    return not asked_for, entity.start - entity.end, _RANK[entity.entity], entity.start


def _find_read_out(message: Folded, context: EntityContext) -> list[Entity]:
    """Return the numbers that people read out digit by digit, be they typed as digits or in words."""
    spoken, asking = Spoken(message), context.asking
    written = spoken.message
    found = [
        *tracking_no.find(written),
        *phone.find(
            written,
            region=context.region,
            orders=context.orders,
            asked=asking == "phone",
            order_asked=asking == "order_no",
        ),
        *phone.find_last_four(written, asked=asking == "phone_last4"),
        *order_no.find(written, pattern=context.orders, asked=asking == "order_no"),
    ]
    return spoken.put_back(found)


def _find_everything(message: Folded, context: EntityContext) -> list[Entity]:
    asking, today = context.asking, context.now.date()
    month_first = message.is_chinese or context.language == "zh"
    birthday_asked = asking == "birthday"
    written = find_written_days(
        message, today=today, month_first=month_first, loosely=birthday_asked or birthday.is_spoken_of(message)
    )
    days = dates.find(message, written, today=today)
    return [
        *email.find(message),
        *_find_read_out(message, context),
        *birthday.find(message, written, today=today, asked=birthday_asked),
        *rating.find(message, asked=asking == "rating", scale=context.rating_scale),
        *context.catalogue.find(message),
        *times.find(message, now=context.now, dates=days, asked=asking == "time"),
        *days,
        *amount.find(message, currency=context.currency, asked=asking == "amount"),
        *points.find(message, asked=asking == "points"),
        *quantity.find(message, asked=asking == "quantity"),
        *named.find_languages(message, asked=asking == "language"),
        *named.find(message),
    ]
