"""What a shop decides about its customers' data in talk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class RelationshipSettings:
    """The section ``flows.relationship`` in config.yml."""

    privacy_notice: bool = True
    """Whether the first answer that somebody ever gets says that what is said is kept, and how to see and delete it."""
    privacy_url: str | None = None
    """Where the shop's privacy statement stands; the notice names it."""
    data_requests_within: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=15)
    """By when a colleague has answered who wants a copy of their data, or their account deleted."""
