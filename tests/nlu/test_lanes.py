"""Places in lanes are given out in order, none is lost, and none is given out twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.breaker import Breaker
from nlu.client import AT_ONCE, RasaClient
from nlu.errors import NluBusy
from nlu.lanes import Lane, Lanes

LONG = timedelta(seconds=5)


def a_lane() -> tuple[Lane, Breaker]:
    breaker = Breaker(failures=1, pause=LONG, now=lambda: 0.0)
    nobody = httpx.MockTransport(lambda _request: httpx.Response(500))
    return Lane(RasaClient(lambda: None, deadline=LONG, breaker=breaker, transport=nobody)), breaker


async def test_where_nobody_is_worth_asking_nobody_waits() -> None:
    lanes, (lane, breaker) = Lanes(most_waiting=1), a_lane()

    without_any = await lanes.take()
    lanes.open([lane])
    breaker.failed()

    assert (without_any, await lanes.take()) == (None, None)


async def test_without_a_queue_the_next_is_refused() -> None:
    lanes, (lane, _) = Lanes(most_waiting=0), a_lane()
    lanes.open([lane])

    taken = [await lanes.take() for _ in range(AT_ONCE)]
    with pytest.raises(NluBusy):
        await lanes.take()

    assert taken == [lane] * AT_ONCE


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 4))
def test_whatever_customers_and_rasas_do_everybody_is_served_or_told_and_every_place_is_free_again(
    seed: int, count: int
) -> None:
    asyncio.run(_a_busy_day(Random(seed), count))


async def _a_busy_day(chance: Random, count: int) -> None:
    lanes = Lanes(most_waiting=30)
    all_of_them = [a_lane()[0] for _ in range(count)]
    lanes.open(all_of_them)

    async def some_time() -> None:
        for _ in range(chance.randrange(5)):
            await asyncio.sleep(0)

    async def customer() -> str:
        await some_time()
        tried: list[Lane] = []
        try:
            for _ in range(2):
                lane = await lanes.take(but=tried)
                if lane is None:
                    return "nobody"
                assert 0 < lane.busy <= AT_ONCE
                tried.append(lane)
                try:
                    await some_time()
                finally:
                    lanes.give_back(lane)
                if chance.random() < 0.7:
                    return "served"
        except NluBusy:
            return "busy"
        return "let down"

    talking = [asyncio.create_task(customer()) for _ in range(60)]
    for impatient in chance.sample(talking, 15):
        await some_time()
        impatient.cancel()
        lanes.open(chance.sample(all_of_them, chance.randint(0, count)))
    lanes.open(all_of_them)
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*talking, return_exceptions=True)

    assert {one for one in outcomes if not isinstance(one, asyncio.CancelledError)} <= {
        "served", "busy", "nobody", "let down"
    }  # fmt: skip
    assert lanes.waiting == 0
    assert [lane.busy for lane in all_of_them] == [0] * count
