"""Ids sort by the time of their making and are never given twice; a virtual clock stands until it is moved."""

import threading
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.ports import SystemClock, Ulids, VirtualClock

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


class UnsteadyClock:
    """Goes where it is told, back too, as a machine's clock may."""

    def __init__(self, offsets: list[int]) -> None:
        self.offsets = list(offsets)

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self.offsets.pop(0))


def test_an_id_has_26_characters_and_begins_with_its_time():
    ids = Ulids(VirtualClock(START), Random(1))
    same = Ulids(VirtualClock(START), Random(2))

    id = ids.new()

    assert len(id) == 26
    assert set(id) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert same.new()[:10] == id[:10]
    assert same.new() != id


def test_ids_of_one_millisecond_count_up():
    ids = Ulids(VirtualClock(START), Random(7))

    made = [ids.new() for _ in range(1000)]

    assert made == sorted(set(made))


@given(st.lists(st.integers(0, 10), min_size=2, max_size=40))
def test_ids_count_up_even_while_the_clock_goes_back(offsets):
    ids = Ulids(UnsteadyClock(offsets), Random(7))

    made = [ids.new() for _ in offsets]

    assert made == sorted(set(made))


def test_a_later_id_sorts_behind_an_earlier_one_of_another_source():
    clock = VirtualClock(START)
    early = Ulids(clock, Random(1)).new()
    clock.move_to(START + timedelta(milliseconds=1))

    assert Ulids(clock, Random(2)).new() > early


def test_threads_never_get_the_same_id():
    ids = Ulids(SystemClock())
    made: list[list[str]] = [[] for _ in range(8)]
    threads = [
        threading.Thread(target=lambda own=own: own.extend(ids.new() for _ in range(500)))  # type: ignore[misc]
        for own in made
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id for own in made for id in own}) == 8 * 500
    assert all(own == sorted(own) for own in made)


def test_the_same_seed_and_times_make_the_same_ids():
    first, second = (Ulids(VirtualClock(START), Random(7)) for _ in range(2))

    assert [first.new() for _ in range(9)] == [second.new() for _ in range(9)]


def test_a_virtual_clock_moves_only_forward():
    clock = VirtualClock(START)

    clock.move_to(START + timedelta(hours=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(START)

    assert clock.now() == START + timedelta(hours=1)
    clock.move_to(clock.now())


def test_clocks_tell_the_time_in_utc():
    shanghai = datetime.fromisoformat("2026-01-05T09:00:00+08:00")

    assert VirtualClock(shanghai).now().isoformat() == "2026-01-05T01:00:00+00:00"
    assert SystemClock().now().tzinfo is UTC
