"""What can be set about the web pages of the desk (section ``console``; ``desk`` has the hours of the people)."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class ConsoleSettings(BaseModel):
    """Signing in, and the order of the queue."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    idle: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    """After how long without doing anything somebody is signed out."""
    signed_in_at_most: timedelta = Field(default=timedelta(days=7), gt=timedelta(0))
    https: bool = False
    """Whether browsers always come by https, also where a proxy in front does not say so."""
    first_tiers: tuple[str, ...] = ("gold", "diamond")
    """Tiers that have the whole head start in the queue."""
    head_start: timedelta = Field(default=timedelta(minutes=15), ge=timedelta(0))
    """The most that a customer's value is worth in the queue."""
    spent_for_a_minute: int = Field(default=100, gt=0)
    """How much spent within a year, in the shop's currency, is worth a minute of waiting."""
