"""What a shop decides about what customers say of it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class FeedbackSettings:
    """The section ``flows.feedback`` in config.yml."""

    recover_within: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0))
    """By when somebody turns to who gave a low score, from then on or from when people are back."""
    answered_within: timedelta = Field(default=timedelta(days=14), gt=timedelta(0))
    """So long after a survey was sent a typed score answers it; its buttons answer it at any time."""
