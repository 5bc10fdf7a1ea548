"""`shuke customer merge` and `unmerge`: said in one line, audited with who sits at the keyboard."""

import getpass
from pathlib import Path

from crm_store import audit
from crm_store.unit_of_work import Store
from tests.crm_store.people import a_customer
from tests.operations.conftest import Shuke, database, root, shuke

__all__ = ["database", "root", "shuke"]


def test_two_customers_are_merged_and_taken_apart_from_the_terminal(database: Path, shuke: Shuke) -> None:
    url = f"sqlite:///{database}"
    store = Store(url)
    store.run_now(a_customer, "ana", number="C001")
    store.run_now(a_customer, "bob")
    store.close()

    merged = shuke("customer", "merge", "C001", "telegram:bob", "--store", url)
    refused = shuke("customer", "merge", "C001", "bob", "--store", url)
    undone = shuke("customer", "unmerge", "1", "--store", url)
    again = shuke("customer", "unmerge", "1", "--store", url)

    assert (merged.code, undone.code) == (0, 0)
    assert "shuke customer unmerge 1" in merged.out
    assert (refused.code, "one customer already" in refused.err) == (2, True)
    assert (again.code, "undone already" in again.err) == (2, True)
    store = Store(url)
    told = [(entry.by, entry.action, entry.customer_id) for entry in store.read_now(audit.latest)]
    store.close()
    me = f"user:{getpass.getuser()}"
    assert told == [(me, "unmerge", "bob"), (me, "unmerge", "ana"), (me, "merge", "ana")]
