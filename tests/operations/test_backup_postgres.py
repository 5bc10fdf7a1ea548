"""The same promises on PostgreSQL: dumped in use, put back under the old name, the replaced database kept."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from crm_store import backup_postgres, customers, schema
from crm_store.unit_of_work import Store
from tests.bot.commands import Shuke
from tests.servers.postgres import Cluster

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def url(cluster: Cluster, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database at the newest form with one customer in it; the commands use it."""
    url = cluster.create("backed_up")
    schema.upgrade(url)
    add(url, "ana")
    monkeypatch.setenv("SHUKE_STORE__URL", url)
    yield url
    with psycopg.connect(cluster.url(), autocommit=True) as server:
        names = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'backed_up%'").fetchall()
    for (name,) in names:
        cluster.drop(name)


def add(url: str, who: str) -> None:
    with closing(Store(url)) as store:
        store.run_now(customers.add, id=who, created_at=NOW)


def who_is_in(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [who for (who,) in conn.execute("SELECT id FROM customers ORDER BY id")]


def databases(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.url()) as server:
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'backed_up%' ORDER BY 1").fetchall()
    return [name for (name,) in found]


def test_a_backup_goes_back_and_the_replaced_database_is_kept(
    url: str, cluster: Cluster, shuke: Shuke, root: Path
) -> None:
    with closing(Store(url)) as store:
        store.read_now(lambda conn: conn.exec_driver_sql("SELECT 1").one())
        taken = shuke("db", "backup", str(root / "kept.dump"))
    add(url, "bo")
    restored = shuke("db", "restore", str(root / "kept.dump"))

    assert (taken.code, restored.code) == (0, 0), taken.err + restored.err
    assert stat.S_IMODE((root / "kept.dump").stat().st_mode) == 0o600
    assert who_is_in(url) == ["ana"]
    assert schema.is_current(url)
    _, kept = databases(cluster)
    assert f"kept as {kept}" in restored.out
    assert who_is_in(cluster.url(kept)) == ["ana", "bo"]


def test_a_file_that_is_there_is_kept_unless_forced(url: str, shuke: Shuke, root: Path) -> None:
    (root / "kept.dump").write_text("precious")

    assert "is there already" in shuke("db", "backup", str(root / "kept.dump")).err
    assert (root / "kept.dump").read_text() == "precious"
    assert shuke("db", "backup", str(root / "kept.dump"), "--force").code == 0


def test_it_refuses_while_anybody_is_connected(url: str, cluster: Cluster, shuke: Shuke, root: Path) -> None:
    shuke("db", "backup", str(root / "kept.dump"))
    with psycopg.connect(url):
        restore, upgrade = shuke("db", "restore", str(root / "kept.dump")), shuke("upgrade")

    for ended in (restore, upgrade):
        assert ended.code == 2
        assert "somebody works on it; stop every shuke first" in ended.err
    assert databases(cluster) == ["backed_up"]


def test_what_is_cut_off_or_no_dump_or_none_of_ours_is_refused_and_nothing_changes(
    url: str, cluster: Cluster, shuke: Shuke, root: Path
) -> None:
    shuke("db", "backup", str(root / "kept.dump"))
    whole = (root / "kept.dump").read_bytes()
    (root / "half.dump").write_bytes(whole[: len(whole) // 2])
    (root / "letter.dump").write_text("a letter to the shop")
    monkeyed = cluster.create("backed_up_elsewhere")
    backup_postgres._run(["pg_dump", "--format=custom", f"--file={root / 'other.dump'}"], monkeyed)

    for name, told in (("half", "not whole"), ("letter", "no dump by pg_dump"), ("other", "none of ours")):
        ended = shuke("db", "restore", str(root / f"{name}.dump"))
        assert ended.code == 2
        assert told in ended.err
    assert databases(cluster) == ["backed_up", "backed_up_elsewhere"]
    assert who_is_in(url) == ["ana"]


def test_a_restore_that_fails_on_the_way_leaves_the_database_as_it_was(
    url: str, cluster: Cluster, shuke: Shuke, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shuke("db", "backup", str(root / "kept.dump"))
    add(url, "bo")

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(backup_postgres.schema, "upgrade", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        backup_postgres.restore(url, root / "kept.dump", stamp="now", progress=lambda _: None)

    assert databases(cluster) == ["backed_up"]
    assert who_is_in(url) == ["ana", "bo"]


def test_where_the_tools_are_missing_their_package_is_named(
    url: str, shuke: Shuke, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_postgres, "_PLACES", str(root / "nowhere"))
    monkeypatch.setenv("PATH", str(root))

    ended = shuke("db", "backup", str(root / "kept.dump"))

    assert ended.code == 2
    assert (
        "pg_dump is not installed; install PostgreSQL's tools (Debian: apt-get install postgresql-client)" in ended.err
    )


def test_a_password_reaches_the_tools_by_their_environment_alone() -> None:
    found = backup_postgres._environment("postgresql://shop:geheim@db.example:5433/tea?sslmode=require")

    assert {name: found[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE")} == {
        "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "shop", "PGPASSWORD": "geheim", "PGDATABASE": "tea",
        "PGSSLMODE": "require",
    }  # fmt: skip


def test_a_dump_from_before_an_erasure_brings_nobody_back(url: str, shuke: Shuke, root: Path) -> None:
    with closing(Store(url)) as store:
        store.run_now(customers.change, "ana", name="Ana")
    shuke("db", "backup", str(root / "kept.dump"))
    erased = shuke("erase", "customer", "ana")

    restored = shuke("db", "restore", str(root / "kept.dump"))

    assert (erased.code, restored.code) == (0, 0), erased.err + restored.err
    assert erased.json["files"]["database"] == "vacuumed"
    assert "erased again: ana" in restored.out
    with closing(Store(url)) as store:
        ana = store.read_now(customers.by_id, "ana")
    assert ana is not None
    assert (ana.name, ana.erased_at is None) == (None, False)
