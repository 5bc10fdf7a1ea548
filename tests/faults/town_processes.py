"""The processes of a town: one in each place, each with its fate, and another one when it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import monotonic

from tests.faults.bot_process import FORK_SERVER, ended
from tests.faults.chronicle import Chronicle
from tests.faults.fates import Birth, Fate, Slot, a_fate
from tests.faults.town_database import TownDatabase
from tests.faults.town_plan import LEASE, Plan
from tests.faults.town_platform import SECRET
from tests.servers.telegram_api import TelegramApi

FROZEN_FOR = LEASE * 1.3
HOUR = timedelta(hours=1)
_KILLED = -signal.SIGKILL
_CANNOT_START = 40
"""So many in a row that end by themselves while the database stands would end for ever."""
_CONNECTED = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s"


class TownProcesses:
    """All places of a town; who is in them is killed, stopped or frozen as the seed has it."""

    def __init__(
        self, folder: Path, store_url: str, telegram: TelegramApi, database: TownDatabase, plan: Plan, log: Chronicle
    ) -> None:
        self.web_ports = [_free_port(), _free_port()]
        self._folder, self._store_url, self._telegram = folder, store_url, telegram
        self._database, self._plan, self._chronicle = database, plan, log
        self._closing = False
        self._living: dict[str, BaseProcess] = {}
        self._ended_in_a_row = 0

    def places(self) -> list[Slot]:
        """Return the places of the plan, of those whose clocks are wrong too."""
        off = HOUR if self._plan.wrong_clocks else timedelta(0)
        doors = [Slot("poll", number, calmer=2) for number in (1, 2)]
        if self._plan.way_in == "webhook":
            doors = [
                Slot("web", number, calmer=3, environment={"SHUKE_WEB__PORT": str(port)})
                for number, port in enumerate(self.web_ports, 1)
            ]
        sign = 1 if self._plan.seed % 2 else -1
        return [
            *doors,
            Slot("worker", 1), Slot("worker", 2, clock_off=sign * off),
            Slot("clock", 1), Slot("clock", 2, clock_off=-sign * off),
        ]  # fmt: skip

    async def keep(self, slot: Slot) -> None:
        """Have a process in this place, and another one when it is gone, until all are stopped.

        Raises:
            RuntimeError: none can start; what they printed is in the town's folder.
        """
        chance = Random(f"{self._plan.seed} {slot.name}")
        log = self._folder / f"{slot.name}.log".replace(" ", "-")
        while not self._closing:
            fate = None if self._chronicle.kills >= self._plan.kills else a_fate(slot, chance)
            birth = Birth(slot.role, self._environment(slot), log, fate, slot.clock_off, self._plan.plant)
            process = FORK_SERVER.Process(target=_begin, args=(birth,))
            process.start()
            self._living[slot.name] = process
            try:
                await self._live_out(slot, process, fate)
            finally:
                process.kill()
                process.join()
                del self._living[slot.name]
                process.close()

    def cut_power(self) -> None:
        """Kill all of them in the same moment."""
        for process in self._living.values():
            process.kill()
        self._chronicle.note("everybody is killed at once; from now on nobody is")

    def stop(self) -> None:
        """Stop all in order, and let nobody come after them."""
        self._closing = True
        for process in self._living.values():
            process.terminate()

    def _environment(self, slot: Slot) -> dict[str, str]:
        telegram = {
            "SHUKE_TELEGRAM_TOKEN": self._telegram.token,
            "SHUKE_TELEGRAM__API_BASE_URL": self._telegram.url,
            "SHUKE_TELEGRAM__POLL_TIMEOUT": "PT1S",
            "SHUKE_TELEGRAM__MOST_A_SECOND": "1000",
            "SHUKE_TELEGRAM__CHAT_EVERY": "PT0S",
        }
        if self._plan.way_in == "webhook":
            telegram["SHUKE_TELEGRAM__MODE"] = "webhook"
            telegram["SHUKE_TELEGRAM__WEBHOOK_URL"] = "http://127.0.0.1/hooks/telegram"
            telegram["SHUKE_TELEGRAM_WEBHOOK_SECRET"] = SECRET
        return {
            **telegram,
            "SHUKE_ROOT": str(self._folder),
            "SHUKE_STORE__URL": self._store_url,
            "SHUKE_WORK__LEASE": f"PT{LEASE.total_seconds()}S",
            "SHUKE_WORK__SWEEP_EVERY": "PT0.1S",
            "SHUKE_TERMINAL__PORT": "0",
            "SHUKE_LOG__LEVEL": "info",
            **slot.environment,
        }

    async def _live_out(self, slot: Slot, process: BaseProcess, fate: Fate | None) -> None:
        pid, killed_by_us = _pid(process), False
        gone = asyncio.create_task(ended(process))
        if fate is not None:
            await asyncio.wait([gone], timeout=fate.after)
            if not gone.done() and not self._closing:
                if fate.how == "frozen":
                    await self._freeze(slot, process, gone)
                if fate.how == "stopped":
                    process.terminate()
                else:
                    killed_by_us = True
                    process.kill()
        await gone
        process.join()
        if process.exitcode == _KILLED:
            at_step = fate is not None and fate.how == "killed at" and not killed_by_us
            await self._mourn(slot, pid, fate.step or "" if at_step and fate is not None else "any moment")
        elif process.exitcode == 0:
            self._chronicle.note(f"{slot.name}: stopped in order")
        else:
            await self._ended_by_itself(slot, process.exitcode)
            return
        self._ended_in_a_row = 0

    async def _ended_by_itself(self, slot: Slot, code: int | None) -> None:
        """A process that cannot reach the database when it starts ends, and is started again."""
        self._chronicle.note(f"{slot.name}: ended by itself with {code}")
        if self._database.is_away:
            await asyncio.sleep(0.1)
            return
        self._ended_in_a_row += 1
        if self._ended_in_a_row >= _CANNOT_START:
            raise RuntimeError(f"{_CANNOT_START} processes in a row could not start; see {self._folder}/*.log")

    async def _freeze(self, slot: Slot, process: BaseProcess, gone: asyncio.Task[None]) -> None:
        """Let it stand still for longer than its leases last, and go on for a moment."""
        pid = _pid(process)
        os.kill(pid, signal.SIGSTOP)
        thawing, sending = monotonic() + FROZEN_FOR.total_seconds(), set[str]()
        while monotonic() < thawing and not gone.done():
            # More than once: what it has asked of a slow database is done there while it stands still.
            sending |= set(await self._database.being_sent_by(pid))
            await asyncio.wait([gone], timeout=LEASE.total_seconds() / 10)
        self._chronicle.harm("frozen", slot.name, "any moment", sorted(sending))
        if gone.done():
            return
        os.kill(pid, signal.SIGCONT)
        self._chronicle.note(f"{slot.name}: goes on")
        await asyncio.wait([gone], timeout=0.5)

    async def _mourn(self, slot: Slot, pid: int, step: str) -> None:
        """Note who was killed and what it was sending, once the database has heard the last of it."""
        while await self._database.ask(_CONNECTED, f"shuke {pid}"):  # noqa: ASYNC110 - it can only be asked again
            await asyncio.sleep(0.01)
        self._chronicle.harm("killed", slot.name, step, await self._database.being_sent_by(pid))


def _begin(birth: Birth) -> None:
    # Imported by the fork server alone; see `bot_process`.
    from tests.faults.role_process import live

    sys.exit(live(birth))


def _pid(process: BaseProcess) -> int:
    assert process.pid is not None, "it has been started"
    return process.pid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
