"""Units of work that meet: each in a transaction of its own, open at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection

from crm_store.unit_of_work import Store

WITHIN = 30
"""Seconds; whoever does not come by then is lost."""

Unit = Callable[[Connection], Any]


def meet(*works: tuple[Store, Unit]) -> Sequence[Any]:
    """Run units, each on its store, so that all have begun before one does anything; return results or errors."""
    begun = threading.Barrier(len(works), timeout=WITHIN)

    def run(work: tuple[Store, Unit]) -> Any:
        store, unit = work
        has_waited = False

        def together(conn: Connection) -> Any:
            nonlocal has_waited
            conn.exec_driver_sql("SELECT 1")
            if not has_waited:
                has_waited = True
                begun.wait()
            return unit(conn)

        return store.run_now(together)

    with ThreadPoolExecutor(len(works)) as threads:
        started = [threads.submit(run, work) for work in works]
        return [one.exception(WITHIN) or one.result() for one in started]
