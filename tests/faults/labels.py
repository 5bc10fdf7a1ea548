"""Tells the platform which message it is that it gets: what says the same can then be told apart.

Imported by the fork server alone.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from telegram.request import HTTPXRequest

from bot.channels.telegram.send import TelegramChannel
from bot.messages import Outbound

_BEING_SENT: ContextVar[str] = ContextVar("being_sent")


def label_messages() -> None:
    """Let each request of this process to send a message bear its reference in the outbox, in the query.

    To be called before `steps.Steps.watch_requests`, which goes by what the address ends with.
    """
    send, ask = TelegramChannel.send, HTTPXRequest.do_request

    async def remembered(channel: TelegramChannel, message: Outbound) -> str:
        _BEING_SENT.set(message.id)
        return await send(channel, message)

    async def labelled(request: HTTPXRequest, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        if url.lower().endswith("/sendmessage"):
            url = f"{url}?ref={_BEING_SENT.get()}"
        return await ask(request, url, *args, **kwargs)

    TelegramChannel.send = remembered  # type: ignore[method-assign]
    HTTPXRequest.do_request = labelled  # type: ignore[method-assign, assignment]
