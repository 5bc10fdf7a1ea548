"""What every channel does at its edge, before a message goes further in."""

from __future__ import annotations

import asyncio
import re

import structlog
from fastapi import Request

from bot.messages import Inbound
from bot.ports import Receive

log = structlog.get_logger(__name__)

# NUL ends a text in PostgreSQL, and half a surrogate pair has no UTF-8 form.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return ``text`` without the characters that a database or UTF-8 cannot hold."""
    return _UNSTORABLE.sub("", text)


async def store(receive: Receive, inbound: Inbound) -> bool:
    """Hand ``inbound`` over; return whether it is stored, so that the channel may acknowledge it.

    Whatever the store raises ends here, as False: the platform will deliver the
    message again. Only the kind of the error is logged, since a database puts the
    customer's words into its text.
    """
    (outcome,) = await asyncio.gather(receive(inbound), return_exceptions=True)
    if outcome is None:
        return True
    if not isinstance(outcome, Exception):
        raise outcome
    log.error("inbound.not_stored", channel=inbound.channel, error=type(outcome).__name__)
    return False


async def bounded_body(request: Request, most: int) -> bytes | None:
    """Return the body of a call, or None where it has more than ``most`` bytes; what is beyond is not read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
