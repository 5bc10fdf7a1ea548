"""The peer as running processes: `rasa run` with its SQL tracker store, and its action server."""

from __future__ import annotations

import asyncio
import itertools
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

import httpx
import psutil

from benchmarks.load import MIX, Customer, memory_mb, new_customers
from benchmarks.peers.compose import BOT, OUT, rasa_environment, rasa_python, trained_model
from benchmarks.peers.history import When, give_history
from benchmarks.peers.rasa_bot.actions.shop import add_regulars, open_shop

READY_WITHIN_S = 180.0
ANSWER_WITHIN_S = 180.0
ENDED_WITHIN_S = 30.0


class PeerBot:
    """A Rasa bot on loopback; a `Target` of the load.

    ``async with PeerBot() as peer`` trains where needed, starts with empty stores and stops at the end.
    Without NLU it understands payloads alone.
    """

    def __init__(self, out: Path = OUT, *, with_nlu: bool = True) -> None:
        self._out = out
        self._with_nlu = with_nlu
        self._model: Path | None = None
        self._log: IO[str] | None = None
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._client: httpx.AsyncClient | None = None
        self._serial = itertools.count()
        self.tracker_db = out / "tracker.db"
        self.shop_db = out / "shop.db"

    async def __aenter__(self) -> PeerBot:
        for store in (self.tracker_db, self.shop_db):
            for path in store.parent.glob(f"{store.name}*"):
                path.unlink()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> float:
        """Start both processes on what the stores hold; return the seconds until the bot takes messages.

        Raises:
            TimeoutError: it did not within READY_WITHIN_S; `rasa.log` in the out folder says why.
        """
        if self._model is None:
            self._model = await asyncio.to_thread(trained_model, self._out, with_nlu=self._with_nlu)
        bot_port, action_port = _free_ports(2)
        begun = time.perf_counter()
        self._launch(self._model, bot_port, action_port)
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{bot_port}",
            timeout=ANSWER_WITHIN_S,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._until_ready(f"http://127.0.0.1:{action_port}/health")
                await self._until_ready("/webhooks/rest/")
        except BaseException:
            await self.kill()
            raise
        return time.perf_counter() - begun

    def _launch(self, model: Path, bot_port: int, action_port: int) -> None:
        environment = rasa_environment() | {
            "PEER_ACTION_PORT": str(action_port),
            "PEER_TRACKER_DB": str(self.tracker_db),
            "PEER_SHOP_DB": str(self.shop_db),
        }
        serving = ["--model", str(model), "-i", "127.0.0.1", "-p", str(bot_port)]
        self._log = (self._out / "rasa.log").open("a")
        for name, arguments in {
            "actions": ["actions", "--actions", "actions.actions", "-p", str(action_port)],
            "rasa": [*serving, "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"],
        }.items():
            self._started[name] = subprocess.Popen(
                [rasa_python(), "-m", "rasa", "run", *arguments],
                cwd=BOT,
                env=environment,
                stdout=self._log,
                stderr=self._log,
            )

    async def _until_ready(self, url: str) -> None:
        assert self._client is not None
        while True:
            died = [name for name, process in self._started.items() if process.poll() is not None]
            if died:
                raise ChildProcessError(f"the peer's {', '.join(died)} ended; see {self._out / 'rasa.log'}")
            try:
                if (await self._client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """End both processes in order, or by force where one doesn't end within ENDED_WITHIN_S."""
        family = self.processes()
        for process in self._started.values():
            process.terminate()
        _, lasting = await asyncio.to_thread(psutil.wait_procs, family, ENDED_WITHIN_S)
        for process in lasting:
            process.kill()
        await self._forget()

    async def kill(self) -> None:
        """End both processes, children included, as a power cut would."""
        for process in self.processes():
            process.kill()
        await self._forget()

    async def _forget(self) -> None:
        for process in self._started.values():
            await asyncio.to_thread(process.wait)
        self._started.clear()
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._log is not None:
            self._log.close()

    async def turn(self, customer: str, text: str, message_id: str | None = None) -> list[str]:
        """Say ``text``; the REST channel answers when all is said.

        Raises:
            httpx.HTTPError: the bot was not there, died over it or was too slow.
        """
        assert self._client is not None
        message = {"sender": customer, "message": text}
        if message_id is not None:
            # The channel has no field for a message's id; metadata is where Rasa lets one travel.
            message["metadata"] = {"message_id": message_id}
        answer = await self._client.post("/webhooks/rest/webhook", json=message)
        return [said["text"] for said in answer.raise_for_status().json()]

    def processes(self) -> list[psutil.Process]:
        """Return both processes and their children."""
        return [process for family in self._families().values() for process in family]

    def memory(self) -> dict[str, float]:
        """Return the resident MB of `rasa` and of `actions`, children included."""
        return {name: memory_mb(family) for name, family in self._families().items()}

    def _families(self) -> dict[str, list[psutil.Process]]:
        alive = {name: process for name, process in self._started.items() if process.poll() is None}
        parents = {name: psutil.Process(process.pid) for name, process in alive.items()}
        return {name: [parent, *parent.children(recursive=True)] for name, parent in parents.items()}

    def customers(self, count: int) -> list[Customer]:
        """Return new customers that the peer's shop knows."""
        regulars = new_customers(count, self._serial)
        shop = open_shop(self.shop_db)
        add_regulars(shop, ((regular.name, regular.order_no) for regular in regulars))
        shop.close()
        return regulars

    async def customers_with_history(self, count: int, messages: int, when: When) -> list[Customer]:
        """Return new customers who have already said ``messages``, a multiple of the mix's length."""
        regulars = self.customers(count)
        if messages:
            (model,) = self.customers(1)
            for line in MIX:
                await self.turn(model.name, line.said_by(model, as_payload=not self._with_nlu))
            names = [regular.name for regular in regulars]
            give_history(self.tracker_db, model.name, names, passes=messages // len(MIX), when=when)
        return regulars

    def said_to(self, customers: Iterable[str]) -> int:
        """Return how many messages of these customers the tracker store holds."""
        with closing(sqlite3.connect(self.tracker_db)) as store:
            return sum(
                store.execute(
                    "SELECT count(*) FROM events WHERE sender_id = ? AND type_name = 'user'", (customer,)
                ).fetchone()[0]
                for customer in customers
            )


def _free_ports(count: int) -> Sequence[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
