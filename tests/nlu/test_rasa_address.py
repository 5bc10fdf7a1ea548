"""A running Rasa can be found by workers and commands of the same user, and by nobody else."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

from nlu.client import RasaAddress
from nlu.rasa_address import FOLDER, publish, published
from nlu.rasa_process import RasaProcess
from nlu.training import ensure_model
from tests.nlu.rasas import stand_in_settings

ONE = RasaAddress("http://127.0.0.1:5005", "secret-token")
OTHER = RasaAddress("http://127.0.0.1:5006", "another-token")
MODEL = Path("models/abc.tar.gz")
HOLDER = """
import sys
from pathlib import Path
from nlu.client import RasaAddress
from nlu.rasa_address import publish
with publish(Path(sys.argv[1]), RasaAddress("http://127.0.0.1:5005", "x"), Path("abc.tar.gz")):
    print(flush=True)
    input()
"""


def files(var: Path) -> list[Path]:
    return list((var / FOLDER).iterdir())


def test_an_address_is_found_by_its_model_and_read_by_its_owner_only(tmp_path: Path) -> None:
    with publish(tmp_path, ONE, MODEL):
        assert published(tmp_path, MODEL) == published(tmp_path) == (ONE,)
        assert published(tmp_path, Path("models/other.tar.gz")) == ()
        assert [stat.S_IMODE(file.stat().st_mode) for file in files(tmp_path)] == [0o600]


def test_several_stand_beside_each_other_and_each_goes_by_itself(tmp_path: Path) -> None:
    with publish(tmp_path, ONE, MODEL):
        with publish(tmp_path, OTHER, MODEL):
            both = published(tmp_path, MODEL)
        one = published(tmp_path, MODEL)
    none = published(tmp_path, MODEL)

    assert set(both) == {ONE, OTHER}
    assert (one, none) == ((ONE,), ())
    assert files(tmp_path) == []


def test_what_is_no_address_is_passed_over(tmp_path: Path) -> None:
    assert published(tmp_path) == ()
    with publish(tmp_path, ONE, MODEL):
        [file] = files(tmp_path)
        file.write_text('{"url": ')

        assert published(tmp_path) == ()


async def test_what_a_killed_process_left_is_ignored_and_removed(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path), cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    await holder.stdout.readline()
    alive = published(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    await holder.wait()

    assert [address.url for address in alive] == [ONE.url]
    assert len(files(tmp_path)) == 1
    assert published(tmp_path) == ()
    assert files(tmp_path) == []


async def test_rasa_is_published_while_it_is_ready(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    model = await ensure_model(settings, progress=lambda *_: None)
    rasa = RasaProcess(settings, model, publish_in=tmp_path / "var")
    running = asyncio.create_task(rasa.run())

    async with asyncio.timeout(30):
        await rasa.until_ready()
    while_ready = published(tmp_path / "var", model)
    address = rasa.address
    await rasa.stop()
    await asyncio.gather(running, return_exceptions=True)

    assert address is not None
    assert while_ready == (address,)
    assert published(tmp_path / "var", model) == ()
