"""A bot in a process of its own, for tests that kill it.

A fork server imports everything once, so that a start costs some 30 ms instead of
1.5 s; what it forks is the real pipeline under the real Telegram client.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from collections.abc import Awaitable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

FORK_SERVER = multiprocessing.get_context("forkserver")
# pytest too: a forked process looks at the main module that started it.
FORK_SERVER.set_forkserver_preload(["tests.faults.pipeline", "tests.faults.role_process", "pytest"])

ENDS_WITHIN = 60
"""Seconds, many times what a run takes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process is to do: answer until ``messages`` are handled and their replies delivered.

    ``kill_at`` is the step at which it kills itself, None for never. In ``folder`` it
    leaves its ``log`` and, where it ends by itself, the steps and seconds that it has ``taken``.
    """

    database: Path
    telegram: str
    token: str
    messages: int
    folder: Path
    kill_at: int | None


async def run_bot(plan: Plan, *, kill_when: Awaitable[None] | None = None) -> int | None:
    """Run a bot to its end and return its exit code, -9 where it was killed.

    It is killed from outside when ``kill_when`` is done.

    Raises:
        TimeoutError: it has not come to its end within 60 s; something was lost, or hangs.
    """
    return await ended_with(FORK_SERVER.Process(target=_begin, args=(plan,)), kill_when)


async def ended_with(process: BaseProcess, kill_when: Awaitable[None] | None) -> int | None:
    """Start ``process`` and return its exit code: -9 where it was killed, from outside when ``kill_when`` is done."""
    process.start()
    killing = None if kill_when is None else asyncio.create_task(killed_when(process, kill_when))
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await ended(process)
    finally:
        if killing is not None:
            killing.cancel()
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    return code


async def killed_when(process: BaseProcess, when: Awaitable[None]) -> None:
    """Kill ``process`` when ``when`` is done."""
    await when
    process.kill()


async def ended(process: BaseProcess) -> None:
    """Return when ``process`` is no more."""
    loop = asyncio.get_running_loop()
    gone, sentinel = asyncio.Event(), process.sentinel
    loop.add_reader(sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(sentinel)


def _begin(plan: Plan) -> None:
    # Imported by the fork server alone: it registers an action that the tests' own
    # process, where other tests look at all actions, must not have.
    from tests.faults.pipeline import answer_until_quiet

    sys.exit(answer_until_quiet(plan))
