"""The real Rasa is killed while customers talk: rules answer until it is back, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest

from tests.faults.apart import Open
from tests.faults.installation import ROOT, Installation, Running
from tests.faults.rasa_town import WEBHOOK, Town

pytestmark = [pytest.mark.long, pytest.mark.rasa, pytest.mark.timeout(600)]

TRAINED_WITHIN = 400
"""Seconds; the model of the checkout is used where it is there."""
BACK_WITHIN = 120
UNDERSTOOD_BEFORE, UNDERSTOOD_BY_RULES = 12, 6
"""Messages, so that customers are in the middle of talking when Rasa is killed, and notice that it is away."""


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


@asynccontextmanager
async def kept_dead(running: Running) -> AsyncIterator[None]:
    """Kill each Rasa that ``running`` starts anew: on a quick machine one is back before somebody has typed."""

    async def kill() -> None:
        while True:
            for rasa in psutil.Process(running.pid).children():
                with suppress(ProcessLookupError):
                    os.killpg(rasa.pid, signal.SIGKILL)
            await asyncio.sleep(0.2)  # nobody tells when a child of another process begins

    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


async def test_while_rasa_is_dead_rules_answer_and_it_comes_back_by_itself(tmp_path: Path) -> None:
    shuke = Installation(tmp_path, SHUKE_NLU__MODELS=str(ROOT / "var" / "models"))

    async with shuke.up("--demo") as running:
        await running.until_said("health:", within=TRAINED_WITHIN)
        await understood_by(running, "rasa", within=120)
        assert (await shuke.chat("ana", "where has my parcel got to")).strip()
        first = rasa_of(running)
        os.killpg(first, signal.SIGKILL)
        await understood_by(running, "rules", within=10)
        async with kept_dead(running):
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


async def until_rules_stood_in(town: Town, kill: Callable[[], None], come_back: Callable[[], Awaitable[None]]) -> str:
    """Kill Rasa while it understands the customers, have it back, and say how they fared meanwhile.

    Rules have to answer some messages, and after them Rasa again.
    """
    seen = len(town.sources())
    await town.until(lambda: town.sources()[seen:].count("rasa") >= UNDERSTOOD_BEFORE)
    seen, began = len(town.sources()), monotonic()
    kill()
    await town.until(lambda: town.sources()[seen:].count("rules") >= UNDERSTOOD_BY_RULES)
    first_rules = seen + town.sources()[seen:].index("rules")
    await come_back()
    await town.until(lambda: "rasa" in town.sources()[first_rules:], within=BACK_WITHIN)
    back = first_rules + town.sources()[first_rules:].index("rasa")
    return (
        f"Rasa understood again after {monotonic() - began:.1f} s, rules {back - first_rules} messages until then, "
        f"the longest wait for an answer {town.longest_wait(began):.2f} s"
    )


async def test_processes_of_their_own_answer_by_rules_while_rasa_is_killed_and_lose_and_repeat_nothing(
    open_shop: Open,
) -> None:
    models = str(ROOT / "var" / "models")
    # Without a memory: who understood a message is to be seen.
    shop = await open_shop(**WEBHOOK, SHUKE_NLU__MODELS=models, SHUKE_NLU__DEADLINE="5", SHUKE_NLU__REMEMBERED="0")
    web, *workers = await shop.start("web", "worker", "worker")
    [first] = await shop.start("nlu", within=TRAINED_WITHIN)
    town = Town(shop, (await web.until_said("the web is up")).split()[-1].removesuffix("/readyz"))
    rasas, told, running = [rasa_of(first)], [], [first]

    def kill_rasa() -> None:
        os.killpg(rasas[-1], signal.SIGKILL)

    async def by_itself() -> None:
        return

    def kill_all() -> None:
        rasas.append(rasa_of(first))
        os.kill(first.pid, signal.SIGKILL)
        kill_rasa()

    async def started_again() -> None:
        running.extend(await shop.start("nlu"))
        rasas.append(rasa_of(running[-1]))

    async with town.talking():
        told.append("its Rasa killed: " + await until_rules_stood_in(town, kill_rasa, by_itself))
        told.append("`run nlu` killed: " + await until_rules_stood_in(town, kill_all, started_again))
    stopped = [await one.stop() for one in (web, *workers, running[-1])]

    print("", *told, sep="\n")
    assert list(town.broken_promises()) == []
    assert stopped == [0] * 4
    assert set(town.sources()) <= {"rasa", "rules"}
    assert len(set(rasas)) == 3
    assert not any(psutil.pid_exists(rasa) for rasa in rasas)
