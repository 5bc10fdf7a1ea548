"""`shuke db check` finds each fault that is planted, names its row, and finds nothing where all is well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection

from bot.commands.database import stamp_of
from crm_store import (
    approvals,
    checking,
    consents,
    finds,
    handoffs,
    inbox,
    memory,
    opportunities,
    orders,
    outbox,
    points,
    points_refunds,
    schema,
    surveys,
    take_backs,
    tasks,
    tickets,
)
from crm_store.approvals import NewApproval
from crm_store.engines import open_engine
from crm_store.memory import Said
from crm_store.ports import Ulids, VirtualClock
from crm_store.tasks import NewTask
from crm_store.unit_of_work import Store
from crm_store.writer import BEGIN
from tests.bot.commands import Shuke
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, an_outbound
from tests.servers.databases import Databases, open_store

IDS = Ulids(VirtualClock(NOW), Random(7))


def live(conn: Connection) -> None:
    """What goes on in a shop, all of it in order."""
    for who in ("ana", "bo"):
        a_customer(conn, who)
        points.earn(conn, who, 100, at=NOW, ids=IDS)
    points.spend(conn, "ana", 30, at=NOW, reference="tea")
    points_refunds.refund(conn, "ana", "tea", 10, at=NOW, ids=IDS, reference="tea back")
    orders.add(conn, order_no="A1", customer_id="bo", status="paid", ordered_at=NOW)
    points.earn(conn, "bo", 20, at=NOW, ids=IDS, order_no="A1")
    take_backs.take_back(conn, "bo", 5, order_no="A1", at=NOW, ids=IDS)
    consents.set_marketing(conn, "ana", True, now=NOW, evidence="in-1")
    for source, (kind, value) in enumerate((("likes", "tea"), ("shoe_size", "37"), ("shoe_size", "38"))):
        memory.learn(conn, "ana", kind, value, Said(f"in-{source}"), confidence=1, now=NOW, ids=IDS)
    opportunities.open_one(conn, "ana", "a sofa", Decimal(1), "CNY", now=NOW, by="agent:li", ids=IDS)
    inbox.store(conn, an_inbound("1"))
    outbox.queue(conn, [an_outbound("1"), an_outbound("2", "bo")])
    outbox.claim_due(conn, worker="w", now=NOW, until=NOW + timedelta(minutes=1), most=1)
    handoffs.request(conn, conversation_id="t-bo", customer_id="bo", reason="asked", now=NOW)
    handoffs.take(conn, "t-ana", "li", now=NOW)
    for number in range(2):
        opened = tickets.open_ticket(
            conn, customer_id="ana", conversation_id="t-ana", channel="telegram", category="delivery",
            priority="normal", order_no=None, summary="", now=NOW, ids=IDS, desk=DESK,
        )  # fmt: skip
        about = {"customer_id": "ana", "ticket": opened.number}
        task = NewTask(f"t-{number}", "reminder", "call", NOW, **about)
        tasks.open_task(conn, task, now=NOW, ids=IDS, by="bot")
        asked = NewApproval(f"a-{number}", about="refund", by="agent:li", **about)
        approvals.request(conn, asked, now=NOW, ids=IDS)
        surveys.send(conn, key=f"s-{number}", question="csat", now=NOW, id=IDS.new(), **about)
        if number:
            tickets.move(conn, opened.number, "resolved", now=NOW, by="agent:li")


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[str]:
    """Where the shop lives, for tests that leave it as it is."""
    with databases.migrated() as url:
        run_shop(url)
        yield url


@pytest.fixture
def url(root: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The installation's own shop, to be spoilt."""
    with databases.migrated() as url:
        run_shop(url)
        monkeypatch.setenv("SHUKE_STORE__URL", url)
        yield url


def run_shop(url: str) -> None:
    with closing(open_store(url)) as store:
        store.run_now(live)


@contextmanager
def spoilt(url: str, *statements: str) -> Iterator[Connection]:
    """Change the database behind the program's back; afterwards it is as it was."""
    engine = open_engine(url)
    try:
        with engine.connect() as conn:
            # No reference and no guard stands in the way of who goes behind the program's back.
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql("PRAGMA foreign_keys=OFF")
                conn.exec_driver_sql(BEGIN)
            else:
                conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                assert conn.exec_driver_sql(statement).rowcount, statement
            yield conn
            conn.rollback()
    finally:
        engine.dispose()


def plant(url: str, statement: str) -> None:
    """Change the database behind the program's back, for good."""
    with spoilt(url, statement) as conn:
        conn.commit()


def test_a_shop_in_order_passes(url: str, shuke: Shuke) -> None:
    ended = shuke("db", "check")

    assert (ended.code, ended.err.count("wrong")) == (0, 0)
    assert f"{len(checking.checks())} checks: nothing is wrong" in ended.out


