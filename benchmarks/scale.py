"""What pages, timelines, searches and appends take with many customers, on SQLite and on PostgreSQL.

    .venv/bin/python -m benchmarks.scale --customers 10000 [--write]
    SHUKE_BENCH=/big/disk .venv/bin/python -m benchmarks.scale --customers 1000000 --only sqlite --write

Databases are made a block of customers at a time, and what was broken off goes on where it was. SQLite's file is kept
in the folder that SHUKE_BENCH names (benchmarks/out without it). PostgreSQL is the database that --postgres names, or a
server of our own, durable as it comes, which is thrown away.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from sqlalchemy import Connection, event

from benchmarks import scale_rows
from benchmarks.results import machine, write_section
from benchmarks.scale_rows import BEGAN, BLOCK, RARE, id_of
from crm_store import customers, finding, history, schema, search, search_index, timeline
from crm_store.terms import ask
from crm_store.timeline import Filters, Place
from crm_store.unit_of_work import Store
from desk.customers.pages import page_of
from tests.crm_store.people import DESK, NOW
from tests.crm_store.plans import effort_on
from tests.servers.postgres import running_cluster

SEED = 7
OUT = Path(__file__).with_name("out")
THREADS = 8
HEADER = (
    "| | aim p50 ms | SQLite p50 / p99 ms; statements, steps | PostgreSQL p50 / p99 ms; statements, rows read |\n"
    "|---|---|---|---|"
)
"""Statements and effort are those of one question: SQLite counts the steps of its virtual machine."""
AIMS = {"customer": "20", "timeline": "10", "search": "100", "people": "100"}

Unit = Callable[[Connection], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=10, help="interactions of a customer, on average")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--postgres", help="URL of an empty database or one made before; without it one is thrown away")
    parser.add_argument("--times", type=int, default=300, help="how often each question is asked")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    folder = Path(os.environ.get("SHUKE_BENCH", OUT)) / f"scale-{asked.customers}-{asked.each}"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, str]] = {}
    notes = []
    for kind in [asked.only] if asked.only else ["sqlite", "postgresql"]:
        with database(kind, folder, asked.postgres) as url:
            store = Store(url)
            made = fill(store, asked.customers, asked.each)
            found[kind] = measure(store, asked.customers, asked.times)
            alone, together, indexed = appends_a_second(store, 1), appends_a_second(store, 5), indexed_a_second(store)
            store.close()
            told = f"{alone:,.0f} appends/s alone, {together:,.0f}/s by five, {indexed:,.0f}/s taken into the index"
            notes.append(f"- {kind}: {made}; {told}.")
    lines = [HEADER]
    for name in next(iter(found.values())):
        aim = AIMS.get(name.split()[0].strip(","), "")
        lines.append(f"| {name} | {aim} | " + " | ".join(found.get(k, {}).get(name, "") for k in KINDS) + " |")
    print("\n".join([*lines, *notes]))
    if asked.write:
        count = asked.customers * asked.each
        about = f"{asked.customers:,} customers, {count:,} interactions; each asked {asked.times} times."
        write_section(f"scale {asked.customers}", [machine(), about, "", *lines, "", *notes])


KINDS = ("sqlite", "postgresql")


@contextlib.contextmanager
def database(kind: str, folder: Path, postgres: str | None) -> Iterator[str]:
    """Lend a database, up to date."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'shuke.db'}"
        schema.upgrade(url)
        yield url
        return
    with contextlib.ExitStack() as stack:
        if postgres is None:
            postgres = stack.enter_context(running_cluster(durable=True)).create("scale")
        schema.upgrade(postgres)
        yield postgres


def fill(store: Store, count: int, each: int) -> str:
    """Make what is missing, telling how fast; return what was made."""
    begun, rows = time.perf_counter(), 0
    for number, some in enumerate(scale_rows.make(store, count, each=each, seed=SEED), 1):
        rows += some
        if number % 10 == 0:
            taken = time.perf_counter() - begun
            print(f"\r{number * BLOCK:,} customers, {rows:,} rows, {rows / taken:,.0f} rows/s", end="", file=sys.stderr)
    if not rows:
        return "made before"
    print(file=sys.stderr)
    store.run_now(lambda conn: conn.exec_driver_sql("ANALYZE"))
    return f"made with its index at {rows / (time.perf_counter() - begun):,.0f} rows/s"


