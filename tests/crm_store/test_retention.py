"""What is older than the shop keeps it goes, and nothing else; a dry run tells the same numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from crm_store import (
    audit,
    coupon_use,
    coupons,
    history,
    inbox,
    outbox,
    points,
    resolution,
    search_index,
    surveys,
    tickets,
    webhooks,
)
from crm_store.ports import Ulids, VirtualClock
from crm_store.privacy import retention
from crm_store.privacy.settings import PrivacySettings
from crm_store.search_index import waiting
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, an_outbound

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


ENDS = replace(KEPT, tickets=timedelta(days=365), surveys=timedelta(days=365), coupons=timedelta(days=365))
IDS = Ulids(VirtualClock(NOW), Random(7))


def a_case(store: Store, summary: str, *, at: datetime, steps: dict[str, datetime]) -> str:
    number: str = store.run_now(
        lambda conn: tickets.open_ticket(
            conn, customer_id="ana", conversation_id="t-ana", channel="telegram", now=at, ids=IDS, category="delivery",
            priority="normal", order_no=None, summary=summary, desk=DESK,
        )
    ).number  # fmt: skip
    for status, moment in steps.items():
        store.run_now(tickets.move, number, status, now=moment, by="agent:li")
    return number


def test_what_cases_were_about_goes_once_they_are_long_done_and_the_figures_stay(old: Store) -> None:
    a_day = timedelta(days=1)
    done = a_case(old, "zqold cup broken", at=LONG_AGO, steps={"resolved": LONG_AGO + a_day, "closed": LATELY})
    a_case(old, "zqopen still open", at=LONG_AGO, steps={})
    a_case(old, "zqlate solved lately", at=LONG_AGO, steps={"resolved": LATELY})
    a_case(old, "zqshut closed lately", at=LONG_AGO, steps={"closed": LATELY})
    before = old.read_now(tickets.of_customer, "ana")

    assert "tickets" not in let_go(old)
    counts = counted(old, ENDS)
    assert let_go(old, ENDS)["tickets"] == counts["tickets"] == 1

    after = old.read_now(tickets.of_customer, "ana")
    assert [replace(one, summary="") for one in after] == [replace(one, summary="") for one in before]
    told = " ".join(f"{one.summary}" for one in after) + str([one.data for one in rows(old, history.history)])
    assert [word for word in ("zqold", "zqopen", "zqlate", "zqshut") if word not in told] == ["zqold"]
    (opened,) = [
        one for one in rows(old, history.history)
        if one.kind == "ticket.opened" and one.data["number"] == done
    ]  # fmt: skip
    assert (opened.data["category"], opened.data["priority"]) == ("delivery", "normal")
    assert [one.at for one in old.read_now(resolution.steps, "ana", done)] == [LONG_AGO, LONG_AGO + a_day, LATELY]
    assert "tickets" not in counted(old, ENDS)


def test_one_that_was_closed_unresolved_goes_when_no_case_was_closed_since(old: Store) -> None:
    a_case(old, "zqshut", at=LONG_AGO, steps={"closed": LONG_AGO})

    assert let_go(old, ENDS)["tickets"] == 1


def test_what_was_said_to_a_score_goes_and_the_score_counts_as_before(old: Store) -> None:
    for key, at in (("a", LONG_AGO), ("b", LATELY)):
        old.run_now(surveys.send, key=key, customer_id="ana", question="csat", now=at, id=f"s-{key}")
        old.run_now(surveys.answer, f"s-{key}", score=2, now=at, words=f"zq{key} too slow")

    counts = counted(old, ENDS)
    assert let_go(old, ENDS)["surveys"] == counts["surveys"] == 1

    assert [(one.score, one.words) for one in rows(old, surveys.surveys)] == [(2, None), (2, "zqb too slow")]
    told = [one.data for one in rows(old, history.history) if one.kind == "survey.answered"]
    assert [(one["score"], one.get("words")) for one in told] == [(2, None), (2, "zqb too slow")]
    assert old.read_now(surveys.score, "csat", since=LONG_AGO, until=NOW).answers == 2


def test_a_coupon_that_has_ended_loses_its_name_and_is_still_issued_but_once(old: Store) -> None:
    old.run_now(coupons.define, coupons.Offer("tea", "amount", Decimal(5), "CNY"))
    for reference, at in (("for dear Ana", LONG_AGO), ("lately", LATELY)):
        said = {"why": "her dear cat"}
        old.run_now(coupons.issue, "ana", "tea", at=at, ids=IDS, reference=reference, attributes=said)
    gone = old.read_now(coupons.by_reference, "for dear Ana")
    old.run_now(coupon_use.expire, gone.code, NOW)

    counts = counted(old, ENDS)
    assert let_go(old, ENDS)["coupons"] == counts["coupons"] == 1
    again = old.run_now(coupons.issue, "ana", "tea", at=NOW, ids=IDS, reference="for dear Ana")

    kept = rows(old, coupons.coupons)
    assert (again.code, again.issued_at) == (gone.code, LONG_AGO)
    assert [one.reference for one in kept if one.code != gone.code] == ["lately"]
    assert len(kept) == 2
    assert "dear" not in str([one for one in kept if one.code == gone.code])
    assert [one.attributes for one in kept if one.code != gone.code] == [{"why": "her dear cat"}]
    assert [(one.state, one.value) for one in kept if one.code == gone.code] == [("expired", Decimal(5))]


def test_a_coupon_that_was_paid_with_points_keeps_the_name_by_which_they_come_back(old: Store) -> None:
    offer = coupons.Offer("cup", "amount", Decimal(5), "CNY", valid_for=timedelta(days=30), points=10)
    old.run_now(coupons.define, offer)
    old.run_now(points.earn, "ana", 100, at=LONG_AGO, ids=IDS, reason="order", reference="o1", by="system")
    paid = old.run_now(coupon_use.redeem, "ana", "cup", at=LONG_AGO, ids=IDS, reference="swap 1")
    old.run_now(coupon_use.expire, paid.code, NOW)

    assert "coupons" not in counted(old, ENDS)

    old.run_now(coupons.describe, paid, {"why": "a birthday"})
    assert let_go(old, ENDS)["coupons"] == 1
    assert [(one.reference, one.attributes) for one in rows(old, coupons.coupons)] == [("swap 1", None)]


def test_several_batches_of_cases_go_one_after_the_other(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "A_BATCH", 2)
    for number in range(5):
        a_case(old, f"zq{number}", at=LONG_AGO, steps={"resolved": LONG_AGO})

    assert let_go(old, ENDS)["tickets"] == 5
    assert "zq" not in str([one.data for one in rows(old, history.history)])
