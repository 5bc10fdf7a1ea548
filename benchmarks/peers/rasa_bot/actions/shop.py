"""The shop's own database, as the peer's actions see it: one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    order_no TEXT PRIMARY KEY, customer TEXT NOT NULL, status TEXT NOT NULL,
    carrier TEXT NOT NULL, tracking_no TEXT NOT NULL, eta TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS points (customer TEXT NOT NULL, points INTEGER NOT NULL, expires_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS points_by_customer ON points (customer);
CREATE TABLE IF NOT EXISTS tickets (
    number INTEGER PRIMARY KEY, customer TEXT NOT NULL, category TEXT NOT NULL,
    order_no TEXT, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handovers (id INTEGER PRIMARY KEY, customer TEXT NOT NULL);
"""


def open_shop(path: Path) -> sqlite3.Connection:
    """Open the shop's file, with its tables; a commit is on the disk when it returns."""
    connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(SCHEMA)
    return connection


def add_regulars(connection: sqlite3.Connection, regulars: Iterable[tuple[str, str]]) -> None:
    """Give each (customer, order number) that order, shipped, and 860 points in two lots."""
    rows = list(regulars)
    with connection:
        connection.executemany(
            "INSERT OR IGNORE INTO orders VALUES (?, ?, 'shipped', '顺丰', 'SF' || ?, '2026-01-08')",
            [(order_no, customer, order_no) for customer, order_no in rows],
        )
        connection.executemany(
            "INSERT INTO points VALUES (?, ?, ?)",
            [lot for customer, _ in rows for lot in ((customer, 500, "2026-03-31"), (customer, 360, "2026-12-31"))],
        )
