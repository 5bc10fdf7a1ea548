"""What must be true of a town once it is quiet: every broken promise is one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.faults.chronicle import Chronicle
from tests.faults.customers import EARNED, POINTS, SPENT, Customer
from tests.faults.sending_checks import broken_in_sending
from tests.faults.town_records import Records, Row, from_json
from tests.faults.townsfolk import CARE_AFTER, FIRST_CARED_FOR, silent_lines
from tests.servers.telegram_api import Sent

HANDED_OVER = {"handoff.requested": 1, "handoff.taken": 1, "handoff.returned": 1}
_SENT, _UNKNOWN = _ENDS_OF_CARE = ("care.sent", "care.unknown")
_AT_MOST_OFF = timedelta(minutes=1)
"""Much more than processes differ, and much less than the hour that a clock is set wrong."""


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
    found += broken_in_sending(records.tables["outbox"], sent, chronicle.in_doubt, with_person=with_person)
    found += _of_times(records, chronicle)
    found += _of_care(records, sent)
    return found


def _of_customer(customer: Customer, theirs: dict[str, list[Row]]) -> Iterator[str]:
    bodies = [from_json(row["body"]) for row in theirs["inbox"]]
    said = [body.get("text") or body.get("payload") for body in bodies]
    if said != list(customer.lines):
        yield f"said {list(customer.lines)}, of which is stored {said}"
    if unhandled := [row["ref"] for row in theirs["inbox"] if row["status"] != "done"]:
        yield f"not handled: {unhandled}"

    refs = [row["ref"] for row in theirs["inbox"]]
    heard = [row["ref"] for row in theirs["history"] if row["kind"] == "message.in"]
    if heard != refs:
        yield f"took turns for {heard}, not once for each of {refs}"
    said_by_bot = [row for row in theirs["history"] if row["kind"] == "message.out" and row["by"] == "bot"]
    if unasked := [row["text"] for row in said_by_bot if "answers" not in from_json(row["data"])]:
        yield f"was asked whether they are still there, within minutes: {unasked}"
        return
    answers = [from_json(row["data"])["answers"] for row in said_by_bot]
    if len({(to, row["text"]) for to, row in zip(answers, said_by_bot, strict=True)}) < len(answers):
        yield f"answered twice in the same words: {answers}"
    told = [row["ref"] for row in theirs["history"] if row["kind"] == "message.out"]
    if sorted(told) != sorted(row["ref"] for row in theirs["outbox"] if row["kind"] != "care"):
        yield f"what is to be delivered is not what the history tells: {told}"
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


def _of_times(records: Records, chronicle: Chronicle) -> Iterator[str]:
    """All that was written down bears the time that the processes share, whatever their machines' clocks say."""
    began = records.read_at - timedelta(seconds=chronicle.now()) - CARE_AFTER - _AT_MOST_OFF
    until = records.read_at + _AT_MOST_OFF
    times = [row["at"] for row in records.tables["history"]] + [row["created_at"] for row in records.tables["outbox"]]
    if wrong := [at for at in times if not began < at < until]:
        yield f"{len(wrong)} of {len(times)} times are not of this run, such as {wrong[0]} at {records.read_at}"


def _of_care(records: Records, sent: Sequence[Sent]) -> Iterator[str]:
    arrived = Counter(one.chat_id for one in sent)
    care = {row["ref"]: row for row in records.tables["outbox"] if row["kind"] == "care"}
    messages = Counter(row["recipient"] for row in care.values())
    for row in records.tables["claims"]:
        if row["outcome"] != "queued":
            yield f"care {row['occasion']} came to {row['outcome']}"
    told: dict[str, list[str]] = defaultdict(list)
    for row in records.tables["history"]:
        if row["kind"] in ("care.queued", *_ENDS_OF_CARE):
            told[from_json(row["data"])["message"]].append(row["kind"])
    for ref, kinds in told.items():
        ended = kinds[1:]
        # Who was slow or frozen while sending may come back, and tell that it was taken after all.
        in_order = ended in ([_SENT], [_UNKNOWN], [_UNKNOWN, _SENT]) and kinds[0] == "care.queued"
        if not in_order or ref not in care or ended[-1] != f"care.{care[ref]['status']}":
            yield f"care {ref} was recorded as {kinds}, and is {care[ref]['status'] if ref in care else 'none'}"
    if missing := care.keys() - told.keys():
        yield f"care that the history does not tell of: {sorted(missing)}"
    for user in messages.keys() | {user for user in arrived if int(user) >= FIRST_CARED_FOR}:
        if int(user) >= FIRST_CARED_FOR and (messages[user] != 1 or arrived[user] > 1):
            yield f"care for {user}: {messages[user]} messages, {arrived[user]} arrived"


def _by_user(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if row["user_id"] is not None:
            found[row["user_id"]].append(row)
    return found
