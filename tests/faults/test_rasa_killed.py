"""The real Rasa is killed while customers talk: rules answer, and Rasa comes back by itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.installation import ROOT, Installation, Running

pytestmark = [pytest.mark.long, pytest.mark.rasa, pytest.mark.timeout(600)]

TRAINED_WITHIN = 400
"""Seconds; the model of the checkout is used where it is there."""


async def understood_by(running: Running, who: str, *, within: float) -> None:
    """Wait until /readyz says that ``who`` (rasa or rules) understands the messages."""
    async with httpx.AsyncClient(base_url=await running.health()) as web, asyncio.timeout(within):
        while (await web.get("/readyz")).json()["nlu"] != who:  # noqa: ASYNC110 - over HTTP one can only ask again
            await asyncio.sleep(0.1)


def sources(shuke: Installation) -> list[str]:
    """Return how each message so far was understood."""
    db = sqlite3.connect(shuke.database)
    try:
        rows = db.execute("SELECT why FROM history WHERE kind = 'message.in' ORDER BY id").fetchall()
    finally:
        db.close()
    return [json.loads(why)["understood"]["source"] for (why,) in rows]


def rasa_of(running: Running) -> int:
    """Return the process id of the Rasa that ``running`` has started."""
    (rasa,) = psutil.Process(running.pid).children()
    return int(rasa.pid)


async def test_while_rasa_is_dead_rules_answer_and_it_comes_back_by_itself(tmp_path: Path) -> None:
    shuke = Installation(tmp_path, SHUKE_NLU__MODELS=str(ROOT / "var" / "models"))

    async with shuke.up("--demo") as running:
        await running.until_said("health:", within=TRAINED_WITHIN)
        await understood_by(running, "rasa", within=120)
        assert (await shuke.chat("ana", "where has my parcel got to")).strip()
        first = rasa_of(running)
        os.killpg(first, signal.SIGKILL)
        await understood_by(running, "rules", within=10)
        assert (await shuke.chat("ana", "how many points do I have")).strip()
        await understood_by(running, "rasa", within=120)
        assert (await shuke.chat("ana", "where has my parcel got to")).strip()
        second = rasa_of(running)
        assert await running.stop() == 0

    before, dead, after = sources(shuke)
    assert before == after == "rasa"
    assert dead in ("rules", "fallback")
    assert first != second
    assert not psutil.pid_exists(second)
