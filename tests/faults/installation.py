"""A whole installation in a folder of its own: `shuke up` as a real process, and `shuke chat` beside it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.faults.checks import counted

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN = 60
"""Seconds, generously: a busy machine starts slowly, and no test here is about speed alone."""
STOP_WITHIN = 60
UP = {
    "web": "the web is up", "poll": "polling, or waiting to", "worker": "a worker is up", "clock": "a clock is up",
    "nlu": "Rasa is up",
}  # fmt: skip
"""What a role says once it works."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    errors: str


class Running:
    """A `shuke up` under way."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[str] = []
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self.began = monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def until_said(self, words: str, *, within: float = START_WITHIN) -> str:
        """Wait for a line with ``words`` and return it."""
        async with asyncio.timeout(within):
            while (line := self._said(words)) is None:
                assert not self._reading.done(), f"it ended before it said {words!r}: {self._lines}"
                self._changed.clear()
                await self._changed.wait()
        return line

    async def health(self) -> str:
        """Wait until it is up; return the address of its HTTP server."""
        return (await self.until_said("health:")).split()[-1].removesuffix("/readyz")

    async def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        await self._process.wait()

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        self._process.send_signal(by)
        async with asyncio.timeout(STOP_WITHIN):
            await self._reading
            return await self._process.wait()

    async def end(self) -> None:
        """Kill it if it still runs; its child dies with it."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._reading

    def _said(self, words: str) -> str | None:
        return next((line for line in self._lines if words in line), None)

    async def _read(self) -> None:
        assert self._process.stdout is not None, "it is a pipe"
        while line := await self._process.stdout.readline():
            self._lines.append(line.decode())
            self._changed.set()
        self._changed.set()

    @property
    def printed(self) -> str:
        return "".join(self._lines)


class Installation:
    """config.yml, the demo shop and var/ in ``root``; ``said`` collects what every command printed."""

    def __init__(self, root: Path, **environment: str) -> None:
        self.root = root
        self.said: list[str] = []
        shutil.copy(ROOT / "config.yml", root)
        (root / "demo").symlink_to(ROOT / "demo")
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SHUKE_ROOT": str(root),
            "SHUKE_WEB__PORT": "0",
            "SHUKE_LOG__LEVEL": "debug",
            **environment,
        }

    @property
    def database(self) -> Path:
        return self.root / "var" / "shuke.db"

    @asynccontextmanager
    async def up(self, *options: str, **environment: str) -> AsyncIterator[Running]:
        """Start `shuke up`; it is gone when the block is left, however that is."""
        async with self.process("up", *options, **environment) as running:
            yield running

    @asynccontextmanager
    async def role(self, role: str, *, within: float = START_WITHIN, **environment: str) -> AsyncIterator[Running]:
        """Start `shuke run ROLE` and wait until it is up; it is gone when the block is left, however that is."""
        async with self.process("run", role, **environment) as running:
            await running.until_said(UP[role], within=within)
            yield running

    @asynccontextmanager
    async def process(self, *words: str, **environment: str) -> AsyncIterator[Running]:
        """Start a command that runs until it is stopped."""
        running = Running(await self._start(*words, stderr=asyncio.subprocess.STDOUT, **environment))
        try:
            yield running
        finally:
            await running.end()
            self.said.append(running.printed)

    async def run(self, *arguments: str, lines: Sequence[str] = (), **environment: str) -> Ended:
        """Run a command to its end, with ``lines`` typed into it."""
        process = await self._start(*arguments, stderr=asyncio.subprocess.PIPE, **environment)
        async with asyncio.timeout(START_WITHIN):
            out, errors = await process.communicate("".join(f"{line}\n" for line in lines).encode())
        self.said += [out.decode(), errors.decode()]
        return Ended(await process.wait(), out.decode(), errors.decode())

    async def chat(self, user: str, *lines: str) -> str:
        """Talk to the bot as ``user`` and return what it answered."""
        ended = await self.run("chat", "--as", user, lines=lines)
        assert ended.code == 0, ended.errors
        # What the customer is told belongs into the chat, and is no log.
        self.said.remove(ended.out)
        return ended.out

    def everything_logged(self) -> str:
        """Return all that any command printed, and every log file."""
        logs = (path for path in (self.root / "var").rglob("*") if path.is_file() and "log" in path.parts)
        return "\n".join([*self.said, *(path.read_text(errors="replace") for path in logs)])

    def count(self, what: str) -> int:
        """Return how many rows ``what`` (``inbox WHERE …``) has."""
        return counted(self.database, what)

    def values(self, query: str) -> list[Any]:
        """Return the first column of what an SQL query finds."""
        with closing(sqlite3.connect(self.database)) as db:
            return [row[0] for row in db.execute(query)]

    async def _start(self, *arguments: str, stderr: int, **environment: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments,
            cwd=self.root, env=self._environment | environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=stderr,
            
        )  # fmt: skip
