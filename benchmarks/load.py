"""Load for a customer-service bot: the same customers, words and figures for every side.

A side is a `Target`. The smallest one, for a bot that answers over HTTP::

    class OverHttp:
        def __init__(self, client: httpx.AsyncClient, server: psutil.Process) -> None:
            self._client, self._server = client, server

        async def turn(self, customer: str, text: str) -> list[str]:
            answer = await self._client.post("/say", json={"customer": customer, "text": text})
            return answer.raise_for_status().json()

        def processes(self) -> list[psutil.Process]:
            return [self._server]

    serial = itertools.count()
    figures = await measure(target, Load(conversations=8), lambda: new_customers(2_000, serial))
    print(figures.line())

A target that runs in this very process returns `psutil.Process()` among its processes: its CPU
figure then holds the load generator's own work too, some 2 µs a turn.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from statistics import median
from typing import Literal, Protocol

import psutil

Language = Literal["zh", "en"]


class Target(Protocol):
    """What is put under load."""

    async def turn(self, customer: str, text: str) -> list[str]:
        """Say ``text`` as ``customer``; return when every answer to it is there."""
        ...

    def processes(self) -> list[psutil.Process]:
        """Return all processes that do the target's work, children included."""
        ...


@dataclass(frozen=True, slots=True)
class Customer:
    """A regular with one order; the target's shop must know both before the load begins."""

    name: str
    order_no: str
    language: Language


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the mix; ``payload`` is what a button for it would send, past the NLU."""

    zh: str
    en: str
    payload: str

    def said_by(self, customer: Customer, *, as_payload: bool) -> str:
        template = self.payload if as_payload else self.zh if customer.language == "zh" else self.en
        return template.replace("ORDER_NO", customer.order_no)


# Ten messages, so that 200 and 1,000 earlier ones are whole passes and end outside any form.
MIX = (
    Line("你好", "hello", "/greet"),
    Line("订单ORDER_NO到哪了", "where is my order ORDER_NO", '/track_order{"order_no": "ORDER_NO"}'),
    Line("我有多少积分", "how many points do I have", "/ask_points_balance"),
    Line("我的订单到哪了", "where is my order", "/track_order"),
    Line("ORDER_NO", "ORDER_NO", '/inform{"order_no": "ORDER_NO"}'),
    Line("收到的杯子是碎的", "the cup arrived broken", "/complain_product_quality"),
    Line("杯口裂了一道缝，会漏水", "there is a crack in the rim and it leaks", "/inform"),
    Line("ORDER_NO", "ORDER_NO", '/inform{"order_no": "ORDER_NO"}'),
    Line("是的", "yes", "/affirm"),
    Line("谢谢", "thanks", "/thank"),
)


def new_customers(count: int, serial: Iterator[int]) -> list[Customer]:
    """Return ``count`` customers never seen before, half of them speaking English."""
    return [Customer(f"load-{n}", f"2024{n:07d}", "en" if n % 2 else "zh") for n in islice(serial, count)]


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of a target in one run.

    Each of ``conversations`` says the whole mix ``passes`` times as one customer, message after
    answer, and goes on as the next one, until ``seconds`` are over or the customers are used up.
    """

    conversations: int
    seconds: float = 10.0
    warm_up_seconds: float = 2.0
    runs: int = 3
    passes: int = 1
    as_payload: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """One run, or the medians of several: times in milliseconds, ``silent`` turns got no answer."""

    turns: float
    turns_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    silent: float

    def line(self) -> str:
        return (
            f"{self.turns_per_s:8.1f} turns/s   p50 {self.p50_ms:8.1f} ms   p99 {self.p99_ms:8.1f} ms   "
            f"CPU {self.cpu_ms:7.2f} ms/turn   ({self.turns:.0f} turns, {self.silent:.0f} silent)"
        )


async def measure(target: Target, load: Load, customers: Callable[[], Sequence[Customer]]) -> Figures:
    """Return the medians of ``load.runs`` runs after one that isn't counted.

    ``customers`` is called before each run, for customers that the target has been told of.
    """
    await run_once(target, load, customers(), seconds=load.warm_up_seconds)
    runs = [await run_once(target, load, customers(), seconds=load.seconds) for _ in range(load.runs)]
    return Figures(**{f.name: median(getattr(run, f.name) for run in runs) for f in fields(Figures)})


async def run_once(target: Target, load: Load, customers: Sequence[Customer], *, seconds: float) -> Figures:
    """Put ``target`` under load once; turns begun in time are waited for and counted.

    Raises whatever the target raises: a turn that fails spoils the run.
    """
    waiting = iter(customers)
    latencies: list[float] = []
    silent = 0
    cpu_before = cpu_seconds(target.processes())
    begun = time.perf_counter()

    async def converse() -> None:
        nonlocal silent
        for customer in waiting:
            for line in MIX * load.passes:
                said_at = time.perf_counter()
                if said_at - begun >= seconds:
                    return
                answers = await target.turn(customer.name, line.said_by(customer, as_payload=load.as_payload))
                latencies.append(time.perf_counter() - said_at)
                silent += not answers

    async with asyncio.TaskGroup() as conversations:
        for _ in range(load.conversations):
            conversations.create_task(converse())
    took = time.perf_counter() - begun
    cpu = cpu_seconds(target.processes()) - cpu_before
    turns = len(latencies)
    return Figures(
        turns=turns,
        turns_per_s=turns / took,
        p50_ms=1_000 * quantile(latencies, 0.50),
        p99_ms=1_000 * quantile(latencies, 0.99),
        cpu_ms=1_000 * cpu / turns,
        silent=silent,
    )


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Return the CPU time, user and system, that the processes have used so far."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def memory_mb(processes: Sequence[psutil.Process]) -> float:
    """Return the resident memory of the processes in MB (10^6 bytes)."""
    return sum(process.memory_info().rss for process in processes) / 1e6


def quantile(values: Sequence[float], q: float) -> float:
    """Return the smallest value that at least the share ``q`` of ``values`` does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * q) - 1)]
