"""What a shop decides about complaints."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class ComplaintSettings:
    """The section ``flows.complaints`` in config.yml."""

    first_tiers: tuple[str, ...] = ("gold", "diamond")
    """Cases of these tiers are a step more pressing where anything speaks for more than the usual."""
    same_case_for: timedelta = Field(default=timedelta(days=7), gt=timedelta(0))
    """For so long a second complaint without an order number may be about the open case of its kind."""
    evidence_for: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0))
    """So long after a case was opened a photo that comes by itself is kept with it."""
