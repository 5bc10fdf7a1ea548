"""The history of one turn, in the order in which things happened, in as few statements as that allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import history


class Journal:
    """Collects a turn's entries, the message itself first; `write` puts them down.

    Whoever lets others write to the history in between calls `write` first.
    """

    def __init__(self, conn: Connection, now: datetime, who: Any) -> None:
        self._conn = conn
        self._now = now
        self._about = {
            "customer_id": who.customer_id,
            "conversation_id": who.id,
            "identity_id": who.identity_id,
            "channel": who.channel,
        }
        self._entries: list[dict[str, Any]] = []

    def add(self, kind: str, by: str, data: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Add an entry; ``columns`` as in `history.entry`."""
        self._entries.append(history.entry(**self._about | {"at": self._now} | columns, kind=kind, by=by, data=data))

    def explain(self, ref: str, why: Mapping[str, Any]) -> None:
        """Say why the message ``ref`` was answered so, which is known only at the end."""
        for entry in self._entries:
            if entry["ref"] == ref:
                entry["why"] = why
                return
        history.explain(self._conn, ref, why)

    def write(self) -> None:
        """Put down what was collected."""
        history.append(self._conn, self._entries)
        self._entries = []
