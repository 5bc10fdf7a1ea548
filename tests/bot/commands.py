"""Commands run in the tests' own process, on an installation in a temporary folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main


@dataclass
class Ended:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Shuke = Callable[..., Ended]


def an_installation(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands take ``root`` for their installation; return it."""
    monkeypatch.setenv("SHUKE_ROOT", str(root))
    # Logging is set up once for a process, and this one runs other tests too.
    monkeypatch.setattr("bot.commands.common.logs.configure", lambda *_, **__: None)
    return root


def given_database(root: Path, migrated: Path) -> Path:
    """Give an installation a database that is up to date and empty; return where it lies."""
    path = root / "var/shuke.db"
    path.parent.mkdir()
    shutil.copyfile(migrated, path)
    return path


def shuke_in_process(capsys: pytest.CaptureFixture[str]) -> Shuke:
    """Return what runs a command: its arguments in, what became of it out."""

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run
