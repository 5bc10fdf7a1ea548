"""On the way of a message every question is answered by an index, and costs the same with five times the customers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, event, insert, literal, select, update

from crm_store import (
    approvals,
    budgets,
    conversations,
    coupons,
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
    promises,
    schedule,
    search,
    search_index,
    showing,
    suggesting,
    surveys,
    taking_over,
    tasks,
    tickets,
    timeline,
    webhooks,
)
from crm_store.ports import Ulids, VirtualClock
from crm_store.terms import ask
from crm_store.timeline import Filters, Place
from tests.crm_store.people import NOW, a_customer, an_inbound, an_outbound
from tests.crm_store.plans import effort_on, reads_a_whole_table, steps
from tests.servers.databases import Databases, open_store

IDS = Ulids(VirtualClock(NOW), Random(7))
LATER = NOW + timedelta(minutes=1)
FEW, MANY = 1_000, 5_000
"""Customers; fewer fill so few pages that reading a whole table is the quickest."""
SMALL = re.compile(
    "ix_inbox_open|ix_outbox_undelivered|ix_outbox_due|ix_conversations_queue|ix_conversations_with_people"
    "|ix_promises_open|ix_promises_running|ix_tasks_open|ix_approvals_waiting"
    r"|anon_|subquery|CONSTANT ROW|SCAN due(_care)?$|switches|history_unindexed"
)
"""Partial indexes of what waits, and what was read from them: no more than what there is to do; two switches; what
waits for the search index."""


WITHOUT_INDEX = "for comparison: who got seven points"


def live(conn: Connection, first: int, last: int) -> None:
    """Customers with a message, an answer, an order, points, a coupon and a ticket each; a few still wait."""
    many = [f"c{n}" for n in range(first, last)]
    row = {"created_at": NOW, "birth_leap": False, "member": False}
    conn.execute(
        insert(customers.customers),
        [{"id": who, "phone": f"+86{who}", "email": f"{who}@example.com"} | row for who in many],
    )
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
        [an_inbound(who, who, attempts=0, status="open" if n < 5 else "done") for n, who in enumerate(many, first)],
    )
    conn.execute(
        insert(outbox.outbox),
        [an_outbound(who, who, attempts=0, status="queued" if n < 5 else "sent") for n, who in enumerate(many, first)],
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
    coupons.define(conn, coupons.Offer("tea", "product", sku="T1"))
    conn.execute(
        insert(coupons.coupons),
        [
            {
                "id": f"k-{who}",
                "code": f"k-{who}",
                "rule": "tea",
                "customer_id": who,
                "state": "used",
                "kind": "product",
                "sku": "T1",
                "undo_s": 0,
                "issued_at": NOW,
                "expires_at": NOW,
                "used_at": NOW,
                "order_no": who,
                "reference": who,
            }
            for who in many
        ],
    )
    conn.execute(
        insert(points.lots),
        [{"id": f"l-{who}", "customer_id": who, "points": 5, "remaining": 5, "earned_at": NOW} for who in many],
    )
    conn.execute(
        insert(points.entries),
        [
            {"customer_id": who, "lot_id": f"l-{who}", "kind": "earned", "points": 5, "at": NOW, "reference": who}
            for who in many
        ],
    )
    conn.execute(
        insert(promises.promises),
        [
            {
                "id": f"p-{who}", "customer_id": who, "kind": "other", "text": "refund", "made_by": "agent:li",
                "owner": "agent:li", "made_at": NOW, "due_at": LATER, "state": "open" if n < 5 else "kept",
            }
            for n, who in enumerate(many, first)
        ],
    )  # fmt: skip
    conn.execute(
        insert(tasks.tasks),
        [
            {
                "id": f"d-{who}", "key": who, "kind": "reminder", "customer_id": who, "promise_id": f"p-{who}",
                "owner": "agent:li", "about": "refund", "due_at": LATER, "state": "open" if n < 5 else "done",
                "opened_at": NOW, "opened_by": "system",
            }
            for n, who in enumerate(many, first)
        ],
    )  # fmt: skip
    conn.execute(
        insert(approvals.approvals),
        [
            {
                "id": f"a-{who}", "key": who, "customer_id": who, "about": "refund", "asked_by": "agent:li",
                "asked_at": NOW, "state": "requested" if n < 5 else "given",
            }
            for n, who in enumerate(many, first)
        ],
    )  # fmt: skip
    conn.execute(
        insert(surveys.surveys),
        [
            {"id": f"s-{who}", "key": who, "customer_id": who, "question": "csat", "state": "answered", "score": 5}
            | {"sent_at": NOW - timedelta(days=n), "answered_at": NOW - timedelta(days=n)}
            for n, who in enumerate(many, first)
        ],
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
    "who has the address": lambda conn: customers.by_email(conn, "c7@example.com"),
    "whom they may be": lambda conn: suggesting.matches(conn, "c7"),
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
    "a page of the timeline": lambda conn: timeline.page(conn, "c7", before=Place(NOW, 7)),
    "one kind of the timeline": lambda conn: timeline.page(conn, "c7", filters=Filters(groups=("orders",))),
    "is the index behind": search_index.is_behind,
    "take into the index": search_index.catch_up,
    "search a customer's": lambda conn: search.find_with(conn, ask("退款"), "c7"),
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
    "coupons of a customer": lambda conn: coupons.of_customer(conn, "c7"),
    "coupons of an order": lambda conn: coupons.of_order(conn, "c7"),
    "points known": lambda conn: points.is_known(conn, "c7"),
    "an order": lambda conn: orders.find(conn, "A-c7"),
    "orders of a customer": lambda conn: orders.recent(conn, "c7"),
    "tickets of a customer": lambda conn: tickets.of_customer(conn, "c7"),
    "move a ticket": lambda conn: tickets.move(conn, "N-c7", "resolved", now=NOW, by="agent:li"),
    "promises of a customer": lambda conn: promises.of_customer(conn, "c7"),
    "a promise by its id": lambda conn: promises.by_id(conn, "p-c7"),
    "promises of tasks": lambda conn: promises.by_ids(conn, {"p-c7", "p-c8"}),
    "promises that are near": lambda conn: promises.near(conn, LATER),
    "promises put off": lambda conn: promises.put_off(conn, NOW - timedelta(days=1)),
    "one's own promises": lambda conn: promises.running(conn, owner="agent:li", most=50),
    "everybody's promises": lambda conn: promises.running(conn, owner=None, most=50),
    "is a promise entered": lambda conn: promises.is_entered(conn, "c7", since=NOW),
    "note that they were told": lambda conn: promises.mark_told(conn, "p-c1", now=NOW),
    "keep a promise": lambda conn: promises.keep(conn, "p-c1", proof="R-1", by="agent:li", now=NOW),
    "escalate": lambda conn: promises.escalate(conn, promises.by_id(conn, "p-c1"), now=LATER, ids=IDS),
    "tasks of a customer": lambda conn: tasks.of_customer(conn, "c7"),
    "one's own tasks": lambda conn: tasks.due(conn, owners=["agent:li", tasks.SUPERVISORS], most=50),
    "everybody's tasks": lambda conn: tasks.due(conn, owners=None, most=50),
    "tick a task off": lambda conn: tasks.finish(conn, "d-c1", by="agent:li", now=NOW),
    "approvals of a customer": lambda conn: approvals.of_customer(conn, "c7"),
    "what waits for approval": lambda conn: approvals.waiting(conn, most=50),
    "one's own requests": lambda conn: approvals.waiting(conn, asked_by="agent:li", most=50),
    "approve": lambda conn: approvals.answer(conn, "a-c1", given=True, by="agent:boss", now=NOW),
    "ask how it was": lambda conn: surveys.send(
        conn, key="new", customer_id="c7", question="csat", now=NOW, id=IDS.new()
    ),
    "surveys of a customer": lambda conn: surveys.of_customer(conn, "c7"),
    "the open survey of a customer": lambda conn: surveys.open_of(conn, "c7"),
    "the score of a week": lambda conn: surveys.score(conn, "csat", since=NOW - timedelta(days=7), until=LATER),
    "claim an occasion": lambda conn: schedule.claim(conn, "job", "occasion", now=NOW, outcome="queued"),
    "take of a budget": lambda conn: [
        budgets.take(conn, "telegram", now=NOW, every=timedelta(seconds=1), burst=1) for _ in range(2)
    ],
    "link": a_link,
    WITHOUT_INDEX: lambda conn: conn.execute(select(points.lots.c.id).where(points.lots.c.points == 7)).all(),
}


@dataclass(frozen=True)
class Look:
    """How each piece of work is answered, and what it cost; what it wrote is taken back."""

    plans: dict[str, list[str]]
    effort: dict[str, int]

    @property
    def whole_tables(self) -> set[str]:
        """What reads a table whole that grows."""
        return {
            name
            for name, plan in self.plans.items()
            for step in plan
            if reads_a_whole_table(step) and not SMALL.search(step)
        }


@dataclass(frozen=True)
class Looks:
    """With few customers and with many, by indexes wherever possible; and with many, as the database likes best."""

    few: Look
    many: Look
    freely: Look


def look(conn: Connection, *, freely: bool = False) -> Look:
    if conn.dialect.name == "postgresql" and not freely:
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    effort: dict[str, int] = {}
    asked: dict[str, list[tuple[str, object]]] = {}
    for name, work in WORK.items():
        attempt = conn.begin_nested()
        with effort_on(conn) as cost, statements_of(conn) as asked[name]:
            work(conn)
        attempt.rollback()
        effort[name] = cost.done
    plans = {name: [step for one in statements for step in steps(conn, *one)] for name, statements in asked.items()}
    return Look(plans, effort)


def analyze(conn: Connection) -> None:
    conn.exec_driver_sql("ANALYZE")


@pytest.fixture(scope="module")
def looks(databases: Databases) -> Iterator[Looks]:
    with databases.with_tables() as url:
        store = open_store(url)
        found = []
        for first, last in ((0, FEW), (FEW, MANY)):
            store.run_now(live, first, last)
            if store.is_shared:  # SQLite plans by rules while it has not measured its tables
                store.run_now(analyze)
            found.append(store.run_now(look))
        store.run_now(analyze)
        found.append(store.run_now(look, freely=True))
        store.close()
        yield Looks(*found)


def test_no_question_reads_a_whole_table(looks):
    assert [one.whole_tables for one in (looks.few, looks.many, looks.freely)] == [{WITHOUT_INDEX}] * 3


def test_five_times_the_customers_cost_nothing_more(looks):
    few, many = looks.few.effort, looks.many.effort

    assert {name for name in WORK if few[name] != many[name]} == {WITHOUT_INDEX}
    assert many[WITHOUT_INDEX] > 4 * few[WITHOUT_INDEX]


def test_what_the_database_likes_best_costs_no_more_than_the_indexes(looks):
    by_index, freely = looks.many.effort, looks.freely.effort

    assert {name: freely[name] for name in WORK if freely[name] > 2 * by_index[name]} == {}


def let_all_be(conn: Connection, status: str) -> None:
    conn.execute(update(outbox.outbox).values(status=status))


def test_many_that_wait_after_a_quiet_hour_are_each_looked_at_a_few_times_only(empty_store):
    def claim(conn: Connection) -> int:
        with effort_on(conn) as cost:
            outbox.claim_due(conn, worker="w", now=NOW, until=LATER)
        return cost.done

    def cost_of_a_claim(first: int, last: int) -> int:
        empty_store.run_now(live, first, last)
        empty_store.run_now(let_all_be, "sent")
        empty_store.run_now(analyze)
        empty_store.run_now(let_all_be, "queued")
        return empty_store.run_now(claim)

    few, many = cost_of_a_claim(0, 100), cost_of_a_claim(100, 400)

    assert many < 6 * few, "four times as many wait"


def say(conn: Connection, times: int) -> None:
    said = {"kind": "message.in", "by": "customer", "text": "退款什么时候到账"}
    conn.execute(history.ADD, [history.entry(at=NOW, ref=f"said-{times}-{one}", **said) for one in range(times)])


def test_of_many_words_that_wait_after_a_quiet_hour_a_batch_is_taken_into_the_index(empty_store):
    def take_in(conn: Connection) -> tuple[int, int]:
        with effort_on(conn) as cost:
            taken = search_index.catch_up(conn, most=50)
        return taken, cost.done

    def a_batch_of(waiting: int) -> tuple[int, int]:
        while empty_store.run_now(search_index.catch_up):
            pass
        empty_store.run_now(analyze)
        empty_store.run_now(say, waiting)
        return empty_store.run_now(take_in)

    (few_taken, few), (many_taken, many) = a_batch_of(2_000), a_batch_of(20_000)

    assert few_taken == many_taken == 50
    assert 0 < many < 2 * few, "ten times as many wait"


def test_what_waits_for_an_address_that_is_down_is_each_looked_at_a_few_times_only(empty_store):
    def note(conn: Connection, first: int, last: int) -> None:
        live(conn, first, last)
        of = [f"c{n}" for n in range(first, last)] + [None]
        conn.execute(history.ADD, [history.entry(at=NOW, kind="note", by="system", customer_id=who) for who in of * 5])

    def fail(conn: Connection) -> bool:
        claimed = webhooks.claim(conn, now=NOW, lease=timedelta(minutes=1))
        for one in claimed:
            webhooks.failed(conn, one, "ConnectError", now=NOW)
        return bool(claimed)

    def claim(conn: Connection) -> int:
        with effort_on(conn) as cost:
            assert webhooks.claim(conn, now=NOW, lease=timedelta(minutes=1)) == []
        return cost.done

    def cost_of_a_claim(first: int, last: int) -> int:
        empty_store.run_now(note, first, last)
        while empty_store.run_now(fail):
            pass
        empty_store.run_now(analyze)
        return empty_store.run_now(claim)

    empty_store.run_now(lambda conn: webhooks.add(conn, "erp", "https://erp.example", ["note"], now=NOW))
    few, many = cost_of_a_claim(0, 60), cost_of_a_claim(60, 240)

    assert many < 6 * few, "four times as many wait"
