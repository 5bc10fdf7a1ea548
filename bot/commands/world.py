"""`shuke simulate`: the virtual world, JSON lines in and out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from bot.commands.common import Bar, errors, options
from bot.errors import SettingsError
from bot.settings import Settings
from bot.simulate import World, run
from bot.wiring import build_understander, fixed_address
from nlu.breaker import Breaker
from nlu.client import RasaAddress, RasaClient
from nlu.errors import NluUnavailable
from nlu.rasa_address import published
from nlu.rasa_process import RasaProcess
from nlu.training import ensure_model

NO_ANSWER = timedelta(seconds=60)
"""A virtual world has no deadline and no fallback; a Rasa that is silent for so long is broken."""


START = timedelta(seconds=180)
QUICK = timedelta(seconds=5)
Locate = Callable[[], RasaAddress | None]


def add_to(app: typer.Typer) -> None:
    app.command()(simulate)


def simulate(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="What chance is drawn from.")] = 1,
    nlu: Annotated[str, typer.Option(help="rasa, rules, or the URL of a Rasa server.")] = "rasa",
    input: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file of JSON lines; default stdin.")
    ] = None,
    store: Annotated[str | None, typer.Option(help="A store to keep; default an empty one, thrown away.")] = None,
) -> None:
    """Run the virtual world: a JSON line in, a JSON line out.

    Example: echo '{"customer": "u1", "text": "你好"}' | ./shuke simulate --seed 7
    """
    chosen = options(context)
    if store is not None:
        chosen = replace(chosen, store=store)
    settings = chosen.settings()
    try:
        asyncio.run(_simulate(settings, seed, nlu, input, chosen.store))
    except NluUnavailable as exc:
        errors.print(f"shuke: the NLU gave no answer: {exc}; see {settings.nlu.logs}/rasa.log", markup=False)
        sys.exit(1)


async def _simulate(settings: Settings, seed: int, nlu: str, input: Path | None, store: str | None) -> None:
    async with classifier_for(settings, nlu) as classifier:
        understander = build_understander(settings, classifier, rules_stand_in=False)
        world = World(settings, understander, seed=seed, store_url=settings.store.url if store else None)
        out = sys.stdout.buffer

        def write(line: bytes) -> None:
            out.write(line)
            out.flush()

        try:
            with input.open("rb") if input else contextlib.nullcontext(sys.stdin.buffer) as lines:
                await run(world, lines, write)
        finally:
            world.close()


@contextlib.asynccontextmanager
async def classifier_for(settings: Settings, nlu: str) -> AsyncIterator[RasaClient | None]:
    """Give the client of a Rasa, or None for ``rules``; a URL is a server's, ``rasa`` the running one or a new one.

    Raises:
        SettingsError: it is none of the three.
        NluUnavailable: Rasa does not start.
    """
    if nlu == "rules":
        yield None
        return
    if nlu != "rasa" and not nlu.startswith(("http://", "https://")):
        raise SettingsError(
            f"--nlu {nlu}: there is no such NLU; use rasa, rules or an address such as http://127.0.0.1:5005"
        )
    if nlu != "rasa":
        async with _patient(fixed_address(nlu, os.environ.get("SHUKE_NLU_TOKEN", ""))) as client:
            yield client
        return
    with Bar("training the NLU") as bar:
        model = await ensure_model(settings.nlu, progress=bar)
    running_one = await _first_that_answers(published(settings.var, model))
    if running_one is not None:
        async with _patient(lambda: running_one) as client:
            yield client
        return
    async with _rasa_of_our_own(settings, model) as rasa, _patient(lambda: rasa.address) as client:
        yield client


@contextlib.asynccontextmanager
async def _rasa_of_our_own(settings: Settings, model: Path) -> AsyncIterator[RasaProcess]:
    rasa = RasaProcess(settings.nlu, model)
    running = asyncio.create_task(rasa.run())
    try:
        async with asyncio.timeout(START.total_seconds()):
            await rasa.until_ready()
        yield rasa
    except TimeoutError:
        raise NluUnavailable(f"Rasa did not start within {START.total_seconds():.0f} s") from None
    finally:
        await rasa.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _patient(locate: Locate, deadline: timedelta = NO_ANSWER) -> RasaClient:
    """Return a client that waits for its answer and is never put off by earlier failures."""
    return RasaClient(locate, deadline=deadline, breaker=Breaker(failures=2**31, pause=NO_ANSWER, now=monotonic))


async def _first_that_answers(addresses: Iterable[RasaAddress]) -> RasaAddress | None:
    for address in addresses:
        if await _answers(address):
            return address
    return None


async def _answers(address: RasaAddress) -> bool:
    async with _patient(lambda: address, QUICK) as client:
        try:
            return bool(await client.classify("你好"))
        except NluUnavailable:
            return False
