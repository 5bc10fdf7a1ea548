"""Wakes on SQLite, which tells nobody that another process has written: so we look, while somebody listens.

The connection that writes is asked for ``PRAGMA data_version``: it changes with every
commit of anybody else, and never with our own. Nobody then knows what has changed, so
everyone who listens is told to look (an empty key).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from crm_store.errors import StoreBusy, StoreClosed
from crm_store.wakes import TOPICS, Wakes

log = structlog.get_logger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks; one costs an empty transaction, and no write to the disk."""


def data_version(conn: Connection) -> int:
    """Return a number that another one takes the place of once somebody else has committed."""
    return int(conn.exec_driver_sql("PRAGMA data_version").scalar_one())


class WatchedWakes(Wakes):
    """The wakes of one process, and of whoever else writes to its database.

    ``submit`` lets a unit be run on the connection that writes.
    """

    def __init__(self, submit: Callable[[Callable[[Connection], int]], Future[int]]) -> None:
        super().__init__()
        self._submit = submit
        self._ending = threading.Event()
        self._watching: threading.Thread | None = None

    def listen(self, topic: str, heard: Callable[[str], None]) -> Callable[[], None]:
        unlisten = super().listen(topic, heard)
        with self._changing:
            if self._watching is None and not self._ending.is_set():
                self._watching = threading.Thread(target=self._watch, name="wakes-watching", daemon=True)
                self._watching.start()
        return unlisten

    def close(self) -> None:
        self._ending.set()
        watching = self._watching
        if watching is not None:
            watching.join()
        super().close()

    def _watch(self) -> None:
        known = self._look()
        while not self._ending.wait(LOOK_EVERY):
            with self._changing:
                if not self._listeners:
                    self._watching = None
                    return
            seen = self._look()
            if seen is not None and seen != known:
                known = seen
                for topic in TOPICS:
                    self._tell(topic, "")

    def _look(self) -> int | None:
        try:
            return self._submit(data_version).result()
        except StoreClosed:
            return None
        except (StoreBusy, SQLAlchemyError) as exc:
            # Whoever wants to write is told of it; the next look may fare better.
            log.warning("wakes.not_watched", error=type(exc).__name__, again_in_s=LOOK_EVERY)
            return None
