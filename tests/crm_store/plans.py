"""How a database answers statements, as it tells by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event


def steps(conn: Connection, statement: str, parameters: object) -> list[str]:
    """Return a plan's steps; on PostgreSQL a table is read whole only where nothing else is possible."""
    if conn.dialect.name == "sqlite":
        return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [step.strip() for (step,) in conn.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", parameters)]


def reads_a_whole_table(step: str) -> bool:
    return step.startswith("SCAN") or "Seq Scan" in step


class Effort:
    """What the database did: rows that PostgreSQL looked at, instructions of SQLite's virtual machine."""

    def __init__(self) -> None:
        self.done = 0


@contextmanager
def effort_on(conn: Connection) -> Iterator[Effort]:
    """Count what the statements of the block cost."""
    effort = Effort()
    if conn.dialect.name == "sqlite":
        driver: Any = conn.connection.driver_connection

        def tick() -> None:
            effort.done += 1

        driver.set_progress_handler(tick, 1)
        yield effort
        driver.set_progress_handler(None, 0)
        return

    def look(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, executemany: bool) -> None:
        # Done and taken back first, since looking means doing.
        cursor = conn.connection.cursor()
        cursor.execute("SAVEPOINT look")
        explain = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, FORMAT JSON) {statement}"
        cursor.execute(explain, parameters[0] if executemany else parameters)
        [(answer,)] = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT look")
        effort.done += sum(_rows_read(node) for node in _nodes(answer[0]["Plan"]))

    event.listen(conn, "before_cursor_execute", look)
    yield effort
    event.remove(conn, "before_cursor_execute", look)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


def _rows_read(node: dict[str, Any]) -> int:
    """The rows of a table that were looked at; what an index alone tells counts entries of rows long gone too."""
    if "Relation Name" not in node or not node["Node Type"].endswith("Scan"):
        return 0
    dropped = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck"))
    return round((node["Actual Rows"] + dropped) * node["Actual Loops"])
