"""The least busy Rasa answers; what one cannot do another does, within the same deadline, or the rules at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from nlu.breaker import Breaker
from nlu.client import AT_ONCE, RasaAddress, RasaClient
from nlu.errors import NluBusy, NluLate, NluUnavailable
from nlu.rasa_pool import LOOK_EVERY, RasaPool
from nlu.remembered import ShortMessages
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
        self.pool = RasaPool(
            self._find, open_client=self._open, deadline=DEADLINE, now=self.clock, most_waiting=3, remembered=2
        )

    def add(self, name: str, answer: Answer, model: str = "") -> RasaAddress:
        address = RasaAddress(f"http://{name}.test", model=model)
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


class Busy:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.has = 0
        self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.has += 1
        self.most = max(self.most, self.has)
        try:
            await self.may_answer.wait()
        finally:
            self.has -= 1
        return await greets(request)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a condition of several tasks
            await asyncio.sleep(0)


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


async def test_another_answers_in_time_for_one_that_hangs_which_is_then_left_alone(rasas: Rasas) -> None:
    rasas.add("deaf", hangs)
    rasas.add("alive", greets)

    for _ in range(8):
        assert await rasas.pool.classify("hello") == GREET

    assert rasas.asked == {"alive": 8, "deaf": 2}


async def test_where_all_hang_no_message_waits_longer_than_the_deadline(rasas: Rasas) -> None:
    rasas.add("a", hangs)
    rasas.add("b", hangs)
    loop = asyncio.get_running_loop()

    began = loop.time()
    with pytest.raises(NluLate):
        await rasas.pool.classify("hello")

    assert loop.time() - began < 1.5 * DEADLINE.total_seconds()
    assert rasas.pool.counted["late"] == 1


async def test_a_message_that_rasas_die_of_is_tried_on_two_of_them_and_no_more(rasas: Rasas) -> None:
    for name in ("a", "b", "c", "d"):
        rasas.add(name, is_gone)

    with pytest.raises(NluUnavailable):
        await rasas.pool.classify("hello")

    assert rasas.asked.total() == 2


async def test_a_message_goes_to_the_one_that_has_the_least_to_do(rasas: Rasas) -> None:
    slow = Busy()
    rasas.add("slow", slow)
    under_way = [asyncio.create_task(rasas.pool.classify("hello")) for _ in range(2)]
    await until(lambda: slow.has == 2)
    rasas.add("quick", greets)
    rasas.clock.now += LOOK_EVERY.total_seconds()

    for _ in range(5):
        assert await rasas.pool.classify("hello") == GREET
    slow.may_answer.set()

    assert await asyncio.gather(*under_way) == [GREET, GREET]
    assert rasas.asked == {"slow": 2, "quick": 5}


async def test_a_few_at_once_are_sent_the_next_wait_and_more_are_refused_at_once(rasas: Rasas) -> None:
    slow = Busy()
    rasas.add("slow", slow)
    taken = [asyncio.create_task(rasas.pool.classify("hello")) for _ in range(AT_ONCE + 3)]
    await until(lambda: slow.has == AT_ONCE and rasas.pool.waiting == 3)

    with pytest.raises(NluBusy):
        await rasas.pool.classify("hello")
    slow.may_answer.set()

    assert await asyncio.gather(*taken) == [GREET] * (AT_ONCE + 3)
    assert slow.most == AT_ONCE
    assert rasas.pool.waiting == 0
    assert rasas.pool.counted == {
        "answered": AT_ONCE + 3, "remembered": 0, "busy": 1, "late": 0, "failed": 0, "away": 0
    }  # fmt: skip


async def test_with_more_to_do_than_it_can_a_rasa_still_answers_in_time_as_many_as_it_can(rasas: Rasas) -> None:
    at_work = asyncio.Semaphore(1)

    async def one_at_a_time(request: httpx.Request) -> httpx.Response:
        async with at_work:
            await asyncio.sleep(0.1)
            return await greets(request)

    rasas.add("a", one_at_a_time)
    loop = asyncio.get_running_loop()
    over = loop.time() + 3 * DEADLINE.total_seconds()

    async def customer() -> None:
        while loop.time() < over:
            with contextlib.suppress(NluBusy):
                await rasas.pool.classify("hello")
            await asyncio.sleep(0.1)

    patient = RasaPool(
        rasas._find, open_client=rasas._open, deadline=DEADLINE, now=rasas.clock, most_waiting=100, remembered=0
    )
    rasas.pool = patient
    await asyncio.gather(*(customer() for _ in range(20)))

    assert patient.counted["late"] == 0
    assert patient.counted["answered"] > 20


async def test_those_who_wait_are_served_in_their_order_also_where_one_of_them_gives_up(rasas: Rasas) -> None:
    served: list[str] = []
    gate = asyncio.Semaphore(0)

    async def one_by_one(request: httpx.Request) -> httpx.Response:
        served.append(json.loads(request.content)["text"])
        await gate.acquire()
        return await greets(request)

    rasas.add("a", one_by_one)
    first = [asyncio.create_task(rasas.pool.classify("first")) for _ in range(AT_ONCE)]
    await until(lambda: len(served) == AT_ONCE)
    waiting = []
    for n in range(3):
        waiting.append(asyncio.create_task(rasas.pool.classify(f"message {n}")))
        await until(lambda: rasas.pool.waiting == len(waiting))

    waiting[1].cancel()
    for _ in range(AT_ONCE + 2):
        gate.release()
    await asyncio.gather(*first, waiting[0], waiting[2])

    assert served[AT_ONCE:] == ["message 0", "message 2"]
    assert rasas.pool.waiting == 0


async def test_who_waits_for_another_rasa_keeps_nobody_from_the_one_that_failed_them(rasas: Rasas) -> None:
    may_fail, slow = asyncio.Event(), Busy()

    async def fails_once(request: httpx.Request) -> httpx.Response:
        if rasas.asked["shaky"] == 1:
            await may_fail.wait()
            return await is_gone(request)
        return await greets(request)

    rasas.add("slow", slow)
    taken = [asyncio.create_task(rasas.pool.classify("hello")) for _ in range(AT_ONCE)]
    await until(lambda: slow.has == AT_ONCE)
    rasas.add("shaky", fails_once)
    rasas.clock.now += LOOK_EVERY.total_seconds()
    let_down = asyncio.create_task(rasas.pool.classify("hello"))
    await until(lambda: rasas.asked["shaky"] == 1)
    may_fail.set()
    await until(lambda: rasas.pool.waiting == 1)

    assert await rasas.pool.classify("hello") == GREET
    slow.may_answer.set()

    assert await asyncio.gather(*taken, let_down) == [GREET] * (AT_ONCE + 1)


async def test_one_that_comes_while_messages_wait_takes_them_all(rasas: Rasas) -> None:
    slow, fresh = Busy(), Busy()
    rasas.add("slow", slow)
    taken = [asyncio.create_task(rasas.pool.classify("hello")) for _ in range(AT_ONCE + 2)]
    await until(lambda: rasas.pool.waiting == 2)

    rasas.add("fresh", fresh)
    rasas.clock.now += LOOK_EVERY.total_seconds()
    last = asyncio.create_task(rasas.pool.classify("hello"))
    await until(lambda: fresh.has == 3)
    fresh.may_answer.set()
    slow.may_answer.set()

    assert await asyncio.gather(*taken, last) == [GREET] * (AT_ONCE + 3)


async def test_those_who_wait_are_told_at_once_when_nobody_is_left_to_wait_for(rasas: Rasas) -> None:
    may_fail = asyncio.Event()

    async def fails(request: httpx.Request) -> httpx.Response:
        await may_fail.wait()
        return await is_gone(request)

    rasas.add("a", fails)
    taken = [asyncio.create_task(rasas.pool.classify("hello")) for _ in range(AT_ONCE + 3)]
    await until(lambda: rasas.pool.waiting == 3)
    began = asyncio.get_running_loop().time()
    may_fail.set()
    outcomes = await asyncio.gather(*taken, return_exceptions=True)

    assert asyncio.get_running_loop().time() - began < DEADLINE.total_seconds() / 2
    assert all(isinstance(outcome, NluUnavailable) for outcome in outcomes)
    assert rasas.asked.total() < AT_ONCE + 3


async def test_a_rasa_is_not_blamed_for_a_message_that_had_waited_away_its_time(rasas: Rasas) -> None:
    address = rasas.add("a", hangs)
    client = rasas._open(address)

    for _ in range(5):
        with pytest.raises(NluLate):
            await client.classify("hello", within=DEADLINE / 100)

    assert not client.is_left_alone
    await client.aclose()


class TestShortMessages:
    async def test_a_short_message_is_asked_once(self, rasas: Rasas) -> None:
        rasas.add("a", greets, model="m1")

        for _ in range(3):
            assert await rasas.pool.classify(" 你好\n") == GREET

        assert rasas.asked == {"a": 1}
        assert rasas.pool.counted["remembered"] == 2

    @pytest.mark.parametrize("text", ["A10427", "一三八〇〇一三八", "where is my parcel, please"])
    async def test_what_is_long_or_somebodys_number_is_asked_each_time(self, rasas: Rasas, text: str) -> None:
        rasas.add("a", greets, model="m1")

        for _ in range(2):
            await rasas.pool.classify(text)

        assert rasas.asked == {"a": 2}

    async def test_the_one_that_was_asked_for_longest_ago_is_forgotten_first(self, rasas: Rasas) -> None:
        rasas.add("a", greets, model="m1")

        for text in ("hi", "hey", "hi", "hello", "hi", "hey"):
            await rasas.pool.classify(text)

        assert rasas.asked == {"a": 4}

    async def test_another_model_is_asked_anew(self, rasas: Rasas) -> None:
        first = rasas.add("a", greets, model="m1")
        await rasas.pool.classify("hi")
        rasas.add("b", greets, model="m2")
        del rasas.there[first]
        rasas.clock.now += LOOK_EVERY.total_seconds()

        for _ in range(2):
            await rasas.pool.classify("hi")

        assert rasas.asked == {"a": 1, "b": 1}

    async def test_an_answer_of_the_last_model_that_comes_late_is_not_kept(self, rasas: Rasas) -> None:
        old = Busy()
        first = rasas.add("old", old, model="m1")
        late = asyncio.create_task(rasas.pool.classify("hi"))
        await until(lambda: old.has == 1)
        rasas.add("new", greets, model="m2")
        rasas.clock.now += LOOK_EVERY.total_seconds()
        await rasas.pool.classify("hello")
        old.may_answer.set()
        await late
        del rasas.there[first]
        rasas.clock.now += LOOK_EVERY.total_seconds()

        await rasas.pool.classify("hi")

        assert rasas.asked == {"old": 1, "new": 2}

    @pytest.mark.parametrize("model", ["m1", ""])
    async def test_nothing_is_kept_where_it_is_off_or_the_model_is_not_known(self, model: str) -> None:
        memory = ShortMessages(0 if model else 10)
        memory.serve(model)

        memory.keep("hi", GREET, model=model)

        assert len(memory) == 0


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
