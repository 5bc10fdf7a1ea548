"""Several Rasas kept by one process: what one leaves undone another does, and a new model takes over unnoticed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import psutil
import pytest
import structlog

from nlu.breaker import Breaker
from nlu.chosen_model import choose_model
from nlu.client import RasaAddress, RasaClient
from nlu.entities import Catalogue
from nlu.errors import NluUnavailable
from nlu.loopback import LoopbackTransport
from nlu.rasa_address import published
from nlu.rasa_fleet import RasaFleet
from nlu.rasa_pool import RasaPool
from nlu.rasa_process import Patience
from nlu.settings import NluSettings
from nlu.training import ensure_model
from nlu.understand import Understander
from nlu.understanding import Understanding
from tests.nlu.rasas import real_settings, stand_in_settings

SOON = 30  # seconds until a test gives up
DEADLINE = timedelta(milliseconds=800)
RULES = 0.7  # seconds that everything but Rasa may take on a machine with much else to do
READING = 0.005  # seconds between an answer and the next message
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE = Patience(
    first_answer=timedelta(seconds=10),
    look_while_starting=timedelta(milliseconds=20),
    shortest_pause=timedelta(milliseconds=10),
    last_breath=timedelta(milliseconds=500),
    farewell=timedelta(milliseconds=1_200),
)
SENTENCE = "a sentence that no rule knows at all"
CANARY = "kanarienvogel 金丝雀在唱歌"


def a_model(settings: NluSettings, name: str, content: str = "none") -> Path:
    settings.models.mkdir(parents=True, exist_ok=True)
    model = settings.models / f"{name}.tar.gz"
    model.write_text(content)
    return model


def stand_ins(tmp_path: Path, **changed: object) -> NluSettings:
    return stand_in_settings(tmp_path).model_copy(update={"processes": 2, **changed})


async def until(condition: Callable[[], bool], *, within: float = SOON) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - of other processes one can only ask again
            await asyncio.sleep(0.01)


class House:
    """A fleet, the pool that finds it, and customers who write all the time."""

    def __init__(self, settings: NluSettings, model: Path, var: Path, patience: Patience) -> None:
        self.settings = settings
        self.var = var
        self.fleet = RasaFleet(settings, model, publish_in=var, patience=patience, sleep=self._often)
        self.pool = RasaPool(self.there, open_client=a_client, deadline=DEADLINE, now=monotonic)
        self._understander = Understander(self.pool)
        self.looked = 0
        self.sentence = SENTENCE
        self.understood: list[tuple[Understanding, float]] = []

    def there(self) -> Sequence[RasaAddress]:
        return published(self.var)

    def models(self) -> set[str]:
        return {address.model.partition("@")[0] for address in self.there()}

    async def hears(self, text: str) -> Understanding:
        began = monotonic()
        meant = await self._understander.understand(
            text, asking=None, language="en", timezone="Asia/Shanghai", now=NOW, catalogue=Catalogue()
        )
        self.understood.append((meant, monotonic() - began))
        return meant

    @contextlib.asynccontextmanager
    async def customers(self, count: int = 6) -> AsyncIterator[None]:
        """Have ``count`` customers write, each again when it was understood, for the length of a block."""
        over = asyncio.Event()

        async def writes() -> None:
            while not over.is_set():
                await self.hears(self.sentence)
                await asyncio.sleep(READING)

        async with asyncio.TaskGroup() as talking:
            for _ in range(count):
                talking.create_task(writes())
            yield
            over.set()

    @property
    def sources(self) -> Counter[str]:
        return Counter(meant.source for meant, _ in self.understood)

    @property
    def slowest(self) -> float:
        return max(seconds for _, seconds in self.understood)

    async def _often(self, _seconds: float) -> None:
        self.looked += 1
        await asyncio.sleep(0.02)


def three_free_ports() -> int:
    """Return the first of three ports in a row that nobody has."""
    for first in range(21_000, 30_000, 3):
        with contextlib.suppress(OSError), contextlib.ExitStack() as taken:
            for port in range(first, first + 3):
                taken.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no three ports are free")


def a_client(address: RasaAddress) -> RasaClient:
    breaker = Breaker(failures=3, pause=timedelta(seconds=5), now=monotonic)
    return RasaClient(lambda: address, deadline=DEADLINE, breaker=breaker, transport=LoopbackTransport())


@contextlib.asynccontextmanager
async def a_house(
    settings: NluSettings, model: Path, tmp_path: Path, *, within: float = SOON, patience: Patience = PATIENCE
) -> AsyncIterator[House]:
    house = House(settings, model, tmp_path / "var", patience)
    running = asyncio.create_task(house.fleet.run())
    try:
        async with asyncio.timeout(within):
            await house.fleet.until_ready()
        await until(lambda: len(house.there()) == settings.processes, within=within)
        yield house
    finally:
        await house.fleet.stop()
        await asyncio.gather(running, return_exceptions=True)
        await house.pool.aclose()


async def test_as_many_as_are_asked_for_are_there_and_all_are_gone_when_it_stops(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path, processes=3)

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        pids = house.fleet.pids
        assert house.fleet.ready
        assert len(set(pids)) == len(house.there()) == 3

        await house.fleet.stop()

        assert not any(psutil.pid_exists(pid) for pid in pids)
        assert house.there() == ()
        assert not house.fleet.ready


async def test_one_that_is_stopped_before_its_start_has_begun_starts_nothing(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path)
    fleet = RasaFleet(settings, a_model(settings, "first"), publish_in=tmp_path / "var")
    starting = asyncio.create_task(fleet.run())

    await fleet.stop()
    async with asyncio.timeout(SOON):
        await starting

    assert fleet.pids == ()


async def test_when_one_is_killed_under_load_no_message_is_lost_and_none_waits_longer_than_the_deadline(
    tmp_path: Path,
) -> None:
    settings = stand_ins(tmp_path)

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        before = set(house.fleet.pids)
        victim = psutil.Process(min(before))
        async with house.customers():
            await until(lambda: len(house.understood) > 50)
            victim.kill()
            await until(lambda: len(house.there()) == 2 and victim.pid not in house.fleet.pids)
            seen = len(house.understood)
            await until(lambda: len(house.understood) > seen + 50)

    assert set(house.sources) == {"rasa"}
    assert house.slowest < DEADLINE.total_seconds() + RULES


async def test_when_one_hangs_under_load_the_other_answers_in_time(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path)

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        hung = psutil.Process(min(house.fleet.pids))
        async with house.customers():
            await until(lambda: len(house.understood) > 50)
            hung.suspend()
            await until(lambda: house.pool.found() == (1, 1))
            seen = len(house.understood)
            await until(lambda: len(house.understood) > seen + 50)
        hung.kill()

    assert set(house.sources) == {"rasa"}
    assert house.slowest < DEADLINE.total_seconds() + RULES


async def test_while_all_are_dead_rules_answer_in_time_and_they_come_back(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path)

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house, house.customers(count=3):
        await until(lambda: len(house.understood) > 30)
        for pid in house.fleet.pids:
            psutil.Process(pid).kill()
        await until(lambda: house.understood[-1][0].source != "rasa")
        await until(lambda: len(house.there()) == 2)
        await until(lambda: house.understood[-1][0].source == "rasa")

    assert set(house.sources) == {"rasa", "fallback"}
    assert house.slowest < DEADLINE.total_seconds() + RULES


async def test_a_model_that_is_chosen_takes_over_under_load_and_every_message_is_understood(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path)

    async with a_house(settings, a_model(settings, "first", "says greet"), tmp_path) as house:
        before = set(house.fleet.pids)
        fewest = len(house.there())
        async with house.customers():
            await until(lambda: len(house.understood) > 50)
            choose_model(settings.models, a_model(settings, "second", "says thank"))
            while house.models() != {"second.tar.gz"} or before & set(house.fleet.pids):
                fewest = min(fewest, len(house.there()))
                await asyncio.sleep(0.01)
            seen = len(house.understood)
            await until(lambda: len(house.understood) > seen + 50)

    assert set(house.sources) == {"rasa"}
    assert fewest == 2
    assert house.understood[0][0].intent == "greet"
    assert house.understood[-1][0].intent == "thank"
    assert not any(psutil.pid_exists(pid) for pid in before)
    assert house.slowest < DEADLINE.total_seconds() + RULES


async def test_a_model_that_was_trained_anew_under_its_name_takes_over_too(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path, processes=1)
    model = a_model(settings, "first", "says greet")
    choose_model(settings.models, model)

    async with a_house(settings, model, tmp_path) as house:
        before = house.fleet.pids
        fresh = a_model(settings, "fresh", "says thank")
        fresh.replace(model)
        choose_model(settings.models, model)
        await until(lambda: bool(house.fleet.pids) and not set(before) & set(house.fleet.pids))

        assert (await house.hears(SENTENCE)).intent == "thank"


@pytest.mark.parametrize("chosen_before", [False, True])
async def test_the_model_that_is_served_already_is_not_started_again(tmp_path: Path, *, chosen_before: bool) -> None:
    settings = stand_ins(tmp_path, processes=1)
    model = a_model(settings, "first")
    if chosen_before:
        choose_model(settings.models, model)

    async with a_house(settings, model, tmp_path) as house:
        before = house.fleet.pids
        choose_model(settings.models, model)
        looked = house.looked
        await until(lambda: house.looked > looked + 2)

        assert house.fleet.pids == before


async def test_what_was_chosen_for_others_before_it_came_does_not_replace_what_it_was_started_with(
    tmp_path: Path,
) -> None:
    settings = stand_ins(tmp_path, processes=1)
    choose_model(settings.models, a_model(settings, "older"))

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        before, looked = house.fleet.pids, house.looked
        await until(lambda: house.looked > looked + 2)

        assert house.fleet.pids == before


async def test_a_model_that_does_not_answer_is_refused_and_the_present_one_stays(tmp_path: Path) -> None:
    settings = stand_ins(tmp_path, processes=1)
    model = a_model(settings, "first")

    async with a_house(settings, model, tmp_path) as house:
        before, looked = house.fleet.pids, house.looked
        with structlog.testing.capture_logs() as told:
            choose_model(settings.models, a_model(settings, "broken", "dies always"))
            await until(lambda: house.looked > looked + 3)

        assert [line["model"] for line in told if line["event"] == "nlu.model_refused"] == ["broken.tar.gz"]
        assert house.fleet.pids == before
        assert (await house.hears(SENTENCE)).source == "rasa"


@pytest.mark.parametrize("chosen", ["../outside.tar.gz", "", "gone.tar.gz", ".", "\x00", "a" * 5_000, "\udcff"])
async def test_what_names_no_model_of_the_folder_chooses_nothing(tmp_path: Path, chosen: str) -> None:
    settings = stand_ins(tmp_path, processes=1)
    (tmp_path / "outside.tar.gz").write_text("says thank")

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        before, looked = house.fleet.pids, house.looked
        (settings.models / "chosen").write_bytes(chosen.encode(errors="surrogateescape"))
        await until(lambda: house.looked > looked + 2)

        assert house.fleet.ready
        assert house.fleet.pids == before


async def test_ports_are_taken_from_the_one_that_is_set(tmp_path: Path) -> None:
    first = three_free_ports()
    settings = stand_ins(tmp_path, port=first)

    async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
        before = {int(address.url.rpartition(":")[2]) - first for address in house.there()}
        choose_model(settings.models, a_model(settings, "second"))
        await until(lambda: house.models() == {"second.tar.gz"} and len(house.fleet.pids) == 2)
        after = {int(address.url.rpartition(":")[2]) - first for address in house.there()}

    assert before == {0, 1}
    assert len(after) == 2
    assert after < {0, 1, 2}


async def test_no_word_of_a_customer_is_written_down_whatever_becomes_of_the_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = stand_ins(tmp_path, processes=1)

    with structlog.testing.capture_logs() as told:
        async with a_house(settings, a_model(settings, "first"), tmp_path) as house:
            answered = await house.pool.classify(CANARY)
            [rasa] = (psutil.Process(pid) for pid in house.fleet.pids)
            rasa.suspend()
            failures = [await failure_of(house.pool.classify(CANARY)) for _ in range(4)]
            rasa.kill()
            failures.append(await failure_of(house.pool.classify(f"{CANARY} again")))

    assert answered
    assert [type(failure).__name__ for failure in failures[:3]] == ["NluLate"] * 3
    written = files_under(tmp_path)
    assert "rasa.log" in written
    assert not holds_canary(
        [*written.values(), caplog.text, *map(str, told), *map(str, failures), *map(repr, failures)]
    )


def files_under(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}


async def failure_of(asked: Coroutine[Any, Any, object]) -> NluUnavailable:
    with pytest.raises(NluUnavailable) as failure:
        await asked
    return failure.value


def holds_canary(texts: Iterable[str]) -> bool:
    return any(word in text for text in texts for word in CANARY.split())


@pytest.mark.rasa
@pytest.mark.long
@pytest.mark.timeout(400)
async def test_real_ones_are_killed_and_replaced_under_load_and_write_no_word_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trained = await ensure_model(real_settings(tmp_path), progress=lambda *_: None)
    settings = real_settings(tmp_path).model_copy(update={"models": tmp_path / "models", "processes": 2})
    settings.models.mkdir()
    first, second = (Path(shutil.copy(trained, settings.models / f"{name}.tar.gz")) for name in ("first", "second"))

    with structlog.testing.capture_logs() as told:
        async with a_house(settings, first, tmp_path, within=120, patience=Patience()) as house:
            house.sentence = f"{CANARY} where has my parcel got to"
            victim, *_ = house.fleet.pids
            async with house.customers(count=2):
                await until(lambda: len(house.understood) > 50)
                psutil.Process(victim).kill()
                await until(lambda: len(house.there()) == 1, within=120)
                await until(lambda: len(house.there()) == 2, within=120)
                choose_model(settings.models, second)
                await until(lambda: house.models() == {"second.tar.gz"} and len(house.fleet.pids) == 2, within=200)
                seen = len(house.understood)
                await until(lambda: len(house.understood) > seen + 50)

    by = house.sources
    print(f"{by.total()} messages, {dict(by)}, {dict(house.pool.counted)}, the slowest {house.slowest:.2f} s")
    assert by["rasa"] > 0.99 * by.total()
    assert house.slowest < DEADLINE.total_seconds() + RULES
    assert not holds_canary([(settings.logs / "rasa.log").read_text(), caplog.text, *map(str, told)])
