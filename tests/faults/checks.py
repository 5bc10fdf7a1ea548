"""What must be true of the store and the platform after any crash."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.customers import CUSTOMERS, EARNED, MESSAGES, POINTS, SPENT
from tests.faults.sending_checks import came_again
from tests.servers.telegram_api import Sent


def being_sent(database: Path) -> Counter[str]:
    """Return the references of the replies of which nobody can know whether they have arrived."""
    return _refs(database, "status = 'sending'")


def tried_again(database: Path) -> Counter[str]:
    """Return the references of the replies that were handed over more than once, or may have been."""
    return _refs(database, "attempts > 0")


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


def surplus(database: Path, sent: Sequence[Sent]) -> Counter[str]:
    """Return how often replies, by their references, arrived once more; all must have arrived, and in their order."""
    with _opened(database) as db:
        meant = db.execute("SELECT ref, recipient, body FROM outbox ORDER BY id").fetchall()
    written = {row["ref"]: (row["recipient"], json.loads(row["body"])["text"]) for row in meant}
    for one in sent:
        assert written.get(one.ref) == (one.chat_id, one.text), "nothing arrives that was not meant"
    for customer in CUSTOMERS:
        user = str(customer.user)
        _is_within(
            [row["ref"] for row in meant if row["recipient"] == user], [one.ref for one in sent if one.chat_id == user]
        )
    return came_again(sent)


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
    assert all(ref in rest for ref in meant), "all replies arrive, in the order they were meant"


def _refs(database: Path, condition: str) -> Counter[str]:
    with _opened(database) as db:
        return Counter(row["ref"] for row in db.execute(f"SELECT ref FROM outbox WHERE {condition}"))


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
