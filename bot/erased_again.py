"""A backup that is put back has customers in it who were erased since: they are erased again before anybody sees it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from crm_store.privacy import erasures, ledger, scrubbing
from crm_store.privacy.ledger import Replayed
from crm_store.unit_of_work import Store


class ErasedAgain:
    """Called with the address of a database that is to take the present one's place, when it is up to date.

    Who was erased is told by the ledger in ``var`` and by the present database, where that
    can still be read; ``url`` is None where there is none.
    """

    def __init__(self, url: str | None, var: Path, *, key: str | None, now: datetime) -> None:
        self._var = var
        self._key = key
        self.now = now
        self._told = {
            one["id"]: one for one in (*ledger.read(var / ledger.LEDGER_FILE), *(_in_database(url) if url else ()))
        }
        self.replayed = Replayed((), ())
        """What came of it."""

    def __call__(self, url: str) -> None:
        """Erase again.

        Raises:
            PrivacyError: the ledger was written with another key; nothing has changed.
        """
        if not self._told:
            return
        hashes = ledger.hashes(self._var, self._key)
        told: list[dict[str, Any]] = sorted(self._told.values(), key=lambda one: one["at"])
        with closing(Store(url)) as store:
            self.replayed = store.run_now(ledger.replay, told, hashes=hashes, now=self.now)
            if self.replayed.erased:
                scrubbing.scrub(store, url)
            ledger.write(self._var / ledger.LEDGER_FILE, store.read_now(erasures.every))


def _in_database(url: str) -> list[dict[str, Any]]:
    """Return the erasures that the present database tells; none where it is not there, damaged or from before them."""
    store = Store(url)
    with closing(store):
        try:
            return [ledger.as_told(row) for row in store.read_now(erasures.every)]
        except (DBAPIError, sqlite3.DatabaseError):
            # That is often why a backup is put back; the file tells the same.
            return []
