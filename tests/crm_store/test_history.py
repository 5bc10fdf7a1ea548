"""What is appended to the history stands there as it was, in its order."""

import pytest

from crm_store import customers, history
from tests.crm_store.people import NOW


@pytest.mark.parametrize("count", [0, 1, 4, 5, 9])
def test_entries_appended_together_keep_their_order_and_what_they_hold(empty_store, count):
    empty_store.run_now(customers.add, id="ana", created_at=NOW)
    entries = [
        history.entry(
            at=NOW, kind="message.in" if number % 2 else "ticket.opened", by="customer", customer_id="ana",
            ref=f"r{number}" if number % 2 else None, text="你好 100%" if number % 2 else None, data={"n": number},
        )
        for number in range(count)
    ]  # fmt: skip

    empty_store.run_now(history.append, entries)

    found = empty_store.read_now(history.timeline, "ana")
    assert [{name: getattr(row, name) for name in entry} for row, entry in zip(found, entries, strict=True)] == entries
