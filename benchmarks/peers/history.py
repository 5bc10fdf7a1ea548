"""Earlier messages for the peer: what Rasa itself stored of one talk, copied many times."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Literal

# "now": all in the session that is still going on, so that Rasa reads every event of it for each
# turn. "past": a talk a day, each its own session, which Rasa's default of 60 minutes leaves unread.
When = Literal["now", "past"]

NOW_SPAN = timedelta(minutes=20)
COLUMNS = "type_name, timestamp, intent_name, action_name, data"


def give_history(store: Path, model: str, customers: Sequence[str], *, passes: int, when: When) -> None:
    """Write the talk of the customer ``model``, ``passes`` times over, for each of ``customers``."""
    with closing(sqlite3.connect(store, timeout=60)) as connection, connection:
        talk = connection.execute(f"SELECT {COLUMNS} FROM events WHERE sender_id = ? ORDER BY id", (model,)).fetchall()
        connection.executemany(
            f"INSERT INTO events (sender_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [(customers[0], *event) for event in _repeated(talk, passes, when)],
        )
        connection.executemany(
            f"INSERT INTO events (sender_id, {COLUMNS}) "
            f"SELECT ?, {COLUMNS} FROM events WHERE sender_id = ? ORDER BY id",
            [(customer, customers[0]) for customer in customers[1:]],
        )


def _repeated(talk: list[tuple], passes: int, when: When) -> list[tuple]:
    gap = timedelta(days=1) if when == "past" else NOW_SPAN / passes
    opening = next(i for i, event in enumerate(talk) if event[0] == "user")
    first, last = talk[0][1], talk[-1][1]
    events = []
    for nth in range(passes):
        # Squeezed where talks would overlap: Rasa finds the last session by its time alone.
        pace = min(1.0, 0.9 * gap.total_seconds() / max(last - first, 0.001))
        begins = time.time() - (passes - nth) * gap.total_seconds()
        whole = when == "past" or nth == 0
        for type_name, at, intent, action, data in talk if whole else talk[opening:]:
            moved = begins + (at - first) * pace
            moved_data = json.dumps(json.loads(data) | {"timestamp": moved})
            events.append((type_name, moved, intent, action, moved_data))
    return events
