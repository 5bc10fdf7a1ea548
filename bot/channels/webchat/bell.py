"""Rings for the browsers that wait for news, so that each looks into its own mailbox alone."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crm_store.wakes import TALK, Wakes

MOST_EARS = 1000
"""Browsers that one process keeps a line open for; the others ask now and then."""
MOST_EARS_A_VISITOR = 8


class Ear:
    """One waiting browser."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.conversation_id: str | None = None
        self._news = asyncio.Event()

    def ring(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Return when it rang, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()


class Bell:
    """Hears the wakes of talks once, however many browsers wait."""

    def __init__(self, wakes: Wakes) -> None:
        self._wakes = wakes
        self._ears: set[Ear] = set()
        self._of_talk: defaultdict[str, set[Ear]] = defaultdict(set)
        self._of_visitor: Counter[str] = Counter()
        self._unlisten: Callable[[], None] | None = None
        self.closed = False

    def has_room_for(self, user_id: str) -> bool:
        """Return whether one more browser of this visitor may wait; else it has to ask now and then."""
        return not self.closed and len(self._ears) < MOST_EARS and self._of_visitor[user_id] < MOST_EARS_A_VISITOR

    @contextmanager
    def ear(self, user_id: str) -> Iterator[Ear]:
        """Listen for a visitor while the block runs."""
        ear = Ear(user_id)
        self._ears.add(ear)
        self._of_visitor[user_id] += 1
        if self._unlisten is None:
            self._unlisten = self._wakes.listen(TALK, self._heard)
        try:
            yield ear
        finally:
            self.tell_talk(ear, None)
            self._ears.discard(ear)
            self._of_visitor[user_id] -= 1
            self._of_visitor += Counter()  # drops who is at zero
            if not self._ears and self._unlisten is not None:
                self._unlisten()
                self._unlisten = None

    def tell_talk(self, ear: Ear, conversation_id: str | None) -> None:
        """Say which conversation a browser is about; None while there is none."""
        if ear.conversation_id == conversation_id:
            return
        if ear.conversation_id is not None:
            self._of_talk[ear.conversation_id].discard(ear)
            if not self._of_talk[ear.conversation_id]:
                del self._of_talk[ear.conversation_id]
        ear.conversation_id = conversation_id
        if conversation_id is not None:
            self._of_talk[conversation_id].add(ear)

    def ring_visitor(self, user_id: str) -> None:
        """Ring for a visitor's browsers, also before they have a conversation."""
        if self._of_visitor[user_id]:
            for ear in self._ears:
                if ear.user_id == user_id:
                    ear.ring()

    def close(self) -> None:
        """End every wait, and let nobody wait any more."""
        self.closed = True
        for ear in self._ears:
            ear.ring()

    def _heard(self, conversation_id: str) -> None:
        # No name: nobody knows which conversation it is about.
        for ear in self._of_talk.get(conversation_id, ()) if conversation_id else self._ears:
            ear.ring()
