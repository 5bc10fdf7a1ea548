"""`shuke db reindex` makes the search index anew from what the history has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from crm_store import history, search
from crm_store.terms import ask
from crm_store.unit_of_work import Store
from tests.bot.commands import Shuke
from tests.crm_store.people import NOW, a_customer


def test_a_damaged_index_is_made_anew(database: Path, shuke: Shuke) -> None:
    with closing(Store(f"sqlite:///{database}")) as store:
        store.run_now(a_customer, "ana")
        store.run_now(history.record, at=NOW, kind="message.in", by="customer", customer_id="ana", text="退款到账了吗")
        assert len(store.run_now(search.find, ask("退款")).entries) == 1
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DELETE FROM history_terms")

    ended = shuke("db", "reindex")

    assert (ended.code, ended.out.strip()) == (0, "1 entries are found by their words")
    with closing(Store(f"sqlite:///{database}")) as store:
        assert len(store.run_now(search.find, ask("退款")).entries) == 1
