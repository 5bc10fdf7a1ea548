"""Trying again ends with the first success, or when patience does, and rests between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_store.patience import Patience


class Watch:
    """A clock that moves while somebody sleeps by it, and while something is tried."""

    def __init__(self, *, works_at: float = float("inf"), takes: float = 0) -> None:
        self.now, self.tries = 0.0, 0
        self.slept: list[float] = []
        self._works_at, self._takes = works_at, takes

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def attempt(self) -> str | None:
        self.tries += 1
        self.now += self._takes
        return "done" if self.now >= self._works_at else None

    def until(self, lasts: float, rest: float) -> str | None:
        patience = Patience(timedelta(seconds=lasts), timedelta(seconds=rest))
        return patience.until(self.attempt, counter=lambda: self.now, sleep=self.sleep)


def test_what_works_at_once_waits_for_nothing() -> None:
    watch = Watch(works_at=0)

    assert watch.until(5, 1) == "done"
    assert (watch.tries, watch.slept) == (1, [])


def test_it_is_tried_again_until_it_works() -> None:
    watch = Watch(works_at=2)

    assert watch.until(5, 1) == "done"
    assert (watch.tries, watch.slept) == (3, [1, 1])


@pytest.mark.parametrize(("lasts", "rest", "tries", "slept"), [(2, 1, 3, [1, 1]), (2.5, 2, 3, [2, 0.5]), (0, 1, 1, [])])
def test_it_is_given_up_when_patience_ends_after_a_last_try(
    lasts: float, rest: float, tries: int, slept: list[float]
) -> None:
    watch = Watch()

    assert watch.until(lasts, rest) is None
    assert (watch.tries, watch.slept) == (tries, slept)


def test_tries_that_take_long_count() -> None:
    watch = Watch(takes=3)

    assert watch.until(5, 1) is None
    assert (watch.tries, watch.slept) == (3, [1, 0])


def test_what_is_false_but_something_counts_as_success() -> None:
    assert Patience(timedelta(), timedelta()).until(lambda: 0) == 0
