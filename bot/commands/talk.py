"""`shuke up` and `shuke chat`: the bot, and a way to talk to it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from bot.channels.terminal.chat import Chat
from bot.channels.terminal.keyboard import typed_lines
from bot.commands.common import Bar, console, errors, open_store, options
from bot.demo import load_demo
from bot.errors import SettingsError
from bot.running import up as running
from bot.settings import Settings
from crm_store import accounts
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from desk.passwords import generated, hashed
from nlu.training import ensure_model

DEMO = "demo"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_to(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(chat)


def up(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo shop first.")] = False,
    nlu: Annotated[str, typer.Option(help="rasa, or rules to answer by keyword rules alone.")] = "rasa",
) -> None:
    """Run everything in config.yml in one process tree, until Ctrl-C.

    Example: ./shuke up --demo
    """
    settings = options(context).settings()
    if nlu not in ("rasa", "rules"):
        raise SettingsError(f"--nlu {nlu}: use rasa or rules")
    if demo and settings.web.host not in _LOOPBACK:
        raise SettingsError(f"web.host: the demo is for this machine only, not for {settings.web.host}; set 127.0.0.1")
    with running.alone(settings):
        with open_store(settings) as store:
            if demo:
                settings = with_knowledge(settings)
                _load_demo(settings, store)
                _tell_sign_in(store)
        model = asyncio.run(_model(settings)) if nlu == "rasa" else None
        asyncio.run(running.up(settings, model=model, say=lambda line: errors.print(line, markup=False)))


def with_knowledge(settings: Settings) -> Settings:
    """Let the demo shop answer from what it has written down, unless the settings name another folder."""
    if settings.flows.knowledge.folder is not None:
        return settings
    knowledge = replace(settings.flows.knowledge, folder=settings.root / DEMO / "knowledge")
    return settings.model_copy(update={"flows": replace(settings.flows, knowledge=knowledge)})


def _load_demo(settings: Settings, store: Store) -> None:
    clock = SystemClock()
    with Bar("demo shop") as bar:
        load_demo(
            store,
            settings.root / DEMO,
            now=clock.now(),
            ids=Ulids(clock),
            zone=ZoneInfo(settings.shop.zone),
            progress=bar.share,
        )


def _tell_sign_in(store: Store) -> None:
    """Open an account for whoever tries the demo, the first time, and tell its password this once."""
    if store.read_now(accounts.of, DEMO) is not None:
        return
    password = generated(SystemRandom())
    store.run_now(accounts.add, DEMO, role="admin", password_hash=hashed(password), now=SystemClock().now())
    errors.print(f"sign in at the desk as {DEMO}, password {password}", markup=False)
    errors.print(f"  (shown this once; ./shuke user passwd {DEMO} sets another one)", markup=False)


async def _model(settings: Settings) -> Path:
    with Bar("training the NLU") as bar:
        return await ensure_model(settings.nlu, progress=bar)


def chat(
    context: typer.Context,
    user: Annotated[str, typer.Option("--as", help="Who you are on the terminal channel.")] = "guest",
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="The language to be greeted in.")] = None,
) -> None:
    """Talk to the running bot in the terminal.

    Example: ./shuke chat --as wang --lang zh
    """
    settings = options(context).settings()
    talk = Chat(console, user=user, language=lang, ids=Ulids(SystemClock()))
    lines = typed_lines(sys.stdin.fileno())
    asyncio.run(talk.run(settings.terminal.address_file, lines, wait_for_answers=not sys.stdin.isatty()))
