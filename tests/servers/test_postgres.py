"""The test run's own PostgreSQL starts when it is asked for, survives what tests do to it, and leaves nothing."""

import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.servers import postgres
from tests.servers.postgres import NotInstalled, NotStarted, running_cluster

ROOT = Path(__file__).parents[2]


def ask(url, question, *values):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question, values).fetchall()


def tell(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_databases_are_empty_again_and_again_and_count_from_one(postgres_databases):
    for _ in range(2):
        with postgres_databases.with_tables() as url:
            assert ask(url, "SELECT count(*) FROM counters") == [(0,)]
            tell(url, "INSERT INTO counters (name, value) VALUES ('tickets', 7)")
            key = ask(url, "SELECT nextval(pg_get_serial_sequence('inbox', 'id'))")
            assert key == [(1,)]


def test_databases_lent_at_the_same_time_are_different_ones(postgres_databases):
    with postgres_databases.with_tables() as one, postgres_databases.with_tables() as other:
        assert one != other


def test_a_database_that_is_still_in_use_is_taken_back(postgres_databases):
    with postgres_databases.with_tables() as url:
        left_open = psycopg.connect(url)
        left_open.execute("LOCK TABLE counters")

    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()


def test_a_killed_server_starts_again_with_what_was_committed_where_it_was():
    with running_cluster() as cluster:
        url = cluster.create("shop")
        tell(url, "CREATE TABLE kept (word text)")
        tell(url, "INSERT INTO kept VALUES ('熟客')")

        cluster.kill()
        with pytest.raises(psycopg.OperationalError):
            ask(url, "SELECT 1")
        cluster.start()
        assert ask(url, "SELECT word FROM kept") == [("熟客",)]

        cluster.restart()
        assert ask(cluster.socket_url("shop"), "SELECT word FROM kept") == [("熟客",)]
        folder = cluster.folder

    assert not folder.exists()


def test_a_cluster_is_gone_after_the_process_that_had_it_though_that_was_killed():
    script = (
        "import sys\n"
        "from tests.servers.postgres import running_cluster\n"
        "with running_cluster() as cluster:\n"
        "    print(cluster.folder, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    family = psutil.Process(holder.pid).children(recursive=True)
    assert folder.is_dir()

    holder.kill()
    holder.communicate()

    _, left = psutil.wait_procs(family, timeout=30)
    assert (left, folder.exists()) == ([], False)


def test_what_the_server_wrote_is_told_where_it_does_not_start():
    with running_cluster() as cluster:
        cluster.stop()
        (cluster.folder / "data/postgresql.conf").write_text("no_such_setting = 7\n", encoding="utf-8")

        with pytest.raises(NotStarted, match="no_such_setting"):
            cluster.start()


def test_where_there_is_no_postgresql_the_package_to_install_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres.Path, "glob", lambda *_: iter(()))

    with pytest.raises(NotInstalled, match="Debian's package `postgresql`"), running_cluster():
        pass
