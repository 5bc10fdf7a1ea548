"""Several Rasas as one classifier: the least busy is asked, another where it fails, and all within one deadline."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, Literal

from nlu.client import RasaAddress, RasaClient, as_rasa_reads
from nlu.errors import NluBusy, NluLate, NluUnavailable
from nlu.lanes import Lane, Lanes
from nlu.remembered import ShortMessages
from nlu.understanding import IntentScore

LOOK_EVERY: Final = timedelta(seconds=1)
_TRIES = 2  # a message that Rasa dies of must not go round until none is left

Outcome = Literal["answered", "remembered", "busy", "late", "failed", "away"]
"""What came of a text: ``busy``: too many waited already, or no Rasa was free in half of the deadline; ``late``: no
answer within the deadline; ``away``: there was no Rasa, or none that had answered lately."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("answered", "remembered", "busy", "late", "failed", "away")


class RasaPool:
    """Classifies with whichever Rasas there are; safe for many conversations at once.

    ``find`` tells where they listen; it is asked again every second, and at once where
    one fails or there is none. ``open_client`` opens the client of one, with a breaker
    of its own. ``deadline`` covers the whole call. At most ``most_waiting`` messages
    wait for a Rasa that is free, and the answers to ``remembered`` short ones are kept.
    ``now`` tells seconds on a clock that never goes back.
    """

    def __init__(
        self,
        find: Callable[[], Sequence[RasaAddress]],
        *,
        open_client: Callable[[RasaAddress], RasaClient],
        deadline: timedelta,
        now: Callable[[], float],
        most_waiting: int = 100,
        remembered: int = 0,
    ) -> None:
        self._find = find
        self._open_client = open_client
        self._deadline = deadline
        self._now = now
        self._there: dict[RasaAddress, Lane] = {}
        self._gone: list[Lane] = []
        self._lanes = Lanes(most_waiting=most_waiting)
        self._remembered = ShortMessages(remembered)
        self._look_at = now()
        self._counted = Counter[Outcome]()

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        """Return the intents of ``text``, best first; none where no character of it can be read.

        Raises:
            NluBusy: too many messages wait already (raised at once), or it waited half of the deadline.
            NluUnavailable: no Rasa gave an answer in time.
        """
        readable = as_rasa_reads(text)
        if not readable:
            return ()
        if not self._there or self._now() >= self._look_at:
            await self._look()
        known = self._remembered.of(readable)
        if known is not None:
            self._counted["remembered"] += 1
            return known
        try:
            scores = await self._ask(readable)
        except NluUnavailable as exc:
            self._counted[_outcome(exc)] += 1
            raise
        self._counted["answered"] += 1
        return scores

    @property
    def is_left_alone(self) -> bool:
        """Whether there are Rasas and none of them answered lately, so that most messages are not even tried."""
        return bool(self._there) and all(lane.client.is_left_alone for lane in self._there.values())

    @property
    def model(self) -> str:
        """The version (`nlu.chosen_model`) that all Rasas serve; empty where there is none or they differ."""
        models = {lane.model for lane in self._there.values()}
        return models.pop() if len(models) == 1 else ""

    @property
    def waiting(self) -> int:
        """How many messages wait for a Rasa that is free."""
        return self._lanes.waiting

    @property
    def counted(self) -> dict[Outcome, int]:
        """How many texts were asked for, by what came of them."""
        return {outcome: self._counted[outcome] for outcome in OUTCOMES}

    def found(self) -> tuple[int, int]:
        """Return how many Rasas are asked, and how many are left alone because they did not answer lately."""
        alone = sum(lane.client.is_left_alone for lane in self._there.values())
        return len(self._there) - alone, alone

    async def aclose(self) -> None:
        for lane in (*self._there.values(), *self._gone):
            await lane.client.aclose()

    async def _ask(self, text: str) -> tuple[IntentScore, ...]:
        loop = asyncio.get_running_loop()
        latest = loop.time() + self._deadline.total_seconds()
        failure: NluUnavailable | None = None
        tried: list[Lane] = []
        while len(tried) < _TRIES and (left := latest - loop.time()) > 0:
            try:
                # Who has waited longer would be sent with so little time left that Rasa works in
                # vain; and with a long queue that is everybody.
                async with asyncio.timeout(left / 2):
                    lane = await self._lanes.take(but=tried)
            except TimeoutError:
                failure = failure or NluBusy(f"no rasa was free within {left / 2:.3g} s")
                break
            if lane is None:
                break
            tried.append(lane)
            try:
                scores = await lane.client.classify(text, within=self._share(latest - loop.time(), tried))
            except NluUnavailable as exc:
                failure = exc
            else:
                self._remembered.keep(text, scores, model=lane.model)
                return scores
            finally:
                self._lanes.give_back(lane)
            # It may have died, or another come: better known now than in a second.
            await self._look()
        if failure is None:
            failure = _Away("no rasa answered lately" if self._there else "no rasa is running yet")
        raise failure

    def _share(self, left: float, tried: list[Lane]) -> timedelta:
        """Return how long the last of ``tried`` may take: where another could be asked, half of the deadline.

        It has but a few messages, of some milliseconds each. One that takes so long hangs.
        """
        most = self._deadline / 2 if len(tried) < _TRIES and self._lanes.worth_asking(but=tried) else self._deadline
        return min(most, timedelta(seconds=max(left, 0)))

    async def _look(self) -> None:
        self._look_at = self._now() + LOOK_EVERY.total_seconds()
        before, found = self._there, self._find()
        self._there = {
            address: before.get(address) or Lane(self._open_client(address), address.model) for address in found
        }
        self._gone += [lane for address, lane in before.items() if address not in self._there]
        if self._there:
            # While one model takes over from another the two may differ: then nothing is remembered.
            self._remembered.serve(self.model)
        self._lanes.open(self._there.values())
        # Others have still to answer what they were sent.
        done = [lane for lane in self._gone if not lane.busy]
        self._gone = [lane for lane in self._gone if lane.busy]
        for lane in done:
            await lane.client.aclose()


class _Away(NluUnavailable):
    """There is nobody to ask."""


def _outcome(failure: NluUnavailable) -> Outcome:
    match failure:
        case NluBusy():
            return "busy"
        case NluLate():
            return "late"
        case _Away():
            return "away"
        case _:
            return "failed"
