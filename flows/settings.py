"""What a shop decides about its flows: a section for each area, declared beside the area's flows."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class FlowSettings:
    """The sections under ``flows`` in config.yml."""
