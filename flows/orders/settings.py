"""What a shop decides about orders after they are placed."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class OrderSettings:
    """How long after delivery what may come back; days are calendar days of the customer, the last one included."""

    return_days: int = Field(default=7, ge=0)
    """Days after the day of delivery within which goods come back without a reason, as Chinese law has it."""
    exchange_days: int = Field(default=15, ge=0)
    """… and within which they are exchanged."""
    not_returnable: tuple[str, ...] = ()
    """Categories of the catalogue that come back only where something is wrong with them."""
    price_days: int | None = Field(default=None, ge=0)
    """Days after the order within which the difference to a lower price is paid; None lets a colleague decide."""
    refund_days: int | None = Field(default=None, ge=0)
    """Days after which a refund that is not recorded is late; None: only a promise that is past makes it so."""
