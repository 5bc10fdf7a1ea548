"""Several Rasas as one classifier: messages take them in turn, and pass over one that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from nlu.client import RasaAddress, RasaClient
from nlu.errors import NluUnavailable
from nlu.understanding import IntentScore

LOOK_EVERY = timedelta(seconds=1)
_LAST_WORD = 0.05  # seconds, so that a Rasa that hangs is noted as such before it is given up


class RasaPool:
    """Classifies with whichever Rasas there are; safe for many conversations at once.

    ``find`` tells where they listen; it is asked again every second, and at once while
    there is none. ``open_client`` opens the client of one, with a breaker of its own.
    ``deadline`` covers the whole call: where one Rasa fails quickly, the next is asked.
    ``now`` tells seconds on a clock that never goes back.
    """

    def __init__(
        self,
        find: Callable[[], Sequence[RasaAddress]],
        *,
        open_client: Callable[[RasaAddress], RasaClient],
        deadline: timedelta,
        now: Callable[[], float],
    ) -> None:
        self._find = find
        self._open_client = open_client
        self._deadline = deadline.total_seconds()
        self._now = now
        self._clients: dict[RasaAddress, RasaClient] = {}
        self._gone: list[RasaClient] = []
        self._look_at = now()
        self._taken = 0

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        """Return the intents of ``text``, best first; none where no character of it can be read.

        Raises:
            NluUnavailable: no Rasa gave an answer in time.
        """
        latest = asyncio.get_running_loop().time() + self._deadline
        failure = NluUnavailable("no rasa is running yet")
        for client in self._in_turn():
            try:
                async with asyncio.timeout_at(latest + _LAST_WORD):
                    return await client.classify(text)
            except NluUnavailable as exc:
                failure = exc
            except TimeoutError:
                failure = NluUnavailable(f"no rasa answered within {self._deadline:g} s")
            if asyncio.get_running_loop().time() >= latest:
                break
        raise failure

    @property
    def is_left_alone(self) -> bool:
        """Whether there are Rasas and none of them answered lately, so that most messages are not even tried."""
        return bool(self._clients) and all(client.is_left_alone for client in self._clients.values())

    async def aclose(self) -> None:
        for client in (*self._clients.values(), *self._gone):
            await client.aclose()

    def _in_turn(self) -> list[RasaClient]:
        if not self._clients or self._now() >= self._look_at:
            self._look()
        clients = list(self._clients.values())
        if not clients:
            return []
        self._taken = (self._taken + 1) % len(clients)
        return clients[self._taken :] + clients[: self._taken]

    def _look(self) -> None:
        self._look_at = self._now() + LOOK_EVERY.total_seconds()
        found = self._find()
        # Closed at the end only: a message may still be under way to one that goes.
        self._gone += [client for address, client in self._clients.items() if address not in found]
        self._clients = {address: self._clients.get(address) or self._open_client(address) for address in found}
