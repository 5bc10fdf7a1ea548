"""Several Rasas answer in turn; what one cannot do another does, within the same deadline."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from nlu.breaker import Breaker
from nlu.client import RasaAddress, RasaClient
from nlu.errors import NluUnavailable
from nlu.rasa_pool import LOOK_EVERY, RasaPool
from nlu.understanding import IntentScore

GREET = (IntentScore("greet", 0.9),)
DEADLINE = timedelta(seconds=1)
Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Seconds:
    """A clock that never goes back and moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Rasas:
    """Rasas at addresses of their own, each with an answer of its own, and the pool that asks them."""

    def __init__(self) -> None:
        self.there: dict[RasaAddress, Answer] = {}
        self.asked: Counter[str] = Counter()
        self.looked = 0
        self.clock = Seconds()
        self.pool = RasaPool(self._find, open_client=self._open, deadline=DEADLINE, now=self.clock)

    def add(self, name: str, answer: Answer) -> RasaAddress:
        address = RasaAddress(f"http://{name}.test")
        self.there[address] = answer
        return address

    def _find(self) -> tuple[RasaAddress, ...]:
        self.looked += 1
        return tuple(self.there)

    def _open(self, address: RasaAddress) -> RasaClient:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.asked[request.url.host.removesuffix(".test")] += 1
            return await self.there[address](request)

        breaker = Breaker(failures=2, pause=timedelta(seconds=5), now=self.clock)
        return RasaClient(lambda: address, deadline=DEADLINE, breaker=breaker, transport=httpx.MockTransport(answer))


async def greets(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"intent_ranking": [{"name": "greet", "confidence": 0.9}]})


async def is_gone(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens")


async def hangs(_request: httpx.Request) -> httpx.Response:
    return await asyncio.Future[httpx.Response]()


@pytest.fixture
async def rasas() -> AsyncIterator[Rasas]:
    made = Rasas()
    yield made
    await made.pool.aclose()


async def test_they_take_messages_in_turn(rasas: Rasas) -> None:
    for name in ("a", "b", "c"):
        rasas.add(name, greets)

    for _ in range(9):
        assert await rasas.pool.classify("hello") == GREET

    assert rasas.asked == {"a": 3, "b": 3, "c": 3}


async def test_another_answers_for_one_that_fails_which_is_then_left_alone(rasas: Rasas) -> None:
    rasas.add("alive", greets)
    rasas.add("dead", is_gone)

    for _ in range(20):
        assert await rasas.pool.classify("hello") == GREET

    assert rasas.asked == {"alive": 20, "dead": 2}


async def test_it_counts_as_left_alone_once_no_rasa_is_tried_any_more(rasas: Rasas) -> None:
    before = rasas.pool.is_left_alone
    rasas.add("a", is_gone)
    rasas.add("b", is_gone)

    for _ in range(2):
        with pytest.raises(NluUnavailable):
            await rasas.pool.classify("hello")

    assert (before, rasas.pool.is_left_alone) == (False, True)


async def test_one_that_hangs_costs_its_message_the_deadline_and_is_then_left_alone(rasas: Rasas) -> None:
    rasas.add("alive", greets)
    rasas.add("deaf", hangs)
    loop = asyncio.get_running_loop()

    outcomes = []
    for _ in range(8):
        began = loop.time()
        try:
            outcomes.append(await rasas.pool.classify("hello") == GREET)
        except NluUnavailable:
            outcomes.append(False)
        assert loop.time() - began < 3 * DEADLINE.total_seconds()

    assert outcomes.count(False) == 2
    assert rasas.asked == {"alive": 6, "deaf": 2}


async def test_without_any_it_says_so_and_finds_the_first_at_once(rasas: Rasas) -> None:
    with pytest.raises(NluUnavailable, match="no rasa is running yet"):
        await rasas.pool.classify("hello")
    rasas.add("a", greets)

    assert await rasas.pool.classify("hello") == GREET


async def test_one_that_comes_later_is_found_and_one_that_went_is_not_asked(rasas: Rasas) -> None:
    first = rasas.add("a", greets)
    await rasas.pool.classify("hello")
    rasas.add("b", greets)
    del rasas.there[first]
    rasas.clock.now += LOOK_EVERY.total_seconds()

    for _ in range(4):
        assert await rasas.pool.classify("hello") == GREET

    assert rasas.asked == {"a": 1, "b": 4}
    assert rasas.looked == 2
