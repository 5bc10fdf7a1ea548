"""What changes while somebody looks: one stream of hints for each open page.

A hint says only that something has changed (``queue``: anywhere; ``talk``: in the conversation
that the page shows). The page then asks for the part again, by a route that looks at who asks; so
a stream holds nothing that anybody may not see.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from crm_store.unit_of_work import Store
from crm_store.wakes import TALK

ALIVE_EVERY = 15.0
"""Seconds between signs of life, which also ask whether the browser is still signed in."""
NOT_SOONER = {"talk": 0.15, "queue": 0.5}
"""Seconds between two hints of a kind: what happens meanwhile comes with the next one."""


@dataclass(eq=False)
class _Watching:
    talk: str | None
    hints: set[str] = field(default_factory=set)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    not_before: dict[str, float] = field(default_factory=dict)

    def due(self, now: float) -> list[str]:
        """Take the hints that may be given now; the others wait for their time."""
        due = sorted(name for name in self.hints if self.not_before.get(name, now) <= now)
        self.hints.difference_update(due)
        self.not_before.update({name: now + NOT_SOONER[name] for name in due})
        self.told.clear()
        return due

    def hint(self, *names: str) -> None:
        self.hints.update(names)
        self.told.set()


class Live:
    """The streams of one process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watching: set[_Watching] = set()
        self._unlisten: Callable[[], None] | None = None
        self._closed = False

    async def stream(self, talk: str | None, still_in: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        """Yield server-sent events until `close`, or until ``still_in`` says that the browser was signed out."""
        if self._unlisten is None:
            self._unlisten = self._store.wakes.listen(TALK, self._heard)
        watching, loop = _Watching(talk), asyncio.get_running_loop()
        self._watching.add(watching)
        # Whatever happened before the stream was there, or while it was cut, is asked for now.
        watching.hint("queue", "talk")
        try:
            yield "retry: 1000\n\n"
            while not self._closed:
                for name in watching.due(loop.time()):
                    yield f"event: {name}\ndata: \n\n"
                if watching.hints:
                    await asyncio.sleep(min(NOT_SOONER.values()))
                elif await self._told(watching):
                    continue
                elif await still_in():
                    yield ": still here\n\n"
                else:
                    return
        finally:
            self._watching.discard(watching)

    async def until(self, stopping: asyncio.Event) -> None:
        """End all streams when ``stopping`` is set."""
        await stopping.wait()
        self.close()

    def close(self) -> None:
        """End all streams: a server that stops would wait for them."""
        self._closed = True
        if self._unlisten is not None:
            self._unlisten()
        for watching in self._watching:
            watching.told.set()

    async def _told(self, watching: _Watching) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ALIVE_EVERY):
                await watching.told.wait()
        return watching.told.is_set()

    def _heard(self, conversation_id: str) -> None:
        for watching in self._watching:
            watching.hint("queue", *(["talk"] if watching.talk and conversation_id in (watching.talk, "") else []))
