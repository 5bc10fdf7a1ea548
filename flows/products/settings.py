"""What a shop decides about selling in talk."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class ProductSettings:
    """The section ``flows.products`` of config.yml."""

    order_link: str | None = Field(default=None, pattern=r"^https://\S+$")
    """Where a product is bought; ``{sku}`` in it is the product's. Without one a person takes the order."""
    public_offers: tuple[str, ...] = ()
    """Names of coupon rules that anybody who asks may hear of."""
    few_left: int = Field(default=5, ge=0)
    """From so many on the number left is told."""
    most_in_one_order: int = Field(default=99, ge=1)
    suggest_every: timedelta = Field(default=timedelta(days=14), gt=timedelta(0))
    """So long after something was suggested unasked, nothing is."""
