"""`shuke upgrade`: from one version of the program to the next, step by step, and how to go back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.common import Bar, console, errors, options
from bot.commands.database import held, stamp_of
from bot.errors import ShukeError
from bot.settings import Settings
from bot.wiring import build_dialogue, build_policy
from care.policy import PolicyError
from crm_store import backup, schema
from crm_store.errors import StoreError
from crm_store.ports import SystemClock
from flows.engine.marks import FlowError
from flows.replies import ReplyError
from nlu.errors import NluError
from nlu.training import ensure_model

BACKUPS = "backups"
"""The folder in var/ of the backups that an upgrade takes."""
FAILURES = (ShukeError, StoreError, NluError, FlowError, ReplyError, PolicyError, SQLAlchemyError, OSError)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``do`` returns what to say of it; ``left`` tells the state of things where it fails."""

    name: str
    do: Callable[[], str]
    left: Callable[[], str]


def add_to(app: typer.Typer) -> None:
    app.command()(upgrade)


def upgrade(context: typer.Context) -> None:
    """After a new version was fetched: back up, migrate, check the flows, train where needed; stop at a failure.

    Example: ./shuke upgrade
    """
    settings = options(context).settings()
    with held(settings):
        done = run(steps_of(settings), say=lambda line: console.print(line, markup=False))
    if not done:
        sys.exit(1)
    console.print("upgraded; start Shuke again", markup=False)


def run(steps: Sequence[Step], *, say: Callable[[str], None]) -> bool:
    """Take the steps in their order; False after the first that fails, with its state and the way back told."""
    for number, step in enumerate(steps, 1):
        try:
            said = step.do()
        except FAILURES as exc:
            # Of the database the driver's words alone: statements hold values.
            reason = getattr(exc, "orig", None) or exc
            errors.print(f"shuke: step {number} of {len(steps)}, {step.name}, failed: {reason}", markup=False)
            errors.print(step.left(), markup=False)
            return False
        say(f"{number}/{len(steps)} {step.name}: {said}")
    return True


def steps_of(settings: Settings) -> list[Step]:
    """Return the steps of an upgrade of this installation."""
    url = settings.store.url
    kept = settings.var / BACKUPS / f"before-upgrade-{stamp_of(SystemClock().now())}{backup.suffix(url)}"
    there = backup.is_there(url)

    def back_up() -> str:
        if not there:
            return "there is no database yet"
        kept.parent.mkdir(parents=True, exist_ok=True)
        with Bar("backing up") as bar:
            made = backup.backup(url, kept, progress=bar.share)
        return f"{kept}, form {made.revision}"

    def migrate() -> str:
        schema.upgrade(url)
        return f"form {schema.newest()}"

    def check_flows() -> str:
        dialogue = build_dialogue(settings)
        if problems := dialogue.problems():
            raise ShukeError("\n".join(map(str, problems)))
        policy = build_policy(settings)
        return f"{len(dialogue.book.flows)} flows, {len(policy.rules)} rules of care: nothing to mend"

    def train() -> str:
        with Bar("training the NLU") as bar:
            return asyncio.run(ensure_model(settings.nlu, progress=bar)).name

    def back() -> str:
        if not there:
            return "Mend it and run ./shuke upgrade again."
        return (
            "Mend it and run ./shuke upgrade again; or go back: check out the version before, then\n"
            f"  ./shuke db restore {kept}"
        )

    return [
        Step("back up", back_up, lambda: "Nothing has changed; the version before runs as it did."),
        Step("migrate", migrate, lambda: f"The database may stand between two forms. {back()}"),
        Step("check the flows", check_flows, lambda: f"The database has the new form; Shuke is stopped. {back()}"),
        Step(
            "train", train,
            lambda: f"The database has the new form and the flows are in order; ./shuke up --nlu rules runs. {back()}",
        ),
    ]  # fmt: skip
