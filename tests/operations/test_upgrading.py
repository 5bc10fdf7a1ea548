"""`shuke upgrade`: each step in its order, a stop at the first failure, and a way back from each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.commands import upgrading
from bot.running.up import alone
from bot.settings import load
from crm_store import schema
from crm_store.errors import BackupError
from crm_store.unit_of_work import Store
from nlu.errors import TrainingFailed
from tests.bot.commands import Ended, Shuke
from tests.servers.databases import Databases


@pytest.fixture
def old(database: Path) -> str:
    """The installation's database, of the first form."""
    url = f"sqlite:///{database}"
    schema.downgrade(url, "0001")
    return url


@pytest.fixture
def old_anywhere(root: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As `old`, on SQLite and on PostgreSQL, for what the database takes part in."""
    with databases.migrated() as url:
        schema.downgrade(url, "0001")
        monkeypatch.setenv("SHUKE_STORE__URL", url)
        yield url


@pytest.fixture(autouse=True)
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The training stands in here; `tests/nlu/test_training.py` has the real one."""
    asked: list[Any] = []

    async def ensure(settings: Any, **_: Any) -> Path:
        asked.append(settings)
        return Path("0123456789abcdef.tar.gz")

    monkeypatch.setattr(upgrading, "ensure_model", ensure)
    return asked


def the_backup(root: Path) -> Path:
    [found] = (root / "var/backups").iterdir()
    return found


def form(url: str) -> str:
    with closing(Store(url)) as store:
        return str(store.read_now(lambda conn: conn.scalar(text("SELECT version_num FROM alembic_version"))))


def test_it_backs_up_migrates_checks_and_trains(
    old_anywhere: str, root: Path, shuke: Shuke, trained: list[Any]
) -> None:
    ended = shuke("upgrade")

    assert ended.code == 0, ended.err
    assert [line.split(":")[0] for line in ended.out.splitlines()] == [
        "1/4 back up", "2/4 migrate", "3/4 check the flows", "4/4 train", "upgraded; start Shuke again",
    ]  # fmt: skip
    assert f"{the_backup(root)}, form 0001" in ended.out
    assert form(old_anywhere) == schema.newest()
    assert len(trained) == 1


def test_where_there_is_no_database_one_is_made_and_nothing_backed_up(
    root: Path, bare_database_url: str, shuke: Shuke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUKE_STORE__URL", bare_database_url)

    ended = shuke("upgrade")

    assert ended.code == 0, ended.err
    assert "there is no database yet" in ended.out
    assert form(bare_database_url) == schema.newest()
    assert not (root / "var/backups").exists()


def test_it_refuses_while_shuke_runs(old: str, shuke: Shuke) -> None:
    with alone(load()):
        ended = shuke("upgrade")

    assert (ended.code, form(old)) == (2, "0001")


class TestAFailure:
    def test_of_the_backup_changes_nothing(
        self, old: str, shuke: Shuke, monkeypatch: pytest.MonkeyPatch, trained: list[Any]
    ) -> None:
        monkeypatch.setattr(upgrading.backup, "backup", failing(BackupError("no room")))

        ended = shuke("upgrade")

        assert_stopped(ended, "step 1 of 4, back up, failed: no room")
        assert "Nothing has changed; the version before runs as it did." in ended.err
        assert (form(old), trained) == ("0001", [])

    def test_of_the_migration_names_the_backup_to_go_back_to(
        self, old: str, root: Path, shuke: Shuke, monkeypatch: pytest.MonkeyPatch, trained: list[Any]
    ) -> None:
        broken = OperationalError("INSERT INTO x VALUES (1)", {}, Exception("disk is full"))
        monkeypatch.setattr(upgrading.schema, "upgrade", failing(broken))

        ended = shuke("upgrade")

        assert_stopped(ended, "step 2 of 4, migrate, failed: disk is full")
        assert "INSERT" not in ended.err
        assert "The database may stand between two forms." in ended.err
        assert f"./shuke db restore {the_backup(root)}" in ended.err
        assert trained == []

    def test_of_a_flow_names_the_file_and_line(self, old: str, root: Path, shuke: Shuke, trained: list[Any]) -> None:
        write(root / "shop/flows/loyalty/ours.yml", "flows:\n  ours:\n    step: 5\n")

        ended = shuke("upgrade")

        assert_stopped(ended, "step 3 of 4, check the flows, failed: ")
        assert "ours.yml:" in ended.err
        assert "The database has the new form; Shuke is stopped." in ended.err
        assert f"./shuke db restore {the_backup(root)}" in ended.err
        assert trained == []

    def test_of_the_training_says_that_the_rules_answer(
        self, old: str, root: Path, shuke: Shuke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(*_: Any, **__: Any) -> None:
            raise TrainingFailed("shop/nlu/data/zh/ours.yml:3: Rasa cannot read this")

        monkeypatch.setattr(upgrading, "ensure_model", broken)

        ended = shuke("upgrade")

        assert_stopped(ended, "step 4 of 4, train, failed: shop/nlu/data/zh/ours.yml:3")
        assert "./shuke up --nlu rules runs" in ended.err

    def test_can_be_taken_back_by_the_command_that_it_names(self, old_anywhere: str, root: Path, shuke: Shuke) -> None:
        write(root / "shop/flows/loyalty/ours.yml", "flows: 5\n")
        told = shuke("upgrade").err
        [command] = [line.split() for line in told.splitlines() if "db restore" in line]

        restored = shuke(*command[1:])

        assert restored.code == 0, restored.err
        assert "the replaced database is kept as" in restored.out


def assert_stopped(ended: Ended, told: str) -> None:
    assert ended.code == 1
    assert ended.err.startswith(f"shuke: {told}"), ended.err
    assert "upgraded" not in ended.out


def failing(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
