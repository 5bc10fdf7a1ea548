"""What runs in a forked process: one role as `shuke run` has it, whose steps are counted and may be its last.

Imported by the fork server alone.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, time, timedelta
from time import monotonic
from typing import Any

import httpx
from httpx._transports import default

from bot import logs, wiring
from bot.running import process as process_module
from bot.running.clock import run_clock
from bot.running.parts import Parts, run_until_stopped
from bot.running.poll import run_poll
from bot.running.web import run_web
from bot.running.worker import run_worker
from bot.settings import load
from care.policy import load_policy
from care.settings import CareSettings
from crm_store import election, engines, notify
from crm_store.ports import SystemClock
from crm_store.unit_of_work import Store
from flows.standard import Standard, load_standard
from tests.faults import pipeline, plants
from tests.faults.fates import Birth
from tests.faults.labels import label_messages
from tests.faults.steps import Steps

_BOOK = load_standard(pipeline.SHOP / "shop" / "flows")
_POLICY = load_policy(
    CareSettings(quiet_from=time(0), quiet_until=time(0), sweep_every=timedelta(seconds=0.2)),
    rules_overlay=pipeline.SHOP / "shop" / "care",
)
_RUN = {"web": run_web, "poll": run_poll, "worker": run_worker, "clock": run_clock}


def _warm_up() -> None:
    """Do what every process would do again after the fork: import drivers, and read the machine's certificates."""
    engines.postgres_engine("postgresql://nobody@127.0.0.1:1/none").dispose()
    certificates = httpx.create_ssl_context()
    default.create_ssl_context = lambda **_: certificates
    httpx.Client().close()


_warm_up()


def live(birth: Birth) -> int:
    """Run the role until it is stopped; return the exit code."""
    with birth.log.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    settings = load(environment=birth.environment)
    logs.configure(settings.log, settings.secrets())

    fate = birth.fate
    steps = Steps(fate.number, of=fate.step) if fate is not None and fate.how == "killed at" else Steps(None)
    label_messages()
    steps.watch_requests()
    _is_told_apart()
    _set_up(steps, birth.clock_off)
    plants.plant(birth.plant)

    async def start(parts: Parts) -> None:
        await _RUN[birth.role](settings, parts, _say)

    asyncio.run(run_until_stopped(start, say=_say))
    return 0


def _is_told_apart() -> None:
    """Let the database know our connections by our process id, so that the town sees when the last is gone."""
    for module in (engines, notify, election):
        module.CONNECT = {**engines.CONNECT, "application_name": f"shuke {os.getpid()}"}  # type: ignore[attr-defined]
    election.LOOK_EVERY = timedelta(seconds=0.1)


def _set_up(steps: Steps, off: timedelta) -> None:
    def open_store(url: str, **how: Any) -> Store:
        store = Store(url, **how)
        steps.watch_store(store)
        return store

    jumps_at = monotonic() + 0.5

    class WrongClock(SystemClock):
        def now(self) -> datetime:
            return super().now() + (off if monotonic() > jumps_at else timedelta(0))

    def read_already(_overlay: object = None) -> Standard:
        return _BOOK

    process_module.Store = open_store  # type: ignore[attr-defined, misc, assignment]
    process_module.SystemClock = WrongClock  # type: ignore[attr-defined, misc]
    wiring.load_standard = read_already  # type: ignore[attr-defined, assignment]
    wiring.load_policy = lambda *_, **__: _POLICY  # type: ignore[attr-defined]


def _say(line: str) -> None:
    print(line, flush=True)
