"""A PostgreSQL of one's own: made from Debian's packages, on a loopback port, thrown away at the end.

    with running_cluster() as cluster:
        cluster.create("shop")
        store = Store(cluster.url("shop"))

PostgreSQL refuses to run as root; there it runs as the user `postgres`, or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql

OWNER = "shuke"
"""The role to which everything belongs."""

STARTS_WITHIN = 60
"""Seconds, for a machine that is busy; some 0.2 are usual."""

_THROWN_AWAY = {
    "fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off",
}  # fmt: skip
# Waits for the end of its input. Where that comes without a word, whoever held the
# other end was killed: nobody else will stop the server and take the folder away.
_WATCH = (
    'read -r _ || { kill -INT "$1"; for _ in $(seq 100); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done; '
    'rm -rf "$2"; }'
)


class NotInstalled(Exception):
    """PostgreSQL's server is not on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL's initdb is neither in /usr/lib/postgresql/*/bin nor on PATH: install Debian's package "
            "`postgresql`, or leave these tests out with SHUKE_TEST_POSTGRES=0"
        )


class NotStarted(Exception):
    """The server ended, or said nothing, instead of starting; carries what it wrote."""


class Cluster:
    """One server with its databases; made by `running_cluster`."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.port = 0
        self._durable = durable
        self._data = folder / "data"
        self._binaries = binaries()
        self._server: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    def url(self, name: str = "postgres") -> str:
        """A database's address, on the loopback port."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

    def socket_url(self, name: str = "postgres") -> str:
        """The same database's address by its unix socket."""
        folder = str(self.folder).replace("/", "%2F")
        return f"postgresql://{OWNER}@/{name}?host={folder}&port={self.port}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database, a copy of ``template``, to which nobody may be connected; return its address."""
        self._tell(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Take a database away, whoever is connected to it."""
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def make(self) -> None:
        """Make the cluster's files."""
        command = [
            self._binaries / "initdb", "--pgdata", self._data, "--username", OWNER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions", "--no-sync",
        ]  # fmt: skip
        made = subprocess.run(command, capture_output=True, check=False, **_ordinary_user(self.folder))
        if made.returncode != 0:
            raise NotStarted(made.stderr.decode(errors="replace"))

    def start(self) -> None:
        """Start the server and return when it takes connections; the port stays the same from the first start on.

        Raises:
            NotStarted: it ended, or does not answer within `STARTS_WITHIN`.
        """
        self.port = self.port or _free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder),
            "max_connections": "200", "synchronous_commit": "on", **({} if self._durable else _THROWN_AWAY),
        }  # fmt: skip
        command = [self._binaries / "postgres", "-D", self._data]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        user = _ordinary_user(self.folder)
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **user
            )
        self._watch = subprocess.Popen(
            ["sh", "-c", _WATCH, "sh", str(self._server.pid), str(self.folder)],
            stdin=subprocess.PIPE, start_new_session=True, **user,
        )  # fmt: skip
        self._until_ready()

    def stop(self) -> None:
        """Stop the server in order: open transactions are rolled back, connections closed."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._gone()

    def kill(self) -> None:
        """Kill the server and all its processes, as a power cut would; `start` recovers."""
        if self._server is not None:
            family = [*psutil.Process(self._server.pid).children(recursive=True), psutil.Process(self._server.pid)]
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            psutil.wait_procs(family[:-1])
            self._gone()

    def restart(self) -> None:
        """Stop the server and start it again."""
        self.stop()
        self.start()

    def start_where_it_ended(self) -> bool:
        """Start the server again if it has ended by itself, as on a full disk; return whether it had."""
        if self._server is None or self._server.poll() is None:
            return False
        self._gone()
        self.start()
        return True

    def _gone(self) -> None:
        assert self._server is not None
        assert self._watch is not None
        self._server.wait(timeout=STARTS_WITHIN)
        self._watch.communicate(b"stopped in order\n")
        self._server = self._watch = None

    def _until_ready(self) -> None:
        assert self._server is not None
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as exc:
                if self._server.poll() is not None or time.monotonic() > until:
                    written = self.log.read_text(encoding="utf-8", errors="replace")
                    raise NotStarted(f"{exc}\nPostgreSQL wrote:\n{written[-4000:]}") from exc
            time.sleep(0.02)

    def _tell(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def running_cluster(folder: Path | None = None, *, durable: bool = False) -> Iterator[Cluster]:
    """Run a server until the block ends; then it is stopped and its files are gone.

    ``folder`` (made where it is missing, a temporary one where it is None) has to be
    reachable for the user that the server runs as, and short: its socket lies there.
    ``durable=False`` spares the disk, as tests may.

    Raises:
        NotInstalled: there is no PostgreSQL on this machine.
        NotStarted: it does not run; says what it wrote.
    """
    binaries()
    place = Path(tempfile.mkdtemp(prefix="shuke-pg-")) if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        user = _server_user()
        os.chown(place, user.pw_uid, user.pw_gid)
    try:
        with Cluster(place, durable=durable) as cluster:
            cluster.make()
            cluster.start()
            yield cluster
    finally:
        shutil.rmtree(place)


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs, the newest where there are several.

    Raises:
        NotInstalled: there are none.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if versions:
        return versions[-1].parent
    if on_path is None:
        raise NotInstalled
    return Path(on_path).resolve().parent


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])


def _ordinary_user(folder: Path) -> dict[str, Any]:
    """As whom and where a program of PostgreSQL is started; its caller's settings for PostgreSQL don't reach it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options: dict[str, Any] = {"cwd": folder, "env": environment | {"LC_ALL": "C.UTF-8"}}
    if os.geteuid() == 0:
        user = _server_user()
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def _server_user(names: Sequence[str] = ("postgres", "nobody")) -> pwd.struct_passwd:
    for name in names:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise NotStarted(f"PostgreSQL does not run as root, and there is no user {' or '.join(names)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
