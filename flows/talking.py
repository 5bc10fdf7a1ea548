"""How long the bot waits for an answer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class TalkSettings:
    """The shop's patience with an open question."""

    nudge_after: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """After so much silence the question is put once more, gently, and not in quiet hours."""
    close_after: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0))
    """After so much silence what was under way is laid aside; the customer is told when they come back."""
