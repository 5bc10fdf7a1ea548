"""The role that others call: the HTTP server, and the server of the terminals."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence

import uvicorn
from fastapi import APIRouter, FastAPI

from bot.api.app import PATH as API
from bot.channels.terminal.receive import TerminalServer
from bot.holding import AtWork, hold
from bot.monitoring import Late
from bot.ports import Receive
from bot.running.api import open_api
from bot.running.channels import CONNECTED_TO_WEB, Channels, open_channels
from bot.running.parts import Parts, Say, port_of
from bot.running.process import Process, build_intake, open_process
from bot.running.routers import open_routers
from bot.settings import Settings
from bot.sweeps import Sweeps
from bot.web import build_app
from bot.wiring import build_delivery, build_policy
from crm_store.wakes import OUTBOX
from nlu.rasa_address import published

_LOOPBACK = "127.0.0.1"


async def start_terminals(process: Process, channels: Channels, receive: Receive) -> None:
    """Listen to `shuke chat`."""
    settings = process.settings.terminal
    server = TerminalServer(settings, channels.terminals, receive, clock=process.clock, ids=process.ids)
    with port_of("terminal", settings.host, settings.port):
        await server.start()
    process.parts.stack.push_async_callback(server.stop)


async def start_deliveries(process: Process, channels: Channels) -> None:
    """Send out what only this process can, since its customers are connected to it."""
    settings = process.settings
    delivery = build_delivery(
        settings, build_policy(settings), store=process.store, clock=process.clock, channels=channels.sending,
        worker=process.name, metrics=process.metrics, elsewhere=channels.elsewhere,
    )  # fmt: skip
    holding = hold(
        process.store, process.clock, lambda: AtWork(sending=delivery.under_way()),
        worker=process.name, lease=settings.work.lease,
    )  # fmt: skip
    # Begun before the delivery, and so ended after what that has under way.
    await process.parts.beside("the delivery's leases", holding)
    sweeps = Sweeps(process.store, delivery.sweep, topics=(OUTBOX,), pause=lambda: settings.work.sweep_every)
    await process.parts.beside("the delivery", sweeps.run(), sweeps.stop)


async def run_web(settings: Settings, parts: Parts, say: Say) -> None:
    """Start the role: it takes messages in and leaves the turns to workers."""
    process = await open_process(settings, parts)
    channels = (await open_channels(process)).only(CONNECTED_TO_WEB)
    intake = build_intake(process)
    await start_deliveries(process, channels)
    await start_terminals(process, channels, intake)
    routers = await open_routers(process, channels, intake)
    address = await start_http(process, routers, nlu_ready=lambda: bool(published(settings.var)))
    say(f"the web is up: {address}/readyz")


async def start_health(process: Process) -> None:
    """Serve health alone, on this machine and where ``work.port`` is set."""
    settings = process.settings
    if settings.work.port is None:
        return
    await _serve(process, [], "work", _LOOPBACK, settings.work.port, nlu_ready=lambda: bool(published(settings.var)))


async def start_http(process: Process, routers: Sequence[APIRouter], *, nlu_ready: Callable[[], bool]) -> str:
    """Serve health, the API and ``routers``; return the address, ``http://host:port``."""
    settings = process.settings.web
    api = {API: open_api(process)}
    return await _serve(process, routers, "web", settings.host, settings.port, nlu_ready=nlu_ready, mounted=api)


async def _serve(
    process: Process,
    routers: Sequence[APIRouter],
    section: str,
    host: str,
    port: int,
    *,
    nlu_ready: Callable[[], bool],
    mounted: Mapping[str, FastAPI] | None = None,
) -> str:
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
        mounted=mounted,
    )
    with port_of(section, host, port):
        listening = socket.create_server((host, port))
    server = _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", http="h11", server_header=False,
            proxy_headers=False,  # it would believe whoever is on this machine; the guard knows whom to believe
        )
    )  # fmt: skip

    async def stop() -> None:
        server.should_exit = True

    await process.parts.beside("the HTTP server", server.serve(sockets=[listening]), stop)
    listens_at, taken = listening.getsockname()[:2]
    return f"http://{listens_at}:{taken}"


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: Ctrl-C is ours, and stops it in its turn."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
