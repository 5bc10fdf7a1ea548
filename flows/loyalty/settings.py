"""What the shop gives its members, and what points are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Points = Annotated[int, Field(gt=0)]
Money = Annotated[Decimal, Field(gt=0)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class LoyaltySettings:
    """``flows.loyalty``; what the shop has not decided is told to nobody."""

    benefits: Mapping[str, Mapping[Literal["zh", "en"], tuple[str, ...]]] = field(default_factory=dict)
    """What a tier brings, by tier and language, a line each."""
    vouchers: Mapping[Points, Money] = field(
        default_factory=lambda: {500: Decimal(5), 1000: Decimal(10), 2000: Decimal(20)}
    )
    """Money off (in the shop's currency) by points, beside the coupons that `shuke coupon define` gives a price."""
    voucher_days: int = Field(default=90, ge=1, le=3650)
    """How long such a voucher is good."""
    undo_within: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(0))
    """How long what was redeemed in the chat can be undone there."""
    points_on_leaving: Literal["frozen", "forfeited"] = "frozen"
    """What becomes of the points of who leaves: they wait, or are gone."""
    birthday_coupon: str | None = None
    """The coupon, by name, that a member may have once a year…"""
    birthday_days: int = Field(default=30, ge=1, le=366)
    """…from their birthday on for so many days."""
