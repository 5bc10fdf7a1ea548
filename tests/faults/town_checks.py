"""What must be true of a town once it is quiet: every broken promise is one line."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.chronicle import Chronicle, Reply
from tests.faults.customers import EARNED, POINTS, SPENT, Customer
from tests.faults.townsfolk import FIRST_CARED_FOR, silent_lines
from tests.servers.telegram_api import Sent

Row = dict[str, Any]

_READ = {
    "inbox": "SELECT t.*, i.user_id FROM inbox t JOIN identities i ON i.id = t.identity_id ORDER BY t.id",
    "outbox": "SELECT * FROM outbox ORDER BY id",
    "history": "SELECT t.*, i.user_id FROM history t"
    " LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, user_id FROM identities) i USING (customer_id)"
    " ORDER BY t.id",
    "tickets": "SELECT t.*, i.user_id FROM tickets t JOIN identities i USING (customer_id)",
    "entries": "SELECT t.*, i.user_id FROM points_entries t JOIN identities i USING (customer_id) ORDER BY t.id",
    "lots": "SELECT t.*, i.user_id FROM points_lots t JOIN identities i USING (customer_id)",
    "talks": "SELECT t.*, i.user_id, t.lease_until > clock_timestamp() AS leased"
    " FROM conversations t JOIN identities i ON i.id = t.identity_id",
    "claims": "SELECT * FROM schedule_claims",
}
HANDED_OVER = {"handoff.requested": 1, "handoff.taken": 1, "handoff.returned": 1}


@dataclass(frozen=True, slots=True)
class Records:
    """All that a town has written down, by table; those of a customer by their user id."""

    tables: dict[str, list[Row]]

    def of(self, table: str, user: str) -> list[Row]:
        return [row for row in self.tables[table] if row["user_id"] == user]


def read_records(url: str) -> Records:
    """Read everything in one snapshot."""
    with psycopg.connect(url, row_factory=dict_row) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return Records({name: db.execute(query).fetchall() for name, query in _READ.items()})


def broken_promises(
    records: Records, sent: Sequence[Sent], chronicle: Chronicle, talked: Sequence[Customer]
) -> list[str]:
    """Return what was lost, done twice or out of order."""
    by_user = {name: _by_user(rows) for name, rows in records.tables.items() if rows and "user_id" in rows[0]}
    found: list[str] = []
    for customer in talked:
        theirs = {name: rows.get(str(customer.user), []) for name, rows in by_user.items()}
        found += [f"customer {customer.user}: {broken}" for broken in _of_customer(customer, defaultdict(list, theirs))]
    known = {str(customer.user) for customer in talked}
    found += [
        f"{row['user_id']} never wrote {row['body']}" for row in records.tables["inbox"] if row["user_id"] not in known
    ]
    with_person = {str(customer.user) for customer in talked if customer.asks_person is not None}
    found += _of_sending(records.tables["outbox"], sent, chronicle, with_person)
    found += _of_care(records, sent)
    return found


def surplus(outbox: Sequence[Row], sent: Sequence[Sent]) -> Counter[Reply]:
    """Return what arrived more often than it was meant to."""
    more = Counter((one.chat_id, one.text) for one in sent)
    more.subtract(Counter((row["recipient"], _text(row)) for row in outbox))
    return +more


def _of_customer(customer: Customer, theirs: dict[str, list[Row]]) -> Iterator[str]:
    bodies = [_json(row["body"]) for row in theirs["inbox"]]
    said = [body.get("text") or body.get("payload") for body in bodies]
    if said != list(customer.lines):
        yield f"said {list(customer.lines)}, of which is stored {said}"
    if unhandled := [row["ref"] for row in theirs["inbox"] if row["status"] != "done"]:
        yield f"not handled: {unhandled}"

    refs = [row["ref"] for row in theirs["inbox"]]
    heard = [row["ref"] for row in theirs["history"] if row["kind"] == "message.in"]
    if heard != refs:
        yield f"took turns for {heard}, not once for each of {refs}"
    answers = [
        _json(row["data"])["answers"]
        for row in theirs["history"]
        if row["kind"] == "message.out" and row["by"] == "bot"
    ]
    silent = silent_lines(customer)
    answered = {ref for number, ref in enumerate(refs) if number not in silent}
    if set(answers) != answered:
        yield f"answered {sorted(set(answers))}, not {sorted(answered)}"
    elif answers != sorted(answers, key=refs.index):
        yield f"answered in the order {answers}, said in the order {refs}"

    kinds = Counter(row["kind"] for row in theirs["history"])
    if len(theirs["tickets"]) != customer.tickets or kinds["ticket.opened"] != customer.tickets:
        yield f"{len(theirs['tickets'])} tickets, {kinds['ticket.opened']} recorded, {customer.tickets} asked for"
    moved = Counter((row["reason"], row["points"]) for row in theirs["entries"])
    meant = {
        ("order", POINTS): min(customer.swaps, 1),
        ("swap", -SPENT): customer.swaps,
        ("swapped", EARNED): customer.swaps,
    }
    if moved != +Counter(meant):
        yield f"points moved: {dict(moved)}, not {meant}"
    if sum(row["remaining"] for row in theirs["lots"]) != sum(row["points"] for row in theirs["entries"]):
        yield "the lots and the entries of the points do not agree"

    handed = {kind: kinds[kind] for kind in HANDED_OVER}
    if customer.asks_person is not None and handed != HANDED_OVER:
        yield f"handed over: {handed}"
    for talk in theirs["talks"]:
        if talk["owner"] != "bot" or talk["leased"]:
            yield f"left with {talk['owner']}, leased by {talk['lease_owner']}"


def _of_sending(
    outbox: Sequence[Row], sent: Sequence[Sent], chronicle: Chronicle, with_person: Collection[str]
) -> Iterator[str]:
    for row in outbox:
        left_to_person = row["status"] == "skipped" and row["recipient"] in with_person
        unknown = row["status"] == "unknown" and row["kind"] == "care"
        if row["status"] != "sent" and not left_to_person and not unknown:
            yield f"message {row['ref']} to {row['recipient']} is {row['status']}: {row['error']}"
    meant, arrived = defaultdict(list), defaultdict(list)
    for row in outbox:
        if row["status"] == "sent":
            meant[row["recipient"]].append(_text(row))
    for one in sent:
        arrived[one.chat_id].append(one.text)
    for recipient, texts in meant.items():
        rest = iter(arrived[recipient])
        if not all(text in rest for text in texts):
            yield f"to {recipient} was to go, in this order, {texts}, and there came {arrived[recipient]}"
    if unexplained := surplus(outbox, sent) - chronicle.in_doubt:
        yield f"came more often than meant, and nobody was harmed while sending it: {dict(unexplained)}"


def _of_care(records: Records, sent: Sequence[Sent]) -> Iterator[str]:
    arrived = Counter(one.chat_id for one in sent)
    messages = Counter(row["recipient"] for row in records.tables["outbox"] if row["kind"] == "care")
    for row in records.tables["claims"]:
        if row["outcome"] != "queued":
            yield f"care {row['occasion']} came to {row['outcome']}"
    for user, rows in _by_user(records.tables["history"]).items():
        kinds = Counter(row["kind"] for row in rows)
        if kinds["care.queued"] != messages[user] or kinds["care.queued"] != kinds["care.sent"] + kinds["care.unknown"]:
            yield f"care for {user}: {messages[user]} messages, recorded {dict(kinds)}"
        if int(user) >= FIRST_CARED_FOR and (messages[user] != 1 or arrived[user] > 1):
            yield f"care for {user}: {messages[user]} messages, {arrived[user]} arrived"


def _by_user(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if row["user_id"] is not None:
            found[row["user_id"]].append(row)
    return found


def _text(row: Row) -> str:
    text: str = _json(row["body"])["text"]
    return text


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
