"""`shuke run`: one role on the store, in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.errors import SettingsError
from bot.running.clock import run_clock
from bot.running.parts import Parts, Say, run_until_stopped
from bot.running.poll import run_poll
from bot.running.process import once_it_answers
from bot.running.web import run_web
from bot.running.worker import run_worker
from bot.settings import Settings
from crm_store import schema

ON_THE_STORE: Mapping[str, Callable[[Settings, Parts, Say], Awaitable[None]]] = {
    "web": run_web, "poll": run_poll, "worker": run_worker, "clock": run_clock,
}  # fmt: skip


async def run_role(role: str, settings: Settings, *, say: Say, stop: asyncio.Event | None = None) -> None:
    """Bring the database up to date and run one of `ON_THE_STORE` until SIGINT, SIGTERM or ``stop``.

    While PostgreSQL is away at the start, the role waits for it.

    Raises:
        SettingsError: the store is SQLite, or what the role needs is not set.
        OperationalError: PostgreSQL is there and refuses us.
    """
    url = settings.store.url
    if not settings.store.is_shared:
        raise SettingsError(
            f"store.url: SQLite is for one process; for shuke run {role} set postgresql://USER@HOST/NAME, "
            "or use shuke up"
        )

    async def start(parts: Parts) -> None:
        await once_it_answers(url, partial(schema.upgrade, url), parts.stopping)
        await ON_THE_STORE[role](settings, parts, say)

    await run_until_stopped(start, say=say, stop=stop)
