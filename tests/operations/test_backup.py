"""Backups: taken from a database in use, whole before they count, and put back with the replaced one kept."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.running.up import alone
from bot.settings import load
from crm_store import backup_sqlite as backups
from crm_store import customers, schema
from crm_store.errors import BackupError
from crm_store.unit_of_work import Store
from tests.bot.commands import Shuke

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{database}")) as store:
        add(store, "ana")
        yield store


def add(store: Store, who: str) -> None:
    store.run_now(customers.add, id=who, created_at=NOW)


def who_is_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [who for (who,) in db.execute("SELECT id FROM customers ORDER BY id")]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestTaking:
    def test_a_database_in_use_is_copied_into_one_file_that_its_owner_alone_may_read(
        self, store: Store, shuke: Shuke, root: Path
    ) -> None:
        ended = shuke("--json", "db", "backup", str(root / "kept.db"))

        assert ended.code == 0, ended.err
        assert ended.json["form"] == schema.newest()
        assert who_is_in(root / "kept.db") == ["ana"]
        assert stat.S_IMODE((root / "kept.db").stat().st_mode) == 0o600
        assert {"kept.db"} == {name for name in names(root) if "kept" in name}

    def test_what_is_committed_meanwhile_neither_gets_in_nor_holds_it_up(self, store: Store, root: Path) -> None:
        many = [{"id": f"c{n}", "created_at": NOW, "name": "x" * 900} for n in range(2_000)]
        for one in many:
            store.run_now(customers.add, **one)
        shares: list[float] = []

        def write(share: float) -> None:
            shares.append(share)
            add(store, f"late-{len(shares)}")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backups, "PAGES_AT_A_TIME", 50)
            backups.backup(store.url, root / "kept.db", progress=write)

        assert len(shares) > 5
        assert len(shares) < 100, "begun anew with each commit, it would never end"
        assert shares == sorted(shares)
        assert [who for who in who_is_in(root / "kept.db") if who.startswith("late")] == []

    def test_a_file_that_is_there_is_kept_unless_forced(self, store: Store, shuke: Shuke, root: Path) -> None:
        kept = root / "kept.db"
        kept.write_text("precious")

        refused = shuke("db", "backup", str(kept))
        assert refused.code == 2
        assert refused.err == f"shuke: {kept}: is there already; name another file, or overwrite it with --force\n"
        assert kept.read_text() == "precious"

        assert shuke("db", "backup", str(kept), "--force").code == 0
        assert who_is_in(kept) == ["ana"]

    def test_the_database_itself_is_never_the_target(self, store: Store, database: Path, shuke: Shuke) -> None:
        assert "is the database itself" in shuke("db", "backup", str(database), "--force").err

    def test_a_damaged_database_leaves_the_earlier_backup_as_it_was(
        self, database: Path, shuke: Shuke, root: Path
    ) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        before = (root / "kept.db").read_bytes()
        damage(database)

        ended = shuke("db", "backup", str(root / "kept.db"), "--force")

        assert ended.code == 2
        assert (root / "kept.db").read_bytes() == before
        assert [name for name in names(root) if name.endswith(".part")] == []

    def test_where_there_is_no_database_or_no_folder_it_says_so(self, shuke: Shuke, root: Path) -> None:
        assert "there is no database to back up; ./shuke db upgrade makes one" in shuke("db", "backup", "x.db").err
        (root / "var").mkdir(exist_ok=True)
        schema.upgrade(f"sqlite:///{root}/var/shuke.db")
        assert "cannot be written there (No such file" in shuke("db", "backup", str(root / "no/x.db")).err


class TestPuttingBack:
    def test_a_backup_takes_the_databases_place_and_the_replaced_one_is_kept_with_its_latest(
        self, store: Store, database: Path, shuke: Shuke, root: Path
    ) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        add(store, "bo")
        store.close()

        ended = shuke("db", "restore", str(root / "kept.db"))

        assert ended.code == 0, ended.err
        assert who_is_in(database) == ["ana"]
        [replaced] = database.parent.glob("shuke.db.replaced-*")
        assert f"the replaced database is kept as {replaced}" in ended.out
        assert who_is_in(replaced) == ["ana", "bo"]
        assert stat.S_IMODE(database.stat().st_mode) == 0o600

    def test_one_of_an_earlier_form_is_brought_up_to_date(self, root: Path, database: Path, shuke: Shuke) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        schema.downgrade(f"sqlite:///{root}/kept.db", "0001")

        assert shuke("db", "restore", str(root / "kept.db")).code == 0

        assert schema.is_current(f"sqlite:///{database}")
        assert not schema.is_current(f"sqlite:///{root}/kept.db"), "the backup stays what it was"

    def test_it_needs_no_database_to_replace(self, store: Store, database: Path, shuke: Shuke, root: Path) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        store.close()
        for file in database.parent.glob("shuke.db*"):
            file.unlink()

        ended = shuke("db", "restore", str(root / "kept.db"))

        assert (ended.code, "kept as" in ended.out) == (0, False)
        assert who_is_in(database) == ["ana"]

    def test_a_damaged_database_can_be_replaced_and_is_kept(
        self, store: Store, database: Path, shuke: Shuke, root: Path
    ) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        store.close()
        database.write_bytes(b"burnt" * 1000)

        assert shuke("db", "restore", str(root / "kept.db")).code == 0

        assert who_is_in(database) == ["ana"]
        [replaced] = database.parent.glob("shuke.db.replaced-*")
        assert replaced.read_bytes().startswith(b"burnt")

    def test_it_refuses_while_shuke_runs_and_while_anybody_has_the_database_open(
        self, store: Store, database: Path, shuke: Shuke, root: Path
    ) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        add(store, "bo")

        with alone(load()):
            running = shuke("db", "restore", str(root / "kept.db"))
        opened = shuke("db", "restore", str(root / "kept.db"))

        assert (running.code, opened.code) == (2, 2)
        assert "another shuke up works on" in running.err
        assert "somebody works on it; stop every shuke first" in opened.err
        assert who_is_in(database) == ["ana", "bo"]
        assert list(database.parent.glob("*replaced*")) + list(database.parent.glob(".*part*")) == []

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"a letter to the shop", "is no database, or not whole"),
            (b"", "is a database, but none of ours"),
            (None, "there is no such file; name a backup that is there"),
        ],
    )
    def test_what_is_no_backup_is_refused(
        self, database: Path, shuke: Shuke, root: Path, content: bytes | None, told: str
    ) -> None:
        if content is not None:
            (root / "kept.db").write_bytes(content)
        before = database.read_bytes()

        ended = shuke("db", "restore", str(root / "kept.db"))

        assert ended.code == 2
        assert told in ended.err
        assert database.read_bytes() == before

    def test_a_damaged_backup_is_refused(self, database: Path, shuke: Shuke, root: Path) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        damage(root / "kept.db")

        ended = shuke("db", "restore", str(root / "kept.db"))

        assert ended.code == 2
        assert "name another backup" in ended.err

    def test_a_backup_of_a_newer_shuke_is_refused(self, database: Path, shuke: Shuke, root: Path) -> None:
        shuke("db", "backup", str(root / "kept.db"))
        with closing(sqlite3.connect(root / "kept.db")) as db, db:
            db.execute("UPDATE alembic_version SET version_num = '9999'")

        assert (
            "its form 9999 is not known here; it comes from a newer Shuke"
            in shuke("db", "restore", str(root / "kept.db")).err
        )

    def test_the_database_itself_is_no_backup_of_it(self, database: Path, shuke: Shuke) -> None:
        assert "is the database itself; name a backup" in shuke("db", "restore", str(database)).err


def test_a_file_that_nobody_can_write_beside_is_refused_before_anything_changes(database: Path, root: Path) -> None:
    (database.parent / f".shuke.db.{os.getpid()}.part").write_text("somebody else's")
    backups.backup(f"sqlite:///{database}", root / "kept.db", progress=lambda _: None)

    with pytest.raises(BackupError, match="cannot be written there"):
        backups.restore(f"sqlite:///{database}", root / "kept.db", stamp="now", progress=lambda _: None)


def damage(path: Path) -> None:
    """Write over the pages in the middle of a database."""
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xee" * 4096 * 20)
