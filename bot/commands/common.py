"""What commands share: the settings they run with, the store they open, how they print."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot import logs
from bot.settings import Settings, load
from crm_store import schema, sealing, sealing_all
from crm_store.unit_of_work import Store

# Without emoji: terminal:x: is somebody, not a red cross.
console = Console(soft_wrap=True, highlight=False, emoji=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Options:
    """The global options of one call."""

    config: Path | None
    store: str | None
    json: bool

    def settings(self, *, role: str = "shuke") -> Settings:
        """Read the settings and set logging up, for a process of this ``role``."""
        settings = load(self.config, store=self.store)
        logs.configure(settings.log, settings.secrets(), role=role)
        sealing.use(settings.privacy.store_keys())
        return settings


def options(context: typer.Context) -> Options:
    """Return the global options that the command was called with."""
    found = context.find_object(Options)
    assert found is not None, "the main callback sets them"
    return found


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open the store, its tables brought up to date."""
    schema.upgrade(settings.store.url)
    store = Store(settings.store.url)
    try:
        store.read_now(sealing_all.refuse_unsealed)
        yield store
    finally:
        store.close()


def show_json(value: Any) -> None:
    """Print a value as JSON, readable."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def os_user() -> str:
    """Return who is at the keyboard, for the history."""
    return f"user:{getpass.getuser()}"


class Bar:
    """A progress bar on stderr, drawn only where that is a terminal; elsewhere stages are lines."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> Bar:
        if errors.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(), console=errors,
            )  # fmt: skip
            self._progress.start()
            self._task = self._progress.add_task(self._title, total=1.0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def share(self, fraction: float) -> None:
        """Show how far it is, 0 to 1."""
        self(fraction, "")

    def __call__(self, fraction: float, stage: str) -> None:
        """Show how far it is, 0 to 1, and what is being done."""
        if self._progress is not None and self._task is not None:
            title = f"{self._title}: {stage}" if stage else self._title
            self._progress.update(self._task, completed=fraction, description=title)
        elif stage and stage != self._stage:
            errors.print(f"{self._title}: {stage}")
        self._stage = stage
