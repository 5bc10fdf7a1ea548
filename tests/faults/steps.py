"""Counts the steps of a running bot, and kills it at one of them.

A step is the moment before or after a statement, before or after a COMMIT, and before
or after a request to the platform: between any two of them a machine may lose power.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from telegram.request import HTTPXRequest

from crm_store.unit_of_work import Store


def _nobody() -> None:
    """Is told that something was committed, and has nothing to do."""


class Steps:
    """The steps of this process; at number ``kill_at`` of those named ``of`` (None: of all) it is gone, as by kill -9.

    Their names: ``statement`` before and after each, ``before commit``, ``after commit``,
    ``before METHOD``, ``after METHOD`` of each request, ``before sendmessage`` say, and ``file``.
    """

    def __init__(self, kill_at: int | None, *, of: str | None = None) -> None:
        self.taken = 0
        self._kill_at = kill_at
        self._of = of
        self._lock = threading.Lock()

    def watch_store(self, store: Store, committed: Callable[[], None] = _nobody) -> None:
        """Count what the store writes; ``committed`` is called in the writing thread after each COMMIT."""
        engine = store.writing_engine
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, moment, self._statement)
        commit = engine.dialect.do_commit

        def counted(connection: Any) -> None:
            self._step("before commit")
            commit(connection)
            self._step("after commit")
            committed()

        # There is no event after a COMMIT, which is the very moment that matters.
        engine.dialect.do_commit = counted  # type: ignore[method-assign, assignment]

    def watch_requests(self) -> None:
        """Count every request that the Telegram client makes from now on."""
        ask = HTTPXRequest.do_request

        async def counted(request: HTTPXRequest, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
            method = url.rpartition("/")[2].lower()
            self._step(f"before {method}")
            answer = await ask(request, url, *args, **kwargs)
            self._step(f"after {method}")
            return answer

        HTTPXRequest.do_request = counted  # type: ignore[method-assign, assignment]

    def watch_files(self) -> None:
        """Count every file that is opened, put in another's place or deleted from now on, as step ``file``."""

        def counted(name: str, _arguments: object) -> None:
            if name in ("open", "os.remove", "os.rename", "sqlite3.connect"):
                self._step("file")

        sys.addaudithook(counted)

    def _statement(self, *_: object) -> None:
        self._step("statement")

    def _step(self, name: str) -> None:
        if self._of is not None and name != self._of:
            return
        with self._lock:
            self.taken += 1
            if self.taken == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
