"""What must be true of the store and the platform after any crash."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.customers import CUSTOMERS, EARNED, MESSAGES, POINTS, SPENT
from tests.servers.telegram_api import Sent

Reply = tuple[str, str]
"""Whom it went to, and its text."""


def replies_being_sent(database: Path) -> Counter[Reply]:
    """Return the replies of which nobody can know whether they have arrived."""
    with _opened(database) as db:
        return Counter(
            (row["recipient"], json.loads(row["body"])["text"])
            for row in db.execute("SELECT recipient, body FROM outbox WHERE status = 'sending'")
        )


def counted(database: Path, what: str) -> int:
    """Return how many rows ``what`` (``inbox WHERE …``) has."""
    with _opened(database) as db:
        return _one(db, f"SELECT count(*) FROM {what}")


def answered(database: Path) -> set[str]:
    """Return the platform's ids of the messages whose answer has been delivered."""
    with _opened(database) as db:
        return {
            row["external_id"]
            for row in db.execute(
                "SELECT inbox.external_id FROM inbox JOIN outbox ON outbox.dedupe_key = 'reply:' || inbox.ref || ':0'"
                " WHERE inbox.status = 'done' AND outbox.status = 'sent'"
            )
        }


def check_nothing_is_lost_or_done_twice(database: Path) -> None:
    """Compare what the store holds with what the customers said and asked for."""
    with _opened(database) as db:
        assert _one(db, "SELECT count(*) FROM inbox") == MESSAGES
        assert _one(db, "SELECT count(*) FROM inbox WHERE status <> 'done'") == 0
        assert _one(db, "SELECT count(*) FROM outbox WHERE status <> 'sent'") == 0
        for customer in CUSTOMERS:
            _check_talk(db, str(customer.user), customer.lines)
            _check_tickets(db, str(customer.user), customer.tickets)
            _check_points(db, str(customer.user), customer.swaps)


def surplus(database: Path, sent: Sequence[Sent]) -> Counter[Reply]:
    """Return the replies that arrived more often than once; all must have arrived, and in their order."""
    arrived = [(one.chat_id, one.text) for one in sent]
    with _opened(database) as db:
        meant = [
            (row["recipient"], json.loads(row["body"])["text"])
            for row in db.execute("SELECT recipient, body FROM outbox ORDER BY id")
        ]
    for customer in CUSTOMERS:
        user = str(customer.user)
        _is_within([words for to, words in meant if to == user], [words for to, words in arrived if to == user])
    more = Counter(arrived)
    more.subtract(Counter(meant))
    assert min(more.values()) >= 0, "nothing arrives that was not meant, and everything meant arrives"
    return +more


def _check_talk(db: sqlite3.Connection, user: str, lines: Sequence[str]) -> None:
    """Every line is stored and handled once, in the order it was said, and has an answer of its own."""
    taken = db.execute(
        "SELECT inbox.ref, inbox.body FROM inbox JOIN identities ON identities.id = inbox.identity_id"
        " WHERE identities.user_id = ? ORDER BY inbox.id", (user,),
    ).fetchall()  # fmt: skip
    bodies = [json.loads(row["body"]) for row in taken]
    assert [body.get("text") or body.get("payload") for body in bodies] == list(lines)

    history = db.execute(
        "SELECT kind, history.ref, data FROM history JOIN identities ON identities.id = history.identity_id"
        " WHERE identities.user_id = ? ORDER BY history.id", (user,),
    ).fetchall()  # fmt: skip
    refs = [row["ref"] for row in taken]
    assert [row["ref"] for row in history if row["kind"] == "message.in"] == refs
    answered = [json.loads(row["data"])["answers"] for row in history if row["kind"] == "message.out"]
    assert set(answered) == set(refs), "each message has an answer of its own"
    assert answered == sorted(answered, key=refs.index), "answered in the order they came"


def _check_tickets(db: sqlite3.Connection, user: str, tickets: int) -> None:
    whose = "customer_id = (SELECT customer_id FROM identities WHERE user_id = ?)"
    assert _one(db, f"SELECT count(*) FROM tickets WHERE {whose}", user) == tickets
    assert _one(db, f"SELECT count(*) FROM history WHERE kind = 'ticket.opened' AND {whose}", user) == tickets


def _check_points(db: sqlite3.Connection, user: str, swaps: int) -> None:
    entries = db.execute(
        "SELECT reason, points FROM points_entries"
        " WHERE customer_id = (SELECT customer_id FROM identities WHERE user_id = ?)", (user,),
    ).fetchall()  # fmt: skip
    moved = Counter((row["reason"], row["points"]) for row in entries)
    assert moved == +Counter(
        {("order", POINTS): 1 if swaps else 0, ("swap", -SPENT): swaps, ("swapped", EARNED): swaps}
    )
    left = _one(
        db,
        "SELECT coalesce(sum(remaining), 0) FROM points_lots"
        " WHERE customer_id = (SELECT customer_id FROM identities WHERE user_id = ?)",
        user,
    )
    assert left == sum(row["points"] for row in entries)


def _is_within(meant: Sequence[str], arrived: Sequence[str]) -> None:
    rest: Iterator[str] = iter(arrived)
    assert all(words in rest for words in meant), "replies arrive in the order they were meant"


def _one(db: sqlite3.Connection, query: str, *values: str) -> int:
    value: int = db.execute(query, values).fetchone()[0]
    return value


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(database)
    db.row_factory = sqlite3.Row
    try:
        yield db
    finally:
        db.close()
