"""What a shop decides about its knowledge."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class KnowledgeSettings:
    """Where more of it is, and how soon people answer what nobody has written down."""

    folder: Path | None = None
    """A further folder of entries, from the root; laid over all others, file by file."""
    answered_as: Literal["urgent", "high", "normal", "low"] = "high"
    """A question that goes to a colleague is answered as soon as a case of this priority (`tickets`)."""
