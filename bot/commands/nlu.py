"""`shuke nlu`: train the model, parse texts, score it on examples."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import orjson
import typer

from bot.channels.edge import storable
from bot.commands import nlu_review
from bot.commands.common import Bar, console, errors, open_store, options, show_json
from bot.commands.world import classifier_for
from bot.errors import SettingsError
from bot.listening import Listening
from bot.settings import Settings
from bot.wiring import build_understander
from crm_store.ports import SystemClock
from nlu.chosen_model import choose_model
from nlu.confusion_svg import confusion_svg
from nlu.diversity import diversity, taught_sentences
from nlu.evaluate import Scored, read_examples, report
from nlu.promoting import lines
from nlu.thresholds import HeldBack, Thresholds, choose, write_thresholds
from nlu.training import thresholds_file, train_model

_LEAST_VARIED = 5

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
    force: Annotated[
        bool, typer.Option("--force", help="Train even if a model is there, and use it even if it is worse.")
    ] = False,
) -> None:
    """Train the model of the present data, pipeline and lock, unless it is there; Rasas that run take it over.

    Shows how each intent fares beside the last model. One that is worse is not used: exit 1.

    Example: ./shuke nlu train
    """
    settings = options(context).settings()
    with Bar("training the NLU") as bar:
        trained = asyncio.run(train_model(settings.nlu, force=force, progress=bar))
    for line in lines(trained.comparison) if trained.comparison is not None else ():
        console.print(line, markup=False)
    if trained.is_refused:
        worse = trained.comparison.reasons if trained.comparison is not None else ("it was worse when it was trained",)
        errors.print(
            f"shuke: {trained.model.name} is not used: {'; '.join(worse)}; mend the data, or use it with --force",
            markup=False,
        )
        raise typer.Exit(1)
    choose_model(settings.nlu.models, trained.model)
    console.print(trained.model.name, markup=False)


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
    svg: Annotated[Path | None, typer.Option(help="Draw what was taken for what into this file.")] = None,
    thresholds: Annotated[
        bool, typer.Option("--thresholds", help="Choose by these examples how sure is sure enough, and keep it.")
    ] = False,
) -> None:
    """Score the NLU on examples.

    Example: ./shuke --json nlu evaluate examples.csv
    """
    settings = options(context).settings()
    if thresholds and nlu != "rasa":
        raise SettingsError(
            "--thresholds: are kept beside the model of the present files, so that model must answer; "
            "use it with --nlu rasa"
        )
    scored = asyncio.run(_evaluate(settings, nlu, file))
    found = report(scored) | {"diversity": _diversity(settings)}
    if svg is not None:
        svg.write_text(confusion_svg(scored), encoding="utf-8")
    if thresholds:
        chosen = asyncio.run(_choose(settings, file))
        write_thresholds(thresholds_file(settings.nlu), chosen)
        found |= {"thresholds": asdict(chosen)}
    if options(context).json:
        show_json(found)
        return
    _print(found)


def _diversity(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return by language and intent how varied the taught sentences are, the least varied first."""
    found: dict[str, dict[str, Any]] = {}
    for one in diversity(taught_sentences(settings.nlu.rasa_folder, settings.nlu.overlay)):
        found.setdefault(one.language, {})[one.intent] = one.as_json()
    return found


def _print(found: dict[str, Any]) -> None:
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
        some = " · ".join(wrong["examples"])
        console.print(f"  {wrong['intent']} taken for {wrong['taken_for']}: {wrong['count']}  ({some})", markup=False)
    out, sure, took = found["out_of_scope"], found["calibration"], found["milliseconds"]
    console.print(
        f"out of scope: {out['recall']:.1%} of {out['examples']} told; {out['false_rejection']:.1%} of the others "
        f"taken for it\nconfidence: off by {sure['expected_error']:.1%} on average, of {sure['examples']} guesses\n"
        f"a message: {took['p50']:g} ms in the middle, {took['p99']:g} ms at the 99th percentile",
        markup=False,
    )
    for language, intents in found["diversity"].items():
        least = list(intents.items())[:_LEAST_VARIED]
        told = ", ".join(f"{intent} {scores['nearest']:.2f} ({scores['distinct']:.0%})" for intent, scores in least)
        console.print(
            f"taught in {language}, the least varied: {told}; how like a sentence is to the one nearest to it, and how "
            "many of the trigrams are different",
            markup=False,
        )
    if "thresholds" in found:
        kept = found["thresholds"]
        console.print(f"kept: answered from {kept['answer']:g}, asked about from {kept['clarify']:g}", markup=False)


async def _evaluate(settings: Settings, nlu: str, file: Path) -> list[Scored]:
    examples = read_examples(file)
    scored = []
    async with _listening(settings, nlu) as (listening, clock):
        for example in examples:
            began = perf_counter()
            understood = await listening(
                storable(example.text), asking=None, language=settings.shop.language, timezone=settings.shop.zone,
                now=clock.now(),
            )  # fmt: skip
            took = perf_counter() - began
            scored.append(Scored(example, understood.intent, understood.confidence, took))
    return scored


async def _choose(settings: Settings, file: Path) -> Thresholds:
    held_back = []
    async with classifier_for(settings, "rasa") as classifier:
        assert classifier is not None, "rules were refused"
        for example in read_examples(file):
            ranking = tuple((s.name, s.confidence) for s in await classifier.classify(storable(example.text)))
            held_back.append(HeldBack(example.text, example.intent, ranking, example.accept))
    return choose(held_back)


@asynccontextmanager
async def _listening(settings: Settings, nlu: str) -> AsyncIterator[tuple[Listening, SystemClock]]:
    clock = SystemClock()
    async with classifier_for(settings, nlu) as classifier:
        with open_store(settings) as store:
            yield Listening(build_understander(settings, classifier, rules_stand_in=False), store, clock), clock
