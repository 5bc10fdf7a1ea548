"""`shuke nlu`: train the model, parse texts, score it on examples."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from bot.channels.edge import storable
from bot.commands import nlu_review
from bot.commands.common import Bar, console, open_store, options, show_json
from bot.commands.world import classifier_for
from bot.listening import Listening
from bot.settings import Settings
from bot.wiring import build_understander
from crm_store.ports import SystemClock
from nlu.chosen_model import choose_model
from nlu.evaluate import Scored, read_examples, report
from nlu.training import ensure_model

Nlu = Annotated[str, typer.Option(help="rasa, rules, or the URL of a Rasa server.")]


def add_to(app: typer.Typer) -> None:
    nlu = typer.Typer(help="Understanding customers.", no_args_is_help=True, rich_markup_mode=None)
    nlu.command("train")(train)
    nlu.command("parse")(parse)
    nlu.command("evaluate")(evaluate)
    nlu_review.add_to(nlu)
    app.add_typer(nlu, name="nlu")


def train(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Train even if a model is there.")] = False,
) -> None:
    """Train the model of the present data, pipeline and lock, unless it is there; Rasas that run take it over.

    Example: ./shuke nlu train
    """
    settings = options(context).settings()
    with Bar("training the NLU") as bar:
        model = asyncio.run(ensure_model(settings.nlu, force=force, progress=bar))
    choose_model(settings.nlu.models, model)
    console.print(model.name, markup=False)


def parse(context: typer.Context, nlu: Nlu = "rasa") -> None:
    """Read a text a line and write what it means, a JSON line each.

    Example: echo 我的快递到哪了 | ./shuke nlu parse
    """
    asyncio.run(_parse(options(context).settings(), nlu))


async def _parse(settings: Settings, nlu: str) -> None:
    async with _listening(settings, nlu) as (listening, clock):
        for raw in sys.stdin.buffer:
            text = storable(raw.decode("utf-8", "replace").rstrip("\r\n"))
            understood = await listening(
                text, asking=None, language=settings.shop.language, timezone=settings.shop.zone, now=clock.now()
            )
            sys.stdout.buffer.write(orjson.dumps(understood.as_json()) + b"\n")
            sys.stdout.buffer.flush()


def evaluate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV file: text,intent[,accept][,language].")],
    nlu: Nlu = "rasa",
) -> None:
    """Score the NLU on examples.

    Example: ./shuke --json nlu evaluate examples.csv
    """
    found = asyncio.run(_evaluate(options(context).settings(), nlu, file))
    if options(context).json:
        show_json(found)
        return
    console.print(f"{found['examples']} examples, accuracy {found['accuracy']:.1%}, macro-F1 {found['macro_f1']:.3f}")
    for name, scores in found["languages"].items():
        console.print(f"  {name}: {scores['accuracy']:.1%} of {scores['examples']}", markup=False)
    for intent, scores in sorted(found["intents"].items(), key=lambda item: item[1]["f1"]):
        console.print(
            f"  {intent:<32} F1 {scores['f1']:.2f}  precision {scores['precision']:.2f}  "
            f"recall {scores['recall']:.2f}  of {scores['examples']}",
            markup=False,
        )
    for wrong in found["confusions"]:
        console.print(f"  {wrong['intent']} taken for {wrong['taken_for']}: {wrong['count']}", markup=False)


async def _evaluate(settings: Settings, nlu: str, file: Path) -> dict[str, Any]:
    examples = read_examples(file)
    scored = []
    async with _listening(settings, nlu) as (listening, clock):
        for example in examples:
            understood = await listening(
                storable(example.text), asking=None, language=settings.shop.language, timezone=settings.shop.zone,
                now=clock.now(),
            )  # fmt: skip
            scored.append(Scored(example, understood.intent))
    return report(scored)


@asynccontextmanager
async def _listening(settings: Settings, nlu: str) -> AsyncIterator[tuple[Listening, SystemClock]]:
    clock = SystemClock()
    async with classifier_for(settings, nlu) as classifier:
        with open_store(settings) as store:
            yield Listening(build_understander(settings, classifier, rules_stand_in=False), store, clock), clock
