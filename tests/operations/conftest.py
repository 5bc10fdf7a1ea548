"""Commands run in this process, on an installation of their own in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from crm_store import schema


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Shuke = Callable[..., Ended]


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "shuke.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of an installation without anything in it."""
    monkeypatch.setenv("SHUKE_ROOT", str(tmp_path))
    # Logging is set up once for a process, and this one runs other tests too.
    monkeypatch.setattr("bot.commands.common.logs.configure", lambda *_, **__: None)
    return tmp_path


@pytest.fixture
def database(root: Path, migrated_database: Path) -> Path:
    """Its database, up to date and empty."""
    path = root / "var/shuke.db"
    path.parent.mkdir()
    path.write_bytes(migrated_database.read_bytes())
    return path


@pytest.fixture
def shuke(root: Path, capsys: pytest.CaptureFixture[str]) -> Shuke:
    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run
