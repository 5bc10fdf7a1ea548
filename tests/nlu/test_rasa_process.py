"""Rasa as a child: watched, started again, alone with its secrets, and gone when we are."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest

from nlu.breaker import Breaker
from nlu.client import RasaClient
from nlu.errors import NluUnavailable
from nlu.loopback import LoopbackTransport
from nlu.rasa_process import Patience, RasaProcess
from nlu.settings import NluSettings
from nlu.training import ensure_model
from tests.nlu.rasas import real_settings, stand_in_settings

SOON = 20  # seconds until a test gives up on a stand-in
QUICK = Patience(look_while_starting=timedelta(milliseconds=20), shortest_pause=timedelta(milliseconds=10))
CANARY = "kanarienvogel 金丝雀在唱歌"


@contextlib.asynccontextmanager
async def running(
    settings: NluSettings,
    model: Path,
    patience: Patience | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[RasaProcess]:
    rasa = RasaProcess(settings, model, patience=patience, sleep=sleep)
    task = asyncio.create_task(rasa.run())
    try:
        yield rasa
    finally:
        await rasa.stop()
        await asyncio.gather(task, return_exceptions=True)


def a_model(settings: NluSettings, trouble: str = "none") -> Path:
    settings.models.mkdir(parents=True)
    model = settings.models / "model.tar.gz"
    model.write_text(trouble)
    return model


def a_client(rasa: RasaProcess, deadline: timedelta = timedelta(seconds=5)) -> RasaClient:
    breaker = Breaker(failures=3, pause=timedelta(seconds=1), now=monotonic)
    return RasaClient(lambda: rasa.address, deadline=deadline, breaker=breaker, transport=LoopbackTransport())


async def test_rasa_is_ready_when_it_has_answered_a_real_message(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)

    async with running(settings, a_model(settings), QUICK) as rasa, asyncio.timeout(SOON):
        assert not rasa.ready
        assert rasa.address is None
        await rasa.until_ready()

        async with a_client(rasa) as client:
            assert (await client.classify("hello"))[0].name == "greet"


async def test_a_rasa_that_does_not_start_is_started_again(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)

    async with running(settings, a_model(settings, "dies at once"), QUICK) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()

        assert rasa.ready


async def test_a_rasa_that_dies_comes_back_with_another_token(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    ended = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        ended.set()

    async with running(settings, a_model(settings), QUICK, sleep) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()
        before = rasa.address

        async with a_client(rasa) as client:
            with pytest.raises(NluUnavailable):
                await client.classify("die")
        await ended.wait()
        await rasa.until_ready()

        assert before is not None
        assert rasa.address is not None
        assert rasa.address.token != before.token


async def test_a_rasa_that_hangs_is_replaced(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    impatient = Patience(
        look_while_starting=timedelta(milliseconds=20),
        look_while_serving=timedelta(milliseconds=20),
        probe=timedelta(milliseconds=500),
        last_breath=timedelta(milliseconds=100),
        shortest_pause=timedelta(milliseconds=10),
    )
    async with running(settings, a_model(settings), impatient) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()
        hung = psutil.Process(rasa.pid)

        hung.suspend()
        await asyncio.to_thread(hung.wait, SOON)
        await rasa.until_ready()

        assert rasa.pid != hung.pid


async def test_stopping_leaves_no_process_behind(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    async with running(settings, a_model(settings), QUICK) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()
        child = psutil.Process(rasa.pid)

        await rasa.stop()

        assert not child.is_running()
        assert not rasa.ready


async def test_stopping_while_an_old_one_takes_its_time_to_end_leaves_none_behind_either(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    slow = Patience(look_while_starting=timedelta(milliseconds=20), farewell=timedelta(0))
    async with running(settings, a_model(settings, "ignores the end"), slow) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()
        child = psutil.Process(rasa.pid)
        retiring = asyncio.create_task(rasa.retire())
        while rasa.pid is not None:  # noqa: ASYNC110 - it has let go of it once it was told to end
            await asyncio.sleep(0.01)

        await rasa.stop()
        await retiring

        assert not child.is_running()


async def test_the_token_stands_on_no_command_line_and_our_secrets_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "123456:secret")
    settings = stand_in_settings(tmp_path)

    async with running(settings, a_model(settings), QUICK) as rasa, asyncio.timeout(SOON):
        await rasa.until_ready()

        assert rasa.address is not None
        assert rasa.address.token not in " ".join(psutil.Process(rasa.pid).cmdline())
        assert rasa.address.token not in repr(rasa.address)
        inherited = (settings.models / ".rasa" / "started.txt").read_text().splitlines()
        assert {"TELEGRAM_TOKEN", "SHUKE_NLU_TOKEN"}.isdisjoint(inherited)


async def test_a_missing_environment_is_tried_again_and_stops_cleanly(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path).model_copy(update={"rasa_python": tmp_path / "nowhere"})
    tries: list[float] = []

    async def sleep(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 4:
            raise asyncio.CancelledError

    rasa = RasaProcess(settings, a_model(settings), sleep=sleep)

    with pytest.raises(asyncio.CancelledError):
        await rasa.run()

    assert tries == [2, 4, 8, 16]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_killed_parent_takes_rasa_along(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    parent_code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from nlu.rasa_process import RasaProcess\n"
        "from nlu.settings import NluSettings\n"
        "async def main():\n"
        "    settings = NluSettings.model_validate_json(sys.argv[1])\n"
        "    rasa = RasaProcess(settings, Path(sys.argv[2]))\n"
        "    task = asyncio.create_task(rasa.run())\n"
        "    await rasa.until_ready()\n"
        "    print('pid', rasa.pid, flush=True)\n"
        "    await task\n"
        "asyncio.run(main())\n"
    )
    arguments = [settings.model_dump_json(), str(a_model(settings))]

    with subprocess.Popen([sys.executable, "-c", parent_code, *arguments], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said = next(line for line in parent.stdout if line.startswith("pid "))
        child = psutil.Process(int(said.removeprefix("pid ")))
        parent.send_signal(signal.SIGKILL)

    child.wait(SOON)


@pytest.fixture
async def real_rasa(tmp_path: Path) -> AsyncIterator[RasaProcess]:
    settings = real_settings(tmp_path)
    model = await ensure_model(settings, progress=lambda _fraction, _stage: None)
    async with running(settings, model) as rasa:
        async with asyncio.timeout(90):
            await rasa.until_ready()
        yield rasa


@pytest.mark.rasa
@pytest.mark.long
async def test_no_customers_word_and_no_token_stands_in_rasas_log(real_rasa: RasaProcess, tmp_path: Path) -> None:
    address = real_rasa.address
    assert address is not None
    texts = [CANARY, f"/{CANARY}", f'/greet{{"{CANARY}', f"\x00{CANARY}\ud800", f"{CANARY} " * 5_000]

    async with a_client(real_rasa) as client:
        for text in texts:
            assert await client.classify(text)
    async with httpx.AsyncClient(base_url=address.url, trust_env=False) as anybody:
        unguarded = {"text": f'/greet{{"{CANARY}'}
        await anybody.post("/model/parse", params={"token": address.token}, json=unguarded)
        await anybody.post("/model/parse", params={"token": address.token}, content=CANARY.encode())
        refused = await anybody.post("/model/parse", params={"token": "another"}, json={"text": CANARY})
        no_chat = await anybody.post("/webhooks/rest/webhook", json={"sender": "x", "message": CANARY})

    assert (refused.status_code, no_chat.status_code) == (401, 404)
    written = (tmp_path / "log" / "rasa.log").read_text()
    assert not any(word in written for word in CANARY.split())
    assert address.token not in written


@pytest.mark.rasa
@pytest.mark.long
async def test_rasa_stays_within_its_memory(real_rasa: RasaProcess) -> None:
    assert psutil.Process(real_rasa.pid).memory_info().rss <= 750_000_000
