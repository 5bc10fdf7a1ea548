"""Tells whoever waits that something has changed, so that nobody has to ask again and again.

A wake is a hint and no more: it may be lost, come twice, or come for nothing. What it
speaks of stands in the tables, and whoever listens also looks by themselves now and
then. So it is posted after the commit, and costs no transaction anything.

    store.wakes.post(INBOX)                     # a message waits to be handled
    store.wakes.post(TALK, conversation_id)     # something happened in a conversation
    unlisten = store.wakes.listen(TALK, heard)  # heard(conversation_id), on the loop that listens

An empty key says that nobody knows what has changed: look at everything that matters.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

INBOX = "inbox"
"""A message waits to be handled."""
OUTBOX = "outbox"
"""A message waits to be sent."""
TALK = "talk"
"""Something was said or done in the conversation that the key names."""
TOPICS = (INBOX, OUTBOX, TALK)


@dataclass(frozen=True, slots=True, eq=False)
class _Listener:
    topic: str
    heard: Callable[[str], None]
    home: asyncio.AbstractEventLoop


class Wakes:
    """The wakes of one process; several processes share theirs where the database carries them."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []
        self._changing = threading.Lock()

    def listen(self, topic: str, heard: Callable[[str], None]) -> Callable[[], None]:
        """Have ``heard`` called with the key of each wake, on the running loop; returns what ends that."""
        listener = _Listener(topic, heard, asyncio.get_running_loop())
        with self._changing:
            self._listeners = [*self._listeners, listener]

        def unlisten() -> None:
            with self._changing:
                self._listeners = [one for one in self._listeners if one is not listener]

        return unlisten

    def post(self, topic: str, key: str = "") -> None:
        """Tell everyone who listens to ``topic``; from any thread."""
        self._tell(topic, key)

    def close(self) -> None:
        """End; whoever still listens hears nothing more."""
        with self._changing:
            self._listeners = []

    def _tell(self, topic: str, key: str) -> None:
        for listener in self._listeners:
            if listener.topic == topic:
                # A loop that has been closed listens no more.
                with contextlib.suppress(RuntimeError):
                    listener.home.call_soon_threadsafe(listener.heard, key)
