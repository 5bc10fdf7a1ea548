"""Asking Rasa: in time, or not at all, and never for longer than it is worth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.breaker import Breaker
from nlu.client import LONGEST_TEXT, RasaAddress, RasaClient, as_rasa_reads
from nlu.errors import NluUnavailable
from nlu.loopback import LoopbackTransport
from nlu.understanding import IntentScore

ADDRESS = RasaAddress("http://rasa.test:5005", "s3cret-token")
PAUSE = timedelta(seconds=5)
RANKING = {"intent_ranking": [{"name": "greet", "confidence": 0.9}, {"name": "thank", "confidence": 0.05}]}


class Seconds:
    """A clock that never goes back and moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class ARasa:
    """Answers as told and remembers what it was asked."""

    def __init__(self, answer: Callable[[], httpx.Response] | None = None) -> None:
        self.answer = answer or (lambda: httpx.Response(200, json=RANKING))
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer()

    @property
    def texts(self) -> list[str]:
        return [json.loads(request.content)["text"] for request in self.requests]


def a_client(
    rasa: Callable[[httpx.Request], httpx.Response],
    *,
    clock: Callable[[], float] | None = None,
    locate: Callable[[], RasaAddress | None] = lambda: ADDRESS,
) -> RasaClient:
    breaker = Breaker(failures=3, pause=PAUSE, now=clock or Seconds())
    return RasaClient(locate, deadline=timedelta(seconds=1), breaker=breaker, transport=httpx.MockTransport(rasa))


def refused() -> httpx.Response:
    raise httpx.ConnectError("nobody listens")


async def fail(client: RasaClient, *, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NluUnavailable):
            await client.classify("hello")


async def test_intents_come_best_first() -> None:
    async with a_client(ARasa()) as client:
        assert await client.classify("hello") == (IntentScore("greet", 0.9), IntentScore("thank", 0.05))


@pytest.mark.parametrize(
    "answer",
    [
        refused,
        lambda: httpx.Response(500, text="oh"),
        lambda: httpx.Response(401),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, json={"intent_ranking": [{"name": "greet"}]}),
        lambda: httpx.Response(200, json={"intent_ranking": [{"name": "greet", "confidence": "much"}]}),
        lambda: httpx.Response(200, text='{"intent_ranking": [{"name": "greet", "confidence": 1e999}]}'),
    ],
)
async def test_whatever_is_no_answer_is_told_as_unavailable(answer: Callable[[], httpx.Response]) -> None:
    async with a_client(ARasa(answer)) as client:
        with pytest.raises(NluUnavailable) as failure:
            await client.classify("a canary sentence")

    assert "canary" not in str(failure.value)


async def test_a_model_that_knows_nothing_of_a_text_names_no_intent_and_is_there() -> None:
    rasa = ARasa(lambda: httpx.Response(200, json={"intent": {"name": None}, "intent_ranking": []}))
    async with a_client(rasa) as client:
        assert await client.classify("龘") == ()
        assert not client.is_left_alone


async def test_a_rasa_that_is_not_there_yet_is_not_held_against_it() -> None:
    rasa = ARasa()
    address: RasaAddress | None = None
    async with a_client(rasa, locate=lambda: address) as client:
        await fail(client, times=10)

        address = ADDRESS

        assert await client.classify("hello")


async def test_after_failures_in_a_row_rasa_is_left_alone_and_tried_again_once_a_pause() -> None:
    rasa, clock = ARasa(refused), Seconds()
    async with a_client(rasa, clock=clock) as client:
        await fail(client, times=10)
        assert len(rasa.requests) == 3

        clock.now += PAUSE.total_seconds()
        await fail(client, times=10)
        assert len(rasa.requests) == 4


async def test_a_rasa_that_answers_again_is_asked_again() -> None:
    rasa, clock = ARasa(refused), Seconds()
    async with a_client(rasa, clock=clock) as client:
        await fail(client, times=3)

        rasa.answer = lambda: httpx.Response(200, json=RANKING)
        clock.now += PAUSE.total_seconds()

        for _ in range(10):
            assert await client.classify("hello")
    assert len(rasa.requests) == 13


async def test_single_failures_between_answers_open_nothing() -> None:
    rasa = ARasa()
    async with a_client(rasa) as client:
        for _ in range(5):
            rasa.answer = refused
            await fail(client, times=2)
            rasa.answer = lambda: httpx.Response(200, json=RANKING)
            assert await client.classify("hello")


async def test_an_attempt_that_was_cancelled_does_not_keep_rasa_out_for_ever() -> None:
    clock = Seconds()
    breaker = Breaker(failures=1, pause=PAUSE, now=clock)
    breaker.failed()
    clock.now += PAUSE.total_seconds()
    assert breaker.allows()
    assert not breaker.allows()

    clock.now += PAUSE.total_seconds()

    assert breaker.allows()


