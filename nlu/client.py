"""Asks Rasa what a message means: one kept-alive HTTP client, a deadline, a breaker."""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlencode

import httpx
import orjson

from nlu.breaker import Breaker
from nlu.errors import NluLate, NluUnavailable
from nlu.understanding import IntentScore

LONGEST_TEXT = 2_000  # characters; what a message means stands in its beginning
AT_ONCE = 4  # messages; Rasa works on one at a time: enough to keep it busy
_FAIR = 0.25  # of the deadline; a Rasa that was given less, since the message had waited, is not to blame
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class RasaAddress:
    """Where a Rasa listens (``http://host:port``), the token that it asks for, if any, and which model it serves.

    ``model`` is a version (`nlu.chosen_model`), empty where it is not known.
    """

    url: str
    token: str = field(default="", repr=False)
    model: str = field(default="", compare=False)


class RasaClient:
    """Classifies messages; safe for many conversations at once.

    ``locate`` is asked before each message, since a Rasa that was started again has
    a new port and token; it returns None while there is none. ``deadline`` covers
    the whole call. ``transport`` is a `LoopbackTransport` where Rasa is our own
    child; httpx's own reaches a Rasa anywhere.
    """

    def __init__(
        self,
        locate: Callable[[], RasaAddress | None],
        *,
        deadline: timedelta,
        breaker: Breaker,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._locate = locate
        self._deadline = deadline
        self._breaker = breaker
        # Messages wait here, first come, first served; in httpx's pool a busy moment
        # let some wait for two seconds while others overtook them.
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._http = httpx.AsyncClient(
            # Rasa drops an idle connection after two minutes; ours must go first, or a
            # message would be sent into a closing one.
            limits=httpx.Limits(keepalive_expiry=60),
            timeout=None,  # noqa: S113 - the deadline covers every phase together
            trust_env=False,  # a proxy cannot reach this machine's loopback
            transport=transport,
        )

    async def classify(self, text: str, *, within: timedelta | None = None) -> tuple[IntentScore, ...]:
        """Return the intents of ``text``, best first; none where no character of it is one that the model knows.

        ``within`` stands for the deadline where less is left for this message.

        Raises:
            NluUnavailable: Rasa is away, too slow, or answered with nonsense.
        """
        readable = as_rasa_reads(text)
        if not readable:
            return ()
        address = self._locate()
        if address is None:
            raise NluUnavailable("rasa is not running yet")
        if not self._breaker.allows():
            raise NluUnavailable("rasa did not answer lately and is left alone for a while")
        allowed = self._deadline if within is None else within
        try:
            scores = await self._ask(address, readable, allowed.total_seconds())
        except NluLate:
            if allowed >= self._deadline * _FAIR:
                self._breaker.failed()
            raise
        except NluUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return scores

    @property
    def is_left_alone(self) -> bool:
        """Whether Rasa did not answer lately, so that most messages are not even tried on it."""
        return self._breaker.is_open

    @property
    def is_resting(self) -> bool:
        """Whether a message would not be tried now."""
        return self._breaker.is_resting

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _ask(self, address: RasaAddress, text: str, seconds: float) -> tuple[IntentScore, ...]:
        try:
            async with asyncio.timeout(seconds), self._turns:
                answer = await self._http.post(
                    address.url + "/model/parse",
                    content=orjson.dumps({"text": text}),
                    headers=_JSON,
                    extensions=_with_token(address.token),
                )
        except TimeoutError as exc:
            raise NluLate(f"rasa did not answer within {seconds:.3g} s") from exc
        except httpx.HTTPError as exc:
            raise NluUnavailable(f"rasa cannot be reached: {type(exc).__name__}") from exc
        if answer.status_code != httpx.codes.OK:
            # The body of an error may repeat what the customer wrote.
            raise NluUnavailable(f"rasa answered with status {answer.status_code}")
        return _ranking(answer.content)


def as_rasa_reads(text: str) -> str:
    """Return ``text`` as it may be sent: bounded, without lone surrogates, control characters and invisible ones.

    Of the invisible ones, zero-width joiners and marks of direction, a word that holds one is none that was learnt.
    """
    kept = (" " if character.isspace() else character for character in text[:LONGEST_TEXT])
    readable = "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip()
    # "/greet" names an intent to Rasa instead of being classified, and what else
    # follows the stroke is written to its log.
    return readable.lstrip("/ ")


def _with_token(token: str) -> dict[str, Any]:
    # Rasa takes its token in the query alone, and httpx logs whole URLs: as the
    # request's target it is sent and not logged.
    return {"target": f"/model/parse?{urlencode({'token': token})}".encode()} if token else {}


def _ranking(body: bytes) -> tuple[IntentScore, ...]:
    try:
        ranking = orjson.loads(body)["intent_ranking"]
        scores = tuple(IntentScore(str(intent["name"]), float(intent["confidence"])) for intent in ranking)
    except (ValueError, KeyError, TypeError) as exc:
        raise NluUnavailable("rasa answered with something else than intents") from exc
    if not all(math.isfinite(score.confidence) for score in scores):
        raise NluUnavailable("rasa answered with an intent of no confidence")
    return scores
