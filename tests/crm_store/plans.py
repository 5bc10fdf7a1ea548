"""How a database answers a statement, as it tells by itself."""

from __future__ import annotations

from sqlalchemy import Connection


def steps(conn: Connection, statement: str, parameters: object) -> list[str]:
    """Return a plan's steps; on PostgreSQL a table is read whole only where nothing else is possible."""
    if conn.dialect.name == "sqlite":
        return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [step.strip() for (step,) in conn.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", parameters)]


def reads_a_whole_table(step: str) -> bool:
    return step.startswith("SCAN") or "Seq Scan" in step