FAULTS = {
    "points spent and not taken from the lot": (
        "UPDATE points_lots SET remaining = remaining + 1 WHERE customer_id = 'ana'",
        ("points", "points_lots", "81 are left and its entries add up to 80"),
    ),
    "less than nothing left": (
        "UPDATE points_lots SET remaining = -1 WHERE customer_id = 'bo'",
        ("points", "points_lots", "more is left than was earned, or less than nothing"),
    ),
    "somebody else's points": (
        "UPDATE points_entries SET customer_id = 'bo' WHERE points < 0",
        ("points", "points_entries", "moves points of somebody else's lot"),
    ),
    "more came back than was spent": (
        "INSERT INTO points_entries (customer_id, lot_id, kind, points, at, undoes) SELECT customer_id, lot_id,"
        " 'refunded', 30, at, id FROM points_entries WHERE kind = 'spent'",
        ("points", "points_entries", "more of it came back than was spent"),
    ),
    "points taken back that add up to something else": (
        "UPDATE points_take_backs SET owed = 3", ("points", "points_take_backs", "its parts do not add up")
    ),
    "points moved in no way that there is": (
        "INSERT INTO points_entries (customer_id, lot_id, kind, points, at) SELECT customer_id, lot_id, 'lost', 1, at"
        " FROM points_entries LIMIT 1",
        ("statuses", "points_entries", "its kind is none that there is"),
    ),
    "an identity of nobody": (
        "DELETE FROM customers WHERE id = 'bo'", ("references", "identities", "customer_id points to nothing")
    ),
    "a message without its conversation": (
        "DELETE FROM conversations WHERE id = 't-ana'", ("references", "inbox", "conversation_id points to nothing")
    ),
    "an answer to an identity that is gone": (
        "DELETE FROM identities WHERE id = 'i-bo'", ("references", "outbox", "identity_id points to nothing")
    ),
    "a consent without its proof": (
        "DELETE FROM consent_words", ("memory", "consents", "is a word without its proof")
    ),
    "forgotten and still there": (
        "UPDATE memory_facts SET status = 'forgotten' WHERE kind = 'likes'",
        ("memory", "memory_facts", "is forgotten or waits for leave, and its text is still there"),
    ),
    "remembered without a text": (
        "UPDATE memory_facts SET value = NULL WHERE kind = 'likes'",
        ("memory", "memory_facts", "is remembered without a text"),
    ),
    "sensitive without leave": (
        "UPDATE memory_facts SET kind = 'religion' WHERE kind = 'likes'",
        ("memory", "memory_facts", "is sensitive and kept without its owner's leave"),
    ),
    "two truths at once": (
        "UPDATE memory_facts SET status = 'active', superseded_by = NULL WHERE kind = 'shoe_size'",
        ("memory", "memory_facts", "is remembered beside another that contradicts it"),
    ),
    "replaced by nothing": (
        "UPDATE memory_facts SET superseded_by = 'x' WHERE superseded_by IS NOT NULL",
        ("references", "memory_facts", "superseded_by points to nothing"),
    ),
    "an opportunity in no stage": (
        "UPDATE opportunities SET stage = 'hoped for'", ("statuses", "opportunities", "its stage is none that there is")
    ),
    "an inbox row in no state": (
        "UPDATE inbox SET status = 'lost'", ("statuses", "inbox", "its status is none that there is")
    ),
    "an outbox row in no state": (
        "UPDATE outbox SET status = 'gone' WHERE status = 'queued'",
        ("statuses", "outbox", "its status is none that there is"),
    ),
    "sending for ever": (
        "UPDATE outbox SET lease_until = NULL WHERE status = 'sending'",
        ("statuses", "outbox", "is being sent without a lease: nobody would ever take it up"),
    ),
    "sent at no time": (
        "UPDATE outbox SET status = 'sent' WHERE status = 'queued'",
        ("statuses", "outbox", "is sent and has no time of it"),
    ),
    "consent to nothing": (
        "INSERT INTO consents (customer_id, purpose, value, at) SELECT id, 'spam', TRUE, created_at FROM customers",
        ("statuses", "consents", "its purpose is none that there is"),
    ),
    "owned by nobody": (
        "UPDATE conversations SET owner = 'agent:' WHERE id = 't-ana'",
        ("conversations", "conversations", "its owner is nobody"),
    ),
    "in the queue since never": (
        "UPDATE conversations SET waiting_since = NULL WHERE id = 't-bo'",
        ("conversations", "conversations", "waits outside of the queue, or is in it without a time"),
    ),
    "for a team that is none": (
        "UPDATE conversations SET team = 1 WHERE id = 't-bo'",
        ("conversations", "conversations", "is for a team outside of the queue, or for none"),
    ),
    "leased without an end": (
        "UPDATE conversations SET lease_owner = 'w' WHERE id = 't-ana'",
        ("conversations", "conversations", "is leased without an end"),
    ),
    "a case that no step led to": (
        "UPDATE tickets SET status = 'closed' WHERE number = 'T-1001'",
        ("tickets", "tickets", "is closed, and its steps lead to open"),
    ),
    "a step twice": (
        "INSERT INTO history (at, kind, by, customer_id, data) SELECT at, kind, by, customer_id, data FROM history"
        " WHERE kind = 'ticket.resolved'",
        ("tickets", "tickets", "was resolved while it was resolved"),
    ),
    "steps of a case that is not there": (
        "DELETE FROM tickets WHERE number = 'T-1001'",
        ("tickets", "history", "a case was opened that is not there"),
    ),
    "an order in no state": (
        "UPDATE orders SET status = 'lost'", ("statuses", "orders", "its status is none that there is")
    ),
    "a customer in no stage": (
        "UPDATE customers SET stage = 'nowhere' WHERE id = 'bo'",
        ("statuses", "customers", "its stage is none that there is"),
    ),
    "points for an order that is not there": (
        "UPDATE points_lots SET order_no = 'GONE' WHERE order_no = 'A1'",
        ("references", "points_lots", "order_no points to nothing"),
    ),
    "points taken back of an order that is not there": (
        "UPDATE points_take_backs SET order_no = 'GONE'",
        ("references", "points_take_backs", "order_no points to nothing"),
    ),
    "a task for a case that is not there": (
        "UPDATE tasks SET ticket = 'T-9'", ("references", "tasks", "ticket points to nothing")
    ),
    "an approval for a case that is not there": (
        "UPDATE approvals SET ticket = 'T-9'", ("references", "approvals", "ticket points to nothing")
    ),
    "a survey after a case that is not there": (
        "UPDATE surveys SET ticket = 'T-9'", ("references", "surveys", "ticket points to nothing")
    ),
    "resolved at no time": (
        "UPDATE tickets SET resolved_at = NULL WHERE status = 'resolved'",
        ("tickets", "tickets", "is resolved and has no time of it"),
    ),
    "a history that anybody may change": (
        "INSERT INTO history_openings (reason) VALUES ('erasure')",
        ("history", "history_openings", "the history was left open: anybody may change it"),
    ),
    "looked up and not there": (
        "INSERT INTO history_unindexed (id) VALUES (999)",
        ("references", "history_unindexed", "id points to nothing"),
    ),
    "a column that the program does not know": (
        "ALTER TABLE customers ADD COLUMN horoscope VARCHAR", ("form", "", "is not as the program declares it")
    ),
    "an older form": (
        "UPDATE alembic_version SET version_num = '0001'", ("form", "alembic_version", "is not the newest")
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_found(shop: str, fault: str) -> None:
    statement, (check, table, what) = FAULTS[fault]

    with spoilt(shop, statement) as conn:
        found = list(checking.checks()[check](conn))

    assert [find for find in found if table in find.table and what in find.what], found


def test_finds_are_told_a_line_each_by_check_table_and_key(url: str, shuke: Shuke) -> None:
    plant(url, "UPDATE conversations SET lease_owner = 'w' WHERE id = 't-ana'")

    ended, listed = shuke("db", "check"), shuke("--json", "db", "check")

    assert (ended.code, listed.code) == (1, 1)
    assert ended.err.splitlines()[-1] == "conversations: conversations t-ana: is leased without an end"
    [find] = listed.json
    assert find == {
        "check": "conversations",
        "table": "conversations",
        "key": "t-ana",
        "what": "is leased without an end",
    }


def test_a_thousand_faults_of_one_kind_are_not_told_one_by_one(shop: str) -> None:
    rows = ", ".join(
        f"('r{n}', 'telegram', 'shop', 'x{n}', 't-ana', 'i-ana', '{{}}', '2026-11-22 00:00:00.000000+00:00', 'lost', 0)"
        for n in range(1_000)
    )
    columns = "ref, channel, account, external_id, conversation_id, identity_id, body, received_at, status, attempts"

    with spoilt(shop, f"INSERT INTO inbox ({columns}) VALUES {rows}") as conn:
        found = checking.check(conn)

    assert len(found) == finds.MOST_TOLD + 1
    assert "only the first 20 are told" in found[-1].what


def test_an_index_that_misses_a_row_is_found(database: Path) -> None:
    url = f"sqlite:///{database}"
    run_shop(url)
    name = "name = 'ix_customers_phone'"
    with closing(sqlite3.connect(database)) as db, db:
        [index] = db.execute(f"SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE {name}")
        db.execute("PRAGMA writable_schema = ON")
        db.execute(f"DELETE FROM sqlite_master WHERE {name}")
    plant(url, "UPDATE customers SET phone = '+8613900000000'")
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index)

    with closing(Store(url)) as store:
        found = store.read_now(checking.check)

    assert "file" in {find.check for find in found}


def test_checking_changes_nothing_and_makes_no_database(root: Path, shuke: Shuke) -> None:
    ended = shuke("db", "check")

    assert ended.code == 2
    assert "there is no database; ./shuke db upgrade makes one" in ended.err
    assert not (root / "var/shuke.db").exists()

    schema.upgrade(f"sqlite:///{root}/var/shuke.db", "0001")
    assert shuke("db", "check").code == 1
    assert not schema.is_current(f"sqlite:///{root}/var/shuke.db")


def test_the_moment_of_a_backups_name_is_utc() -> None:
    assert stamp_of(datetime(2026, 11, 22, 9, 5, 7, tzinfo=UTC)) == "20261122T090507Z"
