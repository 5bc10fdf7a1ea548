"""On the way of a message every question is answered by an index, with a hundred rows and with twenty thousand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, event, insert, literal, select

from crm_store import (
    budgets,
    conversations,
    customers,
    figures,
    glances,
    handoffs,
    history,
    identities,
    inbox,
    linking,
    orders,
    outbox,
    points,
    schedule,
    schema,
    showing,
    taking_over,
    tickets,
)
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, an_inbound, an_outbound

IDS = Ulids(VirtualClock(NOW), Random(7))
LATER = NOW + timedelta(minutes=1)
SMALL = (
    "ix_inbox_open",
    "ix_outbox_undelivered",
    "ix_outbox_due",
    "ix_conversations_queue",
    "ix_conversations_with_people",
    "anon_",
    "subquery",
    "switches",
)
"""Partial indexes of what waits, and what was read from them: no more than what there is to do; two switches."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'shop.db'}", durable=False)
    store.run_now(schema.create)
    yield store
    store.close()


def live(conn: Connection, first: int, last: int) -> None:
    """Customers with a handled message, an answer that left, an order, points and a ticket each; a few still wait."""
    many = [f"c{n}" for n in range(first, last)]
    row = {"created_at": NOW, "birth_leap": False, "member": False}
    conn.execute(insert(customers.customers), [{"id": who, "phone": f"+86{who}"} | row for who in many])
    conn.execute(
        insert(identities.identities),
        [
            {"id": f"i-{who}", "channel": "telegram", "user_id": who, "customer_id": who, "verified": False}
            | {"created_at": NOW}
            for who in many
        ],
    )
    conn.execute(
        insert(conversations.conversations),
        [
            {"id": f"t-{who}", "customer_id": who, "identity_id": f"i-{who}", "owner": "bot", "turns": 1}
            | {"created_at": NOW}
            for who in many
        ],
    )
    conn.execute(
        insert(inbox.inbox),
        [an_inbound(who, who, attempts=0, status="open" if n < 5 else "done") for n, who in enumerate(many)],
    )
    conn.execute(
        insert(outbox.outbox),
        [an_outbound(who, who, attempts=0, status="queued" if n < 5 else "sent") for n, who in enumerate(many)],
    )
    conn.execute(
        history.ADD,
        [history.entry(at=NOW, kind="message.in", by="customer", customer_id=who, ref=f"in-{who}") for who in many],
    )
    conn.execute(
        insert(orders.orders),
        [{"order_no": f"A-{who}", "customer_id": who, "status": "paid", "ordered_at": NOW} for who in many],
    )
    conn.execute(
        insert(orders.order_lines),
        [{"order_no": f"A-{who}", "line": 1, "sku": "tea", "quantity": 1, "currency": "CNY"} for who in many],
    )
    conn.execute(
        insert(points.lots),
        [{"id": f"l-{who}", "customer_id": who, "points": 5, "remaining": 5, "earned_at": NOW} for who in many],
    )
    conn.execute(
        insert(points.entries),
        [{"customer_id": who, "lot_id": f"l-{who}", "points": 5, "at": NOW, "reference": who} for who in many],
    )
    conn.execute(
        insert(tickets.tickets),
        [
            {
                "id": f"k-{who}", "number": f"N-{who}", "customer_id": who, "category": "other", "priority": "low",
                "status": "open", "summary": "", "opened_at": NOW, "due_at": NOW, "opened_by": "bot",
            }
            for who in many
        ],
    )  # fmt: skip


@contextmanager
def statements_of(conn: Connection) -> Iterator[list[tuple[str, object]]]:
    seen: list[tuple[str, object]] = []

    def see(_conn, _cursor, statement, parameters, _context, executemany):
        seen.append((statement, parameters[0] if executemany else parameters))

    event.listen(conn, "before_cursor_execute", see)
    yield seen
    event.remove(conn, "before_cursor_execute", see)


def a_link(conn: Connection) -> None:
    a_customer(conn, "newcomer")
    linking.link(conn, identities.find(conn, "telegram", "newcomer"), "c9", evidence="link", now=NOW)


