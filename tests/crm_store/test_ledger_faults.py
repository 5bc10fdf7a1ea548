"""What the ledger's random histories are worth: each fault that is planted in the points is found by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Connection, func, literal, or_, select
from sqlalchemy.exc import DBAPIError

from crm_store import points, points_expiry, points_refunds, take_backs
from crm_store.errors import StoreError
from crm_store.points import Move, lots
from crm_store.unit_of_work import Store
from tests.crm_store.people import a_customer, nothing_kept
from tests.crm_store.test_ledger_histories import live_through, lives

pytestmark = pytest.mark.long
MOST = 300
FOUND = (AssertionError, StoreError, DBAPIError, ValueError)
SECOND = timedelta(seconds=1)

Patch = pytest.MonkeyPatch


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """On SQLite alone, which is quick: the histories themselves are tried on both."""
    store = Store(sqlite_url, durable=False)
    store.run_now(a_customer, "ana")
    yield store
    store.close()


def live_many_lives(store: Store) -> None:
    """Try the property of the histories until one fails."""

    @settings(
        max_examples=MOST, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(life=lives)
    def whatever_happens(life: Any) -> None:
        def unit(conn: Connection) -> None:
            with nothing_kept(conn):
                try:
                    live_through(conn, life)
                except pytest.fail.Exception as exc:  # what should have been refused was not
                    raise AssertionError(str(exc)) from exc

        store.run_now(unit)

    whatever_happens()


def last_to_expire_first(patch: Patch) -> None:
    draw = points.draw
    patch.setattr(points, "draw", lambda there, count: draw(list(there)[::-1], count))


def a_refund_goes_to_a_wrong_lot(patch: Patch) -> None:
    moves = points_refunds._moves

    def to_the_first(*args: Any) -> Iterator[Move]:
        found = list(moves(*args))
        yield from (Move(found[0].lot_id, one.points, undoes=one.undoes) for one in found)

    patch.setattr(points_refunds, "_moves", to_the_first)


def what_was_drawn_first_comes_back_first(patch: Patch) -> None:
    spent = points_refunds._spent
    patch.setattr(points_refunds, "_spent", lambda *args: spent(*args)[::-1])


def a_refund_told_twice_is_made_twice(patch: Patch) -> None:
    patch.setattr(points, "is_known", lambda conn, reference: False)


def a_spend_is_entered_twice(patch: Patch) -> None:
    enter = points.enter

    def twice(conn: Connection, customer_id: str, moves: Any, kind: str, **more: Any) -> None:
        enter(conn, customer_id, moves, kind, **more)
        if kind == "spent":
            enter(conn, customer_id, moves, kind, **more)

    patch.setattr(points, "enter", twice)


def points_can_be_spent_at_their_very_end(patch: Patch) -> None:
    now = points._NOT_DEAD.clauses[1].right  # type: ignore[attr-defined]
    alive = (*points._LIVE[:2], or_(lots.c.expires_at.is_(None), lots.c.expires_at >= now))
    patch.setattr(points, "_LOTS", select(lots).where(*alive).order_by(*points._SOONEST_FIRST))
    patch.setattr(points, "_BALANCE", select(func.coalesce(func.sum(lots.c.remaining), 0)).where(*alive))


def points_are_written_off_a_look_too_late(patch: Patch) -> None:
    expire = points_expiry.expire
    patch.setattr(points_expiry, "expire", lambda conn, customer, now: expire(conn, customer, now - SECOND))


def expiry_is_told_at_another_moment(patch: Patch) -> None:
    move = points.move

    def later(conn: Connection, customer: str, moves: Any, kind: str, *, at: Any, **more: Any) -> None:
        move(conn, customer, moves, kind, at=at + SECOND if kind == "expired" else at, **more)

    patch.setattr(points, "move", later)


def grace_lasts_a_second_too_long(patch: Patch) -> None:
    add_lot = points.add_lot

    def longer(*args: Any, **columns: Any) -> str:
        if columns.get("origin") is not None:
            columns["expires_at"] += SECOND
        return add_lot(*args, **columns)

    patch.setattr(points, "add_lot", longer)


def debts_are_forgotten(patch: Patch) -> None:
    patch.setattr(points, "settle", lambda *args, **more: None)


def what_was_forgiven_is_owed(patch: Patch) -> None:
    take_back = take_backs.take_back
    patch.setattr(take_backs, "take_back", lambda *args, **more: take_back(*args, **more | {"missing": "owed"}))


def what_lapsed_is_counted_anew_each_time(patch: Patch) -> None:
    before = take_backs.take_backs.c
    statement = select(func.coalesce(func.sum(before.points), 0).label("points"), literal(0).label("lapsed"))
    patch.setattr(take_backs, "_BEFORE", statement.where(*take_backs._BEFORE._where_criteria))


def an_orders_points_are_taken_from_other_lots_first(patch: Patch) -> None:
    patch.setattr(take_backs, "sorted", lambda rows, key: sorted(rows, key=key, reverse=True), raising=False)


FAULTS: tuple[Callable[[Patch], None], ...] = (
    last_to_expire_first, a_refund_goes_to_a_wrong_lot, what_was_drawn_first_comes_back_first,
    a_refund_told_twice_is_made_twice, a_spend_is_entered_twice, points_can_be_spent_at_their_very_end,
    points_are_written_off_a_look_too_late, expiry_is_told_at_another_moment, grace_lasts_a_second_too_long,
    debts_are_forgotten, what_was_forgiven_is_owed, what_lapsed_is_counted_anew_each_time,
    an_orders_points_are_taken_from_other_lots_first,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_in_the_points_is_found(store: Store, monkeypatch: Patch, fault: Callable[[Patch], None]) -> None:
    fault(monkeypatch)

    with pytest.raises(FOUND):
        live_many_lives(store)


def test_without_a_fault_nothing_is_found(store: Store) -> None:
    live_many_lives(store)
