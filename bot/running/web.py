"""The role that others call: the HTTP server, and the server of the terminals."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from fastapi import APIRouter

from bot.channels.terminal.receive import TerminalServer
from bot.monitoring import Late
from bot.ports import Receive
from bot.running.channels import Channels
from bot.running.parts import port_of
from bot.running.process import Process
from bot.web import build_app


async def start_terminals(process: Process, channels: Channels, receive: Receive) -> None:
    """Listen to `shuke chat`."""
    settings = process.settings.terminal
    server = TerminalServer(settings, channels.terminals, receive, clock=process.clock, ids=process.ids)
    with port_of("terminal", settings.host, settings.port):
        await server.start()
    process.parts.stack.push_async_callback(server.stop)


async def start_http(process: Process, routers: Sequence[APIRouter], *, nlu_ready: Callable[[], bool]) -> str:
    """Serve health and ``routers``; return the address, ``http://host:port``."""
    settings = process.settings.web
    app = build_app(
        process.store,
        nlu_ready=nlu_ready,
        routers=routers,
        metrics=process.metrics,
        metrics_key=settings.metrics_key.get_secret_value() if settings.metrics_key else None,
        late=Late(settings.inbox_late, settings.outbox_late),
        clock=process.clock,
        ids=process.ids,
        trusted_proxies=settings.trusted_proxies,
    )
    with port_of("web", settings.host, settings.port):
        listening = socket.create_server((settings.host, settings.port))
    server = _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", http="h11", server_header=False,
            proxy_headers=False,  # it would believe whoever is on this machine; the guard knows whom to believe
        )
    )  # fmt: skip

    async def stop() -> None:
        server.should_exit = True

    await process.parts.beside("the HTTP server", server.serve(sockets=[listening]), stop)
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: Ctrl-C is ours, and stops it in its turn."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
