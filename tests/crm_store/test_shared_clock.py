"""All machines on a PostgreSQL go by its clock, whatever theirs say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_store.ports import VirtualClock
from crm_store.shared_clock import SharedClock
from crm_store.unit_of_work import Store

NEAR = timedelta(seconds=5)
"""More than a busy machine takes between two looks."""
AN_HOUR = timedelta(hours=1)


class Counter:
    """A steady counter that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = Store(postgres_url, durable=False)
    yield store
    store.close()


def databases_time(store: Store) -> datetime:
    moment: datetime = store.read_now(lambda conn: conn.execute(text("SELECT clock_timestamp()")).scalar_one())
    return moment


@pytest.mark.parametrize("off", [-AN_HOUR, AN_HOUR])
def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(store: Store, off: timedelta) -> None:
    clock = SharedClock(store, VirtualClock(datetime.now(UTC) + off))

    assert abs(clock.now() - databases_time(store)) < NEAR


def test_a_clock_that_is_set_to_another_time_changes_nothing(store: Store) -> None:
    machine, counter = VirtualClock(datetime.now(UTC)), Counter()
    clock = SharedClock(store, machine, counter=counter)
    before = clock.now()

    machine.move_to(machine.now() + AN_HOUR)
    counter.seconds += 1.5

    assert clock.now() == before + timedelta(seconds=1.5)


async def test_a_counter_that_went_wrong_is_put_right_by_the_next_look(store: Store) -> None:
    counter = Counter()
    clock = SharedClock(store, VirtualClock(datetime.now(UTC)), counter=counter)

    counter.seconds += 3600
    wrong = clock.now()
    await clock.look_again()

    assert wrong - databases_time(store) > AN_HOUR - NEAR
    assert abs(clock.now() - databases_time(store)) < NEAR
