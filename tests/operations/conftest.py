"""Commands run in this process, on an installation of their own in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.commands import Shuke, an_installation, given_database, shuke_in_process


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of an installation without anything in it."""
    return an_installation(tmp_path, monkeypatch)


@pytest.fixture
def database(root: Path, migrated_database: Path) -> Path:
    """Its database, up to date and empty."""
    return given_database(root, migrated_database)


@pytest.fixture
def shuke(root: Path, capsys: pytest.CaptureFixture[str]) -> Shuke:
    return shuke_in_process(capsys)
