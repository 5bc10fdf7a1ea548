"""What a shop decides about complaints."""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class GoodwillSettings:
    """The section ``flows.complaints.goodwill``: what a case may be made good for, beyond mending it."""

    per_case: Decimal = Field(default=Decimal(0), ge=0)
    """The most that one case is made good for without asking; 0: nothing is offered."""
    currency: str = "CNY"
    share: Decimal = Field(default=Decimal("0.02"), ge=0, le=1)
    """Of what a customer spent in the last twelve months, so much in thirty days…"""
    tier_shares: dict[str, Annotated[Decimal, Field(ge=0, le=1)]] = field(default_factory=dict)
    """…or, for customers of a tier, so much."""
    coupon: str | None = None
    """The rule of the coupon that is given; without one it is points."""
    point_worth: Decimal = Field(default=Decimal("0.01"), gt=0)
    """What a point is worth."""


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class ComplaintSettings:
    """The section ``flows.complaints`` in config.yml."""

    first_tiers: tuple[str, ...] = ("gold", "diamond")
    """Cases of these tiers are a step more pressing where anything speaks for more than the usual."""
    same_case_for: timedelta = Field(default=timedelta(days=7), gt=timedelta(0))
    """For so long a second complaint without an order number may be about the open case of its kind."""
    evidence_for: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0))
    """So long after a case was opened a photo that comes by itself is kept with it."""
    competitors: tuple[str, ...] = ()
    """Names of competitors; who names one, or compares us with others, raises an alert."""
    goodwill: GoodwillSettings = field(default_factory=GoodwillSettings)
