"""More customers cost a page, a timeline, a search and an append nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, event

from benchmarks import scale_rows
from benchmarks.scale_rows import RARE, RARELY, id_of
from crm_store import customers, finding, history, search, timeline
from crm_store.terms import ask
from crm_store.timeline import Filters, Place
from crm_store.unit_of_work import Store
from desk.customers.pages import page_of
from tests.crm_store.people import DESK, NOW
from tests.crm_store.plans import effort_on
from tests.servers.databases import Databases, SqliteDatabases, open_store

SEED = 7
REGULAR, ORDINARY = id_of(SEED, 0), id_of(SEED, 57)
DEEP = scale_rows.BEGAN.replace(month=3)
"""The regular's timeline ends two months before."""
SIZES = [
    pytest.param((500, 2_000), id="5,000 and 20,000 entries"),
    pytest.param((1_000, 10_000), id="10,000 and 100,000 entries", marks=pytest.mark.long),
]
BY_NAME = "people by a part of a name"
FREQUENT = frozenset({"search for what is everywhere", "search for a phrase"})
SEARCHES = FREQUENT | {"search for what is rare", "search for what is nowhere"}


def customers_page(conn: Connection, id: str) -> None:
    page_of(conn, customers.by_id(conn, id), DESK, now=NOW)


def one_more(conn: Connection) -> None:
    history.record(conn, at=NOW, kind="message.in", by="customer", customer_id=ORDINARY, ref="new", text="退款呢")


WORK = {
    "an ordinary customer's page": lambda conn: customers_page(conn, ORDINARY),
    "a regular's page": lambda conn: customers_page(conn, REGULAR),
    "the first page of a timeline": lambda conn: timeline.page(conn, REGULAR),
    "a page deep in a timeline": lambda conn: timeline.page(conn, REGULAR, before=Place(DEEP, 1)),
    "a timeline of one kind": lambda conn: timeline.page(conn, REGULAR, filters=Filters(groups=("orders",))),
    "search for what is rare": lambda conn: search.find(conn, ask(RARE)),
    "search for what is nowhere": lambda conn: search.find(conn, ask("麒麟")),
    "search for what is everywhere": lambda conn: search.find(conn, ask("退款")),
    "search for a phrase": lambda conn: search.find(conn, ask("退款什么时候到账")),
    "search with one customer": lambda conn: search.find_with(conn, ask("退款"), REGULAR),
    BY_NAME: lambda conn: finding.find(conn, "rare", region="CN"),
    "people by a phone": lambda conn: finding.find(conn, "13900000000", region="CN"),
    "append": one_more,
}


@dataclass
class Cost:
    statements: dict[str, int]
    effort: dict[str, int]


def cost(conn: Connection) -> Cost:
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the quickest where a table has few pages
    statements: dict[str, int] = {}
    effort: dict[str, int] = {}
    for name, work in WORK.items():
        seen: list[str] = []

        def see(_conn, _cursor, statement, *_rest, seen=seen):
            seen.append(statement)

        attempt = conn.begin_nested()
        with effort_on(conn) as done:
            event.listen(conn, "before_cursor_execute", see)
            work(conn)
            event.remove(conn, "before_cursor_execute", see)
        attempt.rollback()
        statements[name], effort[name] = len(seen), done.done
    return Cost(statements, effort)


@pytest.fixture(scope="module", params=SIZES)
def costs(request: pytest.FixtureRequest, databases: Databases) -> Iterator[tuple[Cost, Cost]]:
    with databases.with_tables() as url:
        store = open_store(url)
        found = []
        for size in request.param:
            made(store, size)
            found.append(store.run_now(cost))
        yield found[0], found[1]
        store.close()


def made(store: Store, size: int) -> None:
    for _ in scale_rows.make(store, size, seed=SEED):
        pass
    store.run_now(lambda conn: conn.exec_driver_sql("ANALYZE"))


def test_more_customers_cost_no_statement_more(costs):
    few, many = costs

    assert many.statements == few.statements


def test_more_customers_let_no_more_rows_be_read(costs):
    few, many = costs

    assert {name: many.effort[name] for name in WORK if name not in SEARCHES | {BY_NAME}} == {
        name: few.effort[name] for name in WORK if name not in SEARCHES | {BY_NAME}
    }
    # Whether the last page of the index that is asked about ends before or behind the name.
    assert abs(many.effort[BY_NAME] - few.effort[BY_NAME]) <= 1


def test_more_customers_let_a_search_read_no_more(costs, databases):
    few, many = costs

    for name in SEARCHES:
        if isinstance(databases, SqliteDatabases):
            # FTS5 asks each part of its index, of which a larger one has some more, until it joins them.
            assert many.effort[name] < 2 * few.effort[name]
        elif name in FREQUENT:
            # PostgreSQL reads what matches among the newest entries, however many there are behind them.
            assert many.effort[name] <= search.NEAR
        else:
            assert many.effort[name] == few.effort[name]


def test_what_is_made_is_the_same_of_the_same_seed_though_it_was_broken_off(databases):
    def entries(store):
        return [
            (row.at, row.customer_id, row.kind, row.text) for row in store.read_now(timeline.page, REGULAR, most=1_000)
        ]

    found = []
    for sizes in ((200,), (100, 200)):
        with databases.with_tables() as url:
            store = open_store(url)
            for size in sizes:
                made(store, size)
            found.append((entries(store), len(store.run_now(search.find, ask(RARE)).entries)))
            store.close()

    assert found[0] == found[1]
    assert found[0][1] == RARELY


def test_a_database_of_another_seed_is_refused(empty_store):
    made(empty_store, 100)

    with pytest.raises(scale_rows.OtherSeed, match="seed 8"):
        list(scale_rows.make(empty_store, 200, seed=8))
