"""What is older than the shop keeps it goes, and nothing else; a dry run tells the same numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from crm_store import audit, history, inbox, outbox, search_index, webhooks
from crm_store.privacy import retention
from crm_store.privacy.settings import PrivacySettings
from crm_store.search_index import waiting
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, an_inbound, an_outbound

KEPT = PrivacySettings()
LONG_AGO, LATELY = NOW - timedelta(days=4000), NOW - timedelta(days=1)


@pytest.fixture
def old(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    for number, at in enumerate((LONG_AGO, LONG_AGO, LATELY)):
        empty_store.run_now(inbox.store, an_inbound(str(number), received_at=at))
        empty_store.run_now(
            lambda conn, row: conn.execute(insert(outbox.outbox), row),
            an_outbound(str(number), created_at=at, status="sent", attempts=1, sent_at=at),
        )
        empty_store.run_now(
            history.record, at=at, kind="message.in", by="customer", customer_id="ana", text="你好", why={"at": 1}
        )
        empty_store.run_now(audit.record, at=at, by="agent:li", action="see_customer", customer_id="ana")
    empty_store.run_now(inbox.finish, 1)
    empty_store.run_now(inbox.finish, 3)
    return empty_store


def let_go(store: Store, settings: PrivacySettings = KEPT) -> dict[str, int]:
    gone = {}
    for name, batch in retention.work(settings, now=NOW):
        gone[name] = 0
        while taken := store.run_now(batch):
            gone[name] += taken
    return {name: rows for name, rows in gone.items() if rows}


def counted(store: Store, settings: PrivacySettings = KEPT) -> dict[str, int]:
    return {one.kind: one.rows for one in store.read_now(retention.due, settings, now=NOW) if one.rows}


def rows(store: Store, table: Any) -> list[Any]:
    return store.read_now(lambda conn: list(conn.execute(select(table).order_by(*table.primary_key))))


def test_what_is_too_old_goes_and_what_is_not_or_is_still_to_do_stays(old: Store) -> None:
    assert let_go(old) == {"inbox": 1, "outbox": 2, "reasons": 2, "audit": 2}

    assert [(row.status, row.received_at) for row in rows(old, inbox.inbox)] == [("open", LONG_AGO), ("done", LATELY)]
    assert [row.created_at for row in rows(old, outbox.outbox)] == [LATELY]
    assert [(row.text, row.why is None) for row in rows(old, history.history)] == [
        ("你好", True), ("你好", True), ("你好", False),
    ]  # fmt: skip
    assert [row.at for row in rows(old, audit.audit)] == [LATELY]


def test_a_dry_run_counts_what_would_go_and_changes_nothing(old: Store) -> None:
    before = counted(old)

    assert counted(old) == before
    assert let_go(old) == before
    assert counted(old) == {}


def test_words_have_an_end_only_where_the_shop_sets_one(old: Store) -> None:
    settings = replace(KEPT, words=timedelta(days=365))

    assert "words" not in let_go(old)
    assert let_go(old, settings) == {"words": 2}

    assert [row.text for row in rows(old, history.history)] == [None, None, "你好"]
    while old.run_now(search_index.catch_up):
        pass
    assert old.read_now(waiting) == 0


def test_more_than_a_batch_goes_in_several(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "A_BATCH", 1)

    assert let_go(old)["outbox"] == 2


def test_nothing_can_be_let_go_before_platforms_bring_it_again() -> None:
    assert PrivacySettings(inbox=timedelta(hours=1)).kept["inbox"] == timedelta(days=3)


def test_every_kind_of_data_has_its_setting() -> None:
    assert {kind.name for kind in retention.KINDS} == set(KEPT.kept)


def test_what_a_webhook_gave_up_has_an_end_only_where_the_shop_sets_one_and_what_waits_has_none(old: Store) -> None:
    def give_up(conn: Connection) -> None:
        webhooks.add(conn, "erp", "https://erp.example", ["note"], now=NOW)
        told = {"at": LONG_AGO, "kind": "note", "by": "agent:li", "customer_id": "ana"}
        for _ in range(3):
            history.record(conn, **told)
        for at in (LONG_AGO, LATELY):
            (one,) = webhooks.claim(conn, now=NOW, lease=timedelta(minutes=1))
            webhooks.failed(conn, replace(one, attempts=webhooks.GIVEN_UP_AFTER), "ConnectError", now=at)

    old.run_now(give_up)
    assert "deliveries" not in let_go(old)

    assert let_go(old, replace(KEPT, deliveries=timedelta(days=365))) == {"deliveries": 1}

    assert [row.given_up_at for row in rows(old, webhooks.deliveries)] == [LATELY, None]
