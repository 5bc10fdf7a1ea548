"""Wakes that reach every process on the same PostgreSQL, by LISTEN and NOTIFY.

A NOTIFY inside a transaction would make all commits that carry one wait for each
other. So wakes are posted on a connection of their own after the commit: one at once,
those that come right behind it a moment later together. Where a connection is lost it is made again, and since
nobody knows what was missed, everyone who listens is told to look (an empty key).
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import structlog

from crm_store.engines import CONNECT, driver_url
from crm_store.wakes import TOPICS, Wakes

log = structlog.get_logger(__name__)

CHANNEL = "shuke"
MOST_PENDING = 10_000
LAST_WORDS_WITHIN = 2.0
"""Seconds that closing waits for what is still to be posted, and for who is about to connect."""
APART = 0.01
"""Seconds between two statements that post: under load each takes the wakes of several turns, not of one step."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_NOTIFY = "SELECT pg_notify(%s, wake) FROM unnest(%s::text[]) AS wake"


class SharedWakes(Wakes):
    """The wakes of all processes on one database; its threads and connections begin with their first use."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._me = token_hex(8)
        self._pending: dict[str, None] = {}
        self._something = threading.Condition()
        self._ending = threading.Event()
        self._posting: threading.Thread | None = None
        self._listening: threading.Thread | None = None
        self._heard_from = threading.Event()
        # Closing the one end tells the thread that waits at the other, beside PostgreSQL's.
        self._to_listener: socket.socket | None = None

    def listen(self, topic: str, heard: Callable[[str], None]) -> Callable[[], None]:
        unlisten = super().listen(topic, heard)
        with self._something:
            if self._listening is None and not self._ending.is_set():
                self._to_listener, ends = socket.socketpair()
                self._listening = self._thread("wakes-listening", self._listen_until, ends)
        return unlisten

    def post(self, topic: str, key: str = "") -> None:
        super().post(topic, key)
        with self._something:
            if self._ending.is_set() or len(self._pending) >= MOST_PENDING:
                return  # a hint; whoever it was for looks by themselves in a moment
            self._pending[f"{self._me} {topic} {key}"] = None
            if self._posting is None:
                self._posting = self._thread("wakes-posting", self._again_and_again, self._post)
            self._something.notify()

    def close(self) -> None:
        with self._something:
            self._ending.set()
            self._something.notify()
            if self._to_listener is not None:
                self._to_listener.close()
        if self._posting is not None:
            self._posting.join(LAST_WORDS_WITHIN)
        if self._listening is not None:
            self._listening.join(LAST_WORDS_WITHIN)
        super().close()

    def until_listening(self, timeout: float) -> bool:
        """Wait until this process hears the others; False where that takes longer than ``timeout`` seconds."""
        return self._heard_from.wait(timeout)

    def _thread[T](self, name: str, work: Callable[[T], None], given: T) -> threading.Thread:
        thread = threading.Thread(target=work, args=(given,), name=name, daemon=True)
        thread.start()
        return thread

    def _again_and_again(self, work: Callable[[Any], None]) -> None:
        import psycopg  # where there is no PostgreSQL it need not be there

        wait = _FIRST_WAIT
        while True:
            try:
                with psycopg.connect(self._url, autocommit=True, **CONNECT) as conn:
                    wait = _FIRST_WAIT
                    work(conn)
                    return
            except psycopg.Error as exc:
                if self._ending.is_set():
                    return
                log.warning("wakes.connection_lost", error=type(exc).__name__, again_in_s=wait)
                self._heard_from.clear()
                self._ending.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _listen_until(self, ends: socket.socket) -> None:
        with ends:
            self._again_and_again(lambda conn: self._listen(conn, ends))

    def _listen(self, conn: Any, ends: socket.socket) -> None:
        conn.execute(f"LISTEN {CHANNEL}")
        self._heard_from.set()
        for topic in TOPICS:
            self._tell(topic, "")
        with selectors.DefaultSelector() as either:
            either.register(conn, selectors.EVENT_READ)
            either.register(ends, selectors.EVENT_READ)
            while not self._ending.is_set():
                for notice in conn.notifies(timeout=0):  # first: some may have come with the answer to LISTEN
                    sender, topic, key = notice.payload.split(" ", 2)
                    if sender != self._me:  # our own were told at once
                        self._tell(topic, key)
                either.select()

    def _post(self, conn: Any) -> None:
        while True:
            with self._something:
                while not self._pending and not self._ending.is_set():
                    self._something.wait()
                if not self._pending:
                    return
                wakes, self._pending = self._pending, {}
            try:
                conn.execute(_NOTIFY, (CHANNEL, list(wakes)))
            except BaseException:
                with self._something:
                    self._pending = wakes | self._pending
                raise
            self._ending.wait(APART)
