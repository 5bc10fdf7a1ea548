"""`shuke run`: one role in a process of its own, beside others on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer

from bot.commands.common import Bar, errors, options
from bot.running.nlu import run_nlu
from bot.running.parts import run_until_stopped
from bot.running.role import run_role
from bot.settings import Settings
from nlu.training import ensure_model

Role = Literal["web", "poll", "worker", "clock", "nlu"]


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
    asyncio.run(_nlu(settings) if role == "nlu" else run_role(role, settings, say=_say))


async def _nlu(settings: Settings) -> None:
    with Bar("training the NLU") as bar:
        model = await ensure_model(settings.nlu, progress=bar)
    await run_until_stopped(lambda parts: run_nlu(settings, parts, _say, model=model), say=_say)


def _say(line: str) -> None:
    errors.print(line, markup=False)
