"""Gives each HTTP request a name of ours, on every line that is logged for it and in its answer."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_store.ports import Ids

HEADER = b"x-request-id"


class Traced:
    """ASGI middleware. A name that the caller sends along is not taken: it could say anything in our logs."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = self._ids.new()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (HEADER, request.encode())]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request):
            await self._app(scope, receive, send_named)
