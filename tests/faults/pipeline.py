"""The real pipeline in a process that may be killed: store, rules, flows, and Telegram by polling."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from sqlalchemy import Connection, text

from bot import logs, wiring
from bot.channels.telegram.client import build_bot
from bot.channels.telegram.receive import Poller
from bot.channels.telegram.send import TelegramChannel
from bot.listening import Listening
from bot.ports import Channel
from bot.settings import Settings, load
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from flows.standard import load_standard
from tests.faults import swapping  # noqa: F401 - registers the action of the shop's own flow
from tests.faults.bot_process import Plan
from tests.faults.labels import label_messages
from tests.faults.steps import Steps

SHOP = Path(__file__).parent
"""The folder whose ``shop`` is laid over the defaults."""

# Every fork would read the same flows: they are read once, in the fork server.
_LOAD_ONCE = functools.cache(load_standard)
_LOAD_ONCE(SHOP / "shop" / "flows")
wiring.load_standard = _LOAD_ONCE  # type: ignore[attr-defined]

_LEFT_OVER = text(
    "SELECT (SELECT count(*) FROM inbox) AS stored,"
    " (SELECT count(*) FROM inbox WHERE status = 'open') AS open,"
    " (SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending')) AS undelivered"
)


def answer_until_quiet(plan: Plan) -> int:
    """Do what the plan says; return the exit code."""
    with (plan.folder / "log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    settings = load(environment=_environment(plan))
    logs.configure(settings.log, settings.secrets())
    asyncio.run(_answer(plan, settings))
    return 0


def _environment(plan: Plan) -> Mapping[str, str]:
    return {
        "SHUKE_ROOT": str(SHOP),
        "SHUKE_STORE__URL": f"sqlite:///{plan.database}",
        "SHUKE_TELEGRAM_TOKEN": plan.token,
        "SHUKE_TELEGRAM__API_BASE_URL": plan.telegram,
        "SHUKE_TELEGRAM__POLL_TIMEOUT": "PT1S",
        "SHUKE_TELEGRAM__MOST_A_SECOND": "1000",  # what waits for its rate is another test's
        "SHUKE_TELEGRAM__CHAT_EVERY": "PT0S",
        "SHUKE_WORK__LEASE": "PT1S",
        "SHUKE_WORK__SWEEP_EVERY": "PT0.05S",
        "SHUKE_LOG__LEVEL": "debug",
    }


async def _answer(plan: Plan, settings: Settings) -> None:
    assert settings.telegram is not None, "the plan has a token"
    began = monotonic()
    clock, steps = SystemClock(), Steps(plan.kill_at)
    ids = Ulids(clock)
    store = Store(settings.store.url)
    quiet = _Quiet(store, plan.messages)
    steps.watch_store(store, quiet.look_again)
    label_messages()
    steps.watch_requests()

    bot = build_bot(settings.telegram)
    channel = TelegramChannel(bot, settings.telegram)
    await channel.start()
    channels: dict[str, Channel] = {"telegram": channel}
    house = wiring.build_house(
        settings,
        store=store,
        clock=clock,
        ids=ids,
        channels=channels,
        understand=Listening(wiring.build_understander(settings, None), store, clock),
        worker=f"test:{os.getpid()}",
    )
    working = asyncio.create_task(house.worker.run())
    poller = Poller(bot, house.intake, account=settings.telegram.account, poll_timeout=settings.telegram.poll_timeout)
    polling = asyncio.create_task(poller.run())

    await quiet.wait()
    polling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await polling
    await house.worker.stop()
    await working
    await channel.stop()
    store.close()
    taken = {"steps": steps.taken, "seconds": monotonic() - began}
    (plan.folder / "taken").write_text(json.dumps(taken))


class _Quiet:
    """Waits until all that is to come has come and been answered."""

    def __init__(self, store: Store, messages: int) -> None:
        self._store = store
        self._messages = messages
        self._loop = asyncio.get_running_loop()
        self._committed = asyncio.Event()
        self._committed.set()

    def look_again(self) -> None:
        """Called from the writer's thread after each commit."""
        self._loop.call_soon_threadsafe(self._committed.set)

    async def wait(self) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            if await self._store.read(self._is_quiet):
                return

    def _is_quiet(self, conn: Connection) -> bool:
        left = conn.execute(_LEFT_OVER).one()
        return bool(left.stored >= self._messages and left.open == 0 and left.undelivered == 0)
