"""Nobody is greeted twice on one occasion, whoever they were merged with: claims follow the greeting.

An occasion that is a customer's own (``CUSTOMER:birthday:2026``, in the data of
``care.queued``) is claimed by their internal id. Who becomes one with somebody has
been greeted if either was; who is one person again, if they themselves were.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import history, merges, schedule

_OUTCOME = "merged"


def claim_for(conn: Connection, absorbed: str, survivor: str, *, now: datetime) -> list[list[str]]:
    """Before a merge: claim for the survivor what the absorbed customer was greeted for; returns the new claims."""
    whoever = merges.leaves(merges.standing(conn, absorbed), absorbed)
    return _claim(conn, absorbed, whoever, survivor, now=now)


def give_up(conn: Connection, claims: list[list[str]]) -> None:
    """Take back what `claim_for` has claimed."""
    for job, occasion in claims:
        schedule.give_up(conn, job, occasion)


def claim_since(conn: Connection, absorbed: str, survivor: str, *, after: int, now: datetime) -> None:
    """After an unmerge: claim for who is a customer again the greetings for the survivor that they got instead.

    ``after`` is the key of the history's newest entry at the merge.
    """
    _claim(conn, absorbed, frozenset({survivor}), absorbed, after=after, now=now)


def _claim(
    conn: Connection, greeted: str, named: frozenset[str], customer_id: str, *, now: datetime, after: int = 0
) -> list[list[str]]:
    made = []
    for entry in history.backwards(conn, greeted, "care.queued"):
        if entry.id <= after:
            break
        data: dict[str, Any] = entry.data
        whose, _, rest = data["occasion"].partition(":")
        if whose in named and schedule.claim(conn, data["rule"], f"{customer_id}:{rest}", now=now, outcome=_OUTCOME):
            made.append([data["rule"], f"{customer_id}:{rest}"])
    return made