async def test_a_very_long_text_is_sent_in_part() -> None:
    rasa = ARasa()
    async with a_client(rasa) as client:
        await client.classify("字" * 100_000)

    assert [len(text) for text in rasa.texts] == [LONGEST_TEXT]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  hello\r\nthere ", "hello  there"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("订单\ud83d 到哪了", "订单 到哪了"),
        ("/greet", "greet"),
        ("// /nonsense{", "nonsense{"),
        ("👍🏽", "👍🏽"),
        ("\u202e订\u200b单\u2060到哪了\ufeff", "订单到哪了"),
        ("par\u00adcel", "parcel"),
    ],
)
def test_what_rasa_would_stumble_over_is_left_out(typed: str, read: str) -> None:
    assert as_rasa_reads(typed) == read


@given(st.text(st.characters()) | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zs", "Po"])))
def test_any_text_at_all_can_be_sent(text: str) -> None:
    read = as_rasa_reads(text)

    assert json.loads(orjson.dumps({"text": read}))["text"] == read == as_rasa_reads(read)
    assert not read.startswith(("/", " "))


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud800", "/", "\u200d\u200f\ufeff"])
async def test_a_text_without_a_readable_character_asks_nobody(text: str) -> None:
    rasa = ARasa()
    async with a_client(rasa) as client:
        assert await client.classify(text) == ()

    assert rasa.requests == []


async def test_no_log_holds_the_token_or_the_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")  # whoever set it otherwise before
    async with a_client(ARasa()) as client:
        await client.classify("a canary sentence")

    assert "rasa.test" in caplog.text
    assert ADDRESS.token not in caplog.text
    assert "canary" not in caplog.text


class ALocalRasa:
    """A real server on loopback that counts connections and waits where it is told to."""

    def __init__(self, messages_a_connection: int = 1_000) -> None:
        self.messages_a_connection = messages_a_connection
        self.heads: list[str] = []
        self.connections = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        body = json.dumps(RANKING).encode()
        try:
            for _ in range(self.messages_a_connection):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(line for line in head.lower().splitlines() if line.startswith("content-length"))
                await reader.readexactly(int(length.split(":")[1]))
                self.heads.append(head.splitlines()[0])
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            # The client has hung up, as it may.
            return
        finally:
            writer.close()


Serves = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def asking(
    rasa: Serves, transport: httpx.AsyncBaseTransport | None, *, deadline: timedelta = timedelta(seconds=30)
) -> AsyncIterator[RasaClient]:
    async with await asyncio.start_server(rasa, "127.0.0.1", 0) as server:
        address = RasaAddress(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "s3cret-token")
        breaker = Breaker(failures=3, pause=PAUSE, now=Seconds())
        async with RasaClient(lambda: address, deadline=deadline, breaker=breaker, transport=transport) as client:
            yield client


TRANSPORTS = pytest.mark.parametrize("transport", [lambda: None, LoopbackTransport], ids=["httpx", "loopback"])
MakeTransport = Callable[[], httpx.AsyncBaseTransport | None]


@TRANSPORTS
async def test_one_connection_carries_message_after_message_with_the_token(transport: MakeTransport) -> None:
    rasa = ALocalRasa()

    async with asking(rasa, transport()) as client:
        for _ in range(5):
            assert await client.classify("订单到哪了") == (IntentScore("greet", 0.9), IntentScore("thank", 0.05))

    assert rasa.connections == 1
    assert set(rasa.heads) == {"POST /model/parse?token=s3cret-token HTTP/1.1"}


@TRANSPORTS
async def test_a_slow_rasa_is_not_waited_for_and_the_next_message_is_not_harmed(
    transport: MakeTransport,
) -> None:
    rasa = ALocalRasa()

    async with asking(rasa, transport(), deadline=timedelta(milliseconds=500)) as client:
        rasa.may_answer.clear()
        with pytest.raises(NluUnavailable, match=r"within 0\.5 s"):
            await client.classify("hello")
        rasa.may_answer.set()

        assert await client.classify("hello")
    assert rasa.connections == 2


@TRANSPORTS
async def test_many_messages_at_once_are_all_answered_over_a_few_connections(
    transport: MakeTransport,
) -> None:
    rasa = ALocalRasa()

    async with asking(rasa, transport()) as client:
        answers = await asyncio.gather(*(client.classify("hello") for _ in range(40)))

    assert all(answers)
    assert rasa.connections <= 4


async def test_a_connection_that_rasa_closed_while_idle_costs_no_message() -> None:
    rasa = ALocalRasa(messages_a_connection=1)

    async with asking(rasa, LoopbackTransport()) as client:
        for _ in range(3):
            assert await client.classify("hello")

    assert rasa.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
    ],
)
async def test_an_answer_that_breaks_off_is_unavailable(answer: bytes) -> None:
    async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with asking(breaks_off, LoopbackTransport()) as client:
        with pytest.raises(NluUnavailable):
            await client.classify("hello")


async def test_nobody_listening_is_unavailable() -> None:
    breaker = Breaker(failures=3, pause=PAUSE, now=Seconds())
    nowhere = RasaAddress("http://127.0.0.1:1")

    async with RasaClient(
        lambda: nowhere, deadline=timedelta(seconds=1), breaker=breaker, transport=LoopbackTransport()
    ) as client:
        with pytest.raises(NluUnavailable):
            await client.classify("hello")
