"""Rates: how fast a platform lets us write, kept in one budget by all processes; care leaves a share to answers.

A budget is taken in the transaction that makes a message ``sending``, so that what
was counted is what is sent. The whole channel's comes before the single chat's,
everywhere: two transactions that take both cannot wait for each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.ports import Capabilities, Rate
from crm_store import budgets

_YIELDING = ("care", "survey")
"""Nobody waits for these."""


def held_until(
    conn: Connection, able: Capabilities | None, *, channel: str, identity_id: str, kind: str, count: int, now: datetime
) -> datetime | None:
    """Take what ``count`` messages to one customer need; return None, or when to ask again where that is not there.

    More of them than may ever leave at once are held, to be asked for one by one.
    """
    return _channel_held(conn, able, channel, kind, count, now) or _chat_held(
        conn, able, channel, identity_id, count, now
    )


class Departures:
    """The departures of one sweep: where a channel is full, nobody behind has to ask, and all get times in a row."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self._conn = conn
        self._now = now
        self._full: dict[tuple[str, bool], datetime] = {}

    def held_until(self, able: Capabilities | None, row: Any) -> datetime | None:
        """Do as the function of this name for one outbox row."""
        if able is None or (able.rate is None and able.chat_rate is None):
            return None
        queue = row.channel, row.kind in _YIELDING
        if able.rate is not None and (behind := self._full.get(queue)) is not None:
            self._full[queue] = behind + able.rate.every
        elif (until := _channel_held(self._conn, able, row.channel, row.kind, 1, self._now)) is not None:
            self._full[queue] = until
        else:
            return _chat_held(self._conn, able, row.channel, row.identity_id, 1, self._now)
        return self._full[queue]


def _channel_held(
    conn: Connection, able: Capabilities | None, channel: str, kind: str, count: int, now: datetime
) -> datetime | None:
    if able is None or able.rate is None:
        return None
    kept = able.rate.kept if kind in _YIELDING else 0
    if able.chat_rate is not None and count > able.chat_rate.burst:
        return now
    return _take(conn, _name(channel), able.rate, able.rate.burst - kept, count, now)


def _chat_held(
    conn: Connection, able: Capabilities | None, channel: str, identity_id: str, count: int, now: datetime
) -> datetime | None:
    if able is None or able.chat_rate is None:
        return None
    until = _take(conn, f"{_name(channel)}:{identity_id}", able.chat_rate, able.chat_rate.burst, count, now)
    if until is not None and able.rate is not None:
        budgets.give_back(conn, _name(channel), every=able.rate.every, cost=count)
    return until


def _take(conn: Connection, name: str, rate: Rate, burst: int, count: int, now: datetime) -> datetime | None:
    if count > burst:
        return now
    wait = budgets.take(conn, name, now=now, every=rate.every, burst=burst, cost=count)
    return now + wait if wait else None


def _name(channel: str) -> str:
    return f"send:{channel}"
