"""Counts the steps of a running bot, and kills it at one of them.

A step is the moment before or after a statement, before or after a COMMIT, and before
or after a request to the platform: between any two of them a machine may lose power.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from telegram.request import HTTPXRequest

from crm_store.unit_of_work import Store


class Steps:
    """The steps of this process; at number ``kill_at`` it is gone, as by kill -9."""

    def __init__(self, kill_at: int | None) -> None:
        self.taken = 0
        self._kill_at = kill_at
        self._lock = threading.Lock()

    def watch_store(self, store: Store, committed: Callable[[], None]) -> None:
        """Count what the writer does; ``committed`` is called in its thread after each COMMIT."""
        engine = store.writing_engine
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, moment, self._statement)
        commit = engine.dialect.do_commit

        def counted(connection: Any) -> None:
            self._step()
            commit(connection)
            self._step()
            committed()

        # There is no event after a COMMIT, which is the very moment that matters.
        engine.dialect.do_commit = counted  # type: ignore[method-assign, assignment]

    def watch_requests(self) -> None:
        """Count every request that the Telegram client makes from now on."""
        ask = HTTPXRequest.do_request

        async def counted(request: HTTPXRequest, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
            self._step()
            answer = await ask(request, *args, **kwargs)
            self._step()
            return answer

        HTTPXRequest.do_request = counted  # type: ignore[method-assign, assignment]

    def _statement(self, *_: object) -> None:
        self._step()

    def _step(self) -> None:
        with self._lock:
            self.taken += 1
            if self.taken == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