WORK = {
    "store a message": lambda conn: inbox.store(conn, an_inbound("new", "c7")),
    "claim": lambda conn: inbox.claim(conn, "t-c2", worker="w", now=NOW, until=LATER, before=3),
    "oldest open": lambda conn: inbox.oldest_open(conn, "t-c2"),
    "waiting conversations": lambda conn: inbox.waiting_conversations(conn, now=NOW, most=50),
    "finish": lambda conn: inbox.finish(conn, 3),
    "who wrote": lambda conn: identities.find(conn, "telegram", "c7"),
    "identities of a customer": lambda conn: identities.of_customer(conn, "c7"),
    "who has the phone": lambda conn: customers.by_phone(conn, "+86c7"),
    "talk of a customer": lambda conn: conversations.of_customer(conn, "c7"),
    "save a turn": lambda conn: conversations.save_turn(conn, "t-c7", state={}, identity_id="i-c7", now=NOW),
    "queue an answer": lambda conn: outbox.queue(conn, [an_outbound("new", "c7")]),
    "others on their way": lambda conn: conn.execute(select(outbox.undelivered_to(literal("i-c7")))).one(),
    "claim what is due": lambda conn: outbox.claim_due(conn, worker="w", now=NOW, until=LATER),
    "expired": lambda conn: outbox.expired(conn, now=LATER),
    "next due": outbox.next_due,
    "mark sent": lambda conn: outbox.mark_sent(conn, [("out-c7", "1")], now=NOW),
    "last sent": lambda conn: outbox.last_sent(conn, "i-c7"),
    "timeline": lambda conn: history.timeline(conn, "c7"),
    "a message's reason": lambda conn: history.by_ref(conn, "in-c7"),
    "what waits, for monitoring": figures.read,
    "the queue of the agents": handoffs.waiting,
    "the queue at a glance": lambda conn: taking_over.queue(conn, NOW),
    "the last words of many": lambda conn: glances.last_said(conn, ["c7", "c8"]),
    "buttons shown to many": lambda conn: outbox.button_titles_of(conn, ["c7", "c8"]),
    "how messages stand": lambda conn: outbox.states(conn, ["out-c7"]),
    "one's own conversations": lambda conn: glances.of_agent(conn, "li"),
    "a customer's page": lambda conn: taking_over.page(conn, "c7", NOW),
    "many by name": lambda conn: showing.calling(conn, ["c7", "c8"]),
    "why it waits": lambda conn: handoffs.came_from(conn, "c7"),
    "buttons shown": lambda conn: outbox.button_titles(conn, "c7"),
    "points": lambda conn: points.spend(conn, "c7", 1, at=NOW),
    "points known": lambda conn: points.is_known(conn, "c7"),
    "an order": lambda conn: orders.find(conn, "A-c7"),
    "orders of a customer": lambda conn: orders.recent(conn, "c7"),
    "tickets of a customer": lambda conn: tickets.of_customer(conn, "c7"),
    "move a ticket": lambda conn: tickets.move(conn, "N-c7", "resolved", now=NOW, by="agent:li"),
    "claim an occasion": lambda conn: schedule.claim(conn, "job", "occasion", now=NOW, outcome="queued"),
    "take of a budget": lambda conn: [
        budgets.take(conn, "telegram", now=NOW, every=timedelta(seconds=1), burst=1) for _ in range(2)
    ],
    "link": a_link,
}


def plans(conn: Connection) -> dict[str, list[str]]:
    """How SQLite answers each statement of each piece of work; what they wrote is taken back."""
    found: dict[str, list[str]] = {}
    for name, work in WORK.items():
        attempt = conn.begin_nested()
        with statements_of(conn) as statements:
            work(conn)
        attempt.rollback()
        found[name] = [
            step
            for statement, parameters in statements
            for *_, step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return found


def test_no_question_reads_a_whole_table_and_growth_changes_no_plan(store):
    store.run_now(live, 0, 100)
    few = store.run_now(plans)
    store.run_now(live, 100, 20_000)
    many = store.run_now(plans)
    store.run_now(lambda conn: conn.exec_driver_sql("ANALYZE"))
    measured = store.run_now(plans)

    assert few == many
    for found in (many, measured):
        scans = {
            name: step
            for name, steps in found.items()
            for step in steps
            if step.startswith("SCAN") and not re.search("|".join((*SMALL, "CONSTANT ROW", r"SCAN due(_care)?$")), step)
        }
        assert scans == {}
