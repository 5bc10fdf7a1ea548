"""What one message led to, while it is being found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.facts import Facts
from bot.journal import Journal
from flows.engine.state import DialogueState, Say
from flows.replies import Listener, Rendered


@dataclass(slots=True)
class Outcome:
    """Grows while a turn is decided; what it holds in the end is recorded and sent."""

    state: DialogueState
    facts: Facts
    listener: Listener
    journal: Journal
    says: list[Say] = field(default_factory=list)
    messages: list[Rendered] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    noticed: bool = False
    """The customer knows, from now on or before, how their words are kept."""


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they were used, kept as JSON for `explain`."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