def measure(store: Store, count: int, times: int) -> dict[str, str]:
    """Ask each question of many customers, one after the other."""
    chance = Random(SEED)

    def someone() -> str:
        return id_of(SEED, chance.randrange(count))

    def regular() -> str:
        return id_of(SEED, chance.randrange(count // BLOCK) * BLOCK)

    def anywhere() -> Place:
        return Place(BEGAN.replace(month=1 + chance.randrange(12), year=2024 + chance.randrange(3)), 1)

    def page(conn: Connection, who: str) -> object:
        return page_of(conn, customers.by_id(conn, who), DESK, now=NOW)

    def words(typed: str) -> Callable[[], Unit]:
        asked = ask(typed)
        assert asked is not None, "there are words in it"
        return lambda: lambda conn: search.find(conn, asked)

    own = ask("退款")
    assert own is not None, "there are words in it"
    questions: dict[str, Callable[[], Unit]] = {
        "customer page": lambda: lambda conn, who=someone(): page(conn, who),
        "customer page of a regular (half of a block's history)": lambda: lambda conn, who=regular(): page(conn, who),
        "timeline, first page": lambda: lambda conn, who=regular(): timeline.page(conn, who),
        "timeline, any depth": lambda: lambda conn, w=regular(), at=anywhere(): timeline.page(conn, w, before=at),
        "timeline of one kind": lambda: (
            lambda conn, who=regular(): timeline.page(conn, who, filters=Filters(groups=("orders",)))
        ),
        f"search of the shop, rare ({RARE})": words(RARE),
        "search of the shop, frequent (退款)": words("退款"),
        "search of the shop, one character (茶)": words("茶"),
        "search of the shop, a phrase (退款什么时候到账)": words("退款什么时候到账"),
        "search of the shop, nowhere (麒麟)": words("麒麟"),
        "search with one customer": lambda: lambda conn, who=regular(): search.find_with(conn, own, who),
        "people by a name": lambda: lambda conn, who=someone(): finding.find(conn, name_of(conn, who), region="CN"),
        "people by four digits": lambda: lambda conn, who=someone(): finding.find(conn, who[-4:], region="CN"),
        "append, committed": lambda: lambda conn, who=someone(): one_more(conn, who),
    }
    return {name: taken(store, question, times) for name, question in questions.items()}


def name_of(conn: Connection, who: str) -> str:
    """Return a customer's name; of a longer one the beginning, which many have."""
    return str(customers.by_id(conn, who).name)[:2]


def one_more(conn: Connection, who: str) -> int:
    """Write a note down, as a turn writes its entries."""
    return history.record(conn, at=NOW, kind="note", by="agent:li", customer_id=who, text="爱喝龙井")


def taken(store: Store, question: Callable[[], Unit], times: int) -> str:
    found = []
    for number in range(times + 10):
        unit = question()
        begun = time.perf_counter()
        store.run_now(unit)
        if number >= 10:
            found.append((time.perf_counter() - begun) * 1000)
    found.sort()
    statements, effort = store.run_now(cost, question())
    return f"{found[len(found) // 2]:.1f} / {found[len(found) * 99 // 100]:.1f}; {statements}, {effort:,}"


def cost(conn: Connection, unit: Unit) -> tuple[int, int]:
    """Return how many statements a question takes, and what the database does for them; nothing of it is kept."""
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    attempt = conn.begin_nested()
    with effort_on(conn) as effort:
        event.listen(conn, "before_cursor_execute", count)
        unit(conn)
        event.remove(conn, "before_cursor_execute", count)
    attempt.rollback()
    return asked, effort.done


def appends_a_second(store: Store, entries: int, seconds: float = 5.0) -> float:
    """Append from several threads, so many entries in a transaction; a turn writes three to five."""
    end = time.perf_counter() + seconds

    def add(conn: Connection, who: str) -> None:
        row = history.entry(at=NOW, kind="note", by="agent:li", customer_id=who, text="爱喝龙井")
        conn.execute(history.ADD, [row] * entries)

    def append(number: int) -> int:
        done = 0
        while time.perf_counter() < end:
            store.run_now(add, id_of(SEED, number))
            done += entries
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(append, range(THREADS))) / seconds


def indexed_a_second(store: Store) -> float:
    """Take what was just appended into the index."""
    begun, count = time.perf_counter(), 0
    while some := store.run_now(search_index.catch_up):
        count += some
    return count / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
