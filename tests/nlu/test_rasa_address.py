"""A running Rasa can be found by other commands of the same user, and by nobody else."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

from nlu.client import RasaAddress
from nlu.rasa_address import NAME, publish, published, withdraw
from nlu.rasa_process import RasaProcess
from nlu.training import ensure_model
from tests.nlu.rasas import stand_in_settings

ADDRESS = RasaAddress("http://127.0.0.1:5005", "secret-token")
MODEL = Path("models/abc.tar.gz")


def test_an_address_is_found_by_its_model_and_read_by_its_owner_only(tmp_path: Path) -> None:
    publish(tmp_path, ADDRESS, MODEL)

    assert published(tmp_path, MODEL) == ADDRESS
    assert published(tmp_path, Path("models/other.tar.gz")) is None
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_an_address_that_is_gone_or_broken_is_none(tmp_path: Path) -> None:
    publish(tmp_path, ADDRESS, MODEL)
    withdraw(tmp_path)
    gone = published(tmp_path, MODEL)
    (tmp_path / NAME).write_text('{"url": ')
    broken = published(tmp_path, MODEL)

    assert (gone, broken) == (None, None)


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

    assert while_ready == address is not None
    assert published(tmp_path / "var", model) is None
