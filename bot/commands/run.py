"""`shuke run`: one role in a process of its own, beside others on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer

from bot.commands.common import Bar, errors, options
from bot.errors import SettingsError
from bot.running.clock import run_clock
from bot.running.nlu import run_nlu
from bot.running.parts import run_until_stopped
from bot.running.poll import run_poll
from bot.running.web import run_web
from bot.running.worker import run_worker
from bot.settings import Settings
from crm_store import schema
from nlu.training import ensure_model

Role = Literal["web", "poll", "worker", "clock", "nlu"]
_ON_THE_STORE = {"web": run_web, "poll": run_poll, "worker": run_worker, "clock": run_clock}


def add_to(app: typer.Typer) -> None:
    app.command()(run)


def run(
    context: typer.Context,
    role: Annotated[
        Role,
        typer.Argument(
            help="web (HTTP, terminals), poll (Telegram), worker (turns, delivery), clock (care) or nlu (Rasa)."
        ),
    ],
) -> None:
    """Run one role until Ctrl-C; any number of each may run on the same PostgreSQL.

    Example: ./shuke run worker --store postgresql://shuke@127.0.0.1/shuke
    """
    settings = options(context).settings(role=role)
    asyncio.run(_nlu(settings) if role == "nlu" else _on_the_store(settings, role))


async def _nlu(settings: Settings) -> None:
    with Bar("training the NLU") as bar:
        model = await ensure_model(settings.nlu, progress=bar)
    await run_until_stopped(lambda parts: run_nlu(settings, parts, _say, model=model), say=_say)


async def _on_the_store(settings: Settings, role: str) -> None:
    if not settings.store.is_shared:
        raise SettingsError(
            f"store.url: SQLite is for one process; for shuke run {role} set postgresql://USER@HOST/NAME, "
            "or use shuke up"
        )
    schema.upgrade(settings.store.url)
    await run_until_stopped(lambda parts: _ON_THE_STORE[role](settings, parts, _say), say=_say)


def _say(line: str) -> None:
    errors.print(line, markup=False)
