"""Others are told what happens: signed, until it is taken, in order for each customer, and never what was not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.api.events import is_signed
from bot.webhooks import LEASE, Webhooks, secret_of
from crm_store import customers, history, webhooks
from crm_store.errors import NotAllowed
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.api.shops import NOW
from tests.servers.http import DropConnection, LocalServer, Request, Response

MASTER = "what-every-webhook-is-signed-from"


class Listener:
    """A system that is told; it may refuse."""

    def __init__(self) -> None:
        self.heard: list[Request] = []
        self.refuses: list[int | None] = []
        """The answers to the next calls; None hangs up."""
        self.url = ""

    async def answer(self, request: Request) -> Response:
        self.heard.append(request)
        status = self.refuses.pop(0) if self.refuses else 204
        if status is None:
            raise DropConnection
        return Response(status, "")

    def told(self) -> list[tuple[str, str]]:
        return [(request.fields["customer"], request.fields["type"]) for request in self.heard]


class House:
    def __init__(self, store: Store, listener: Listener) -> None:
        self.store, self.listener, self.clock = store, listener, VirtualClock(NOW)
        for number in (1, 2):
            store.run_now(customers.add, id=f"c{number}", customer_no=f"C{number}", created_at=NOW)
        self.telling = Webhooks(store, self.clock, master=MASTER)

    def listens(self, *prefixes: str, name: str = "erp") -> None:
        self.store.run_now(webhooks.add, name, self.listener.url, list(prefixes), now=NOW)

    def happens(self, kind: str, customer: int = 1, **data: object) -> None:
        self.store.run_now(history.record, at=NOW, kind=kind, by="bot", customer_id=f"c{customer}", data=data or None)

    async def tells(self, times: int = 1, *, after: timedelta = timedelta(0)) -> None:
        self.clock.move_to(self.clock.now() + after)
        for _ in range(times):
            await self.telling.sweep()

    def waiting(self) -> tuple[int, int]:
        rows = self.store.read_now(webhooks.everyone)
        return sum(row.waiting for row in rows), sum(row.given_up for row in rows)


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = LocalServer(listener.answer)
    port = await server.start("127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield listener
    finally:
        await server.stop()


@pytest.fixture
async def house(empty_store: Store) -> AsyncIterator[House]:
    async with listening() as listener:
        house = House(empty_store, listener)
        yield house
        await house.telling.stop()


async def test_what_was_asked_for_is_told_once_and_signed(house: House) -> None:
    house.listens("ticket.")
    house.happens("ticket.opened", number="T-1001")
    house.happens("order.paid")

    await house.tells(3)

    (request,) = house.listener.heard
    assert request.fields["type"] == "ticket.opened"
    assert (request.fields["customer"], request.fields["data"]) == ("C1", {"number": "T-1001"})
    stamp, shown = request.headers["x-shuke-timestamp"], request.headers["x-shuke-signature"]
    assert is_signed(secret_of(MASTER, "erp"), stamp, shown, request.body)
    assert not is_signed(secret_of(MASTER, "other"), stamp, shown, request.body)
    assert house.waiting() == (0, 0)


async def test_each_customers_events_come_in_order_while_others_go_on(house: House) -> None:
    house.listens("")
    house.happens("order.created", 1)
    house.happens("order.paid", 1)
    house.happens("order.created", 2)
    house.happens("order.paid", 2)
    house.listener.refuses = [500]  # whoever comes first

    await house.tells(4)
    await house.tells(4, after=timedelta(seconds=6))

    heard: dict[str, list[str]] = defaultdict(list)
    for who, kind in house.listener.told():
        heard[who].append(kind)
    refused, taken = sorted(heard.values(), key=len, reverse=True)
    assert refused == ["order.created", "order.created", "order.paid"]
    assert taken == ["order.created", "order.paid"]
    assert house.waiting() == (0, 0)


async def test_what_is_not_taken_is_told_again_later_and_later(house: House) -> None:
    house.listens("")
    house.happens("order.paid")
    house.listener.refuses = [500, None, 301]

    await house.tells(3)
    assert len(house.listener.heard) == 1
    await house.tells(2, after=timedelta(seconds=5))
    assert len(house.listener.heard) == 2
    await house.tells(2, after=timedelta(seconds=5))
    assert len(house.listener.heard) == 2
    await house.tells(2, after=timedelta(seconds=10))
    await house.tells(2, after=timedelta(seconds=45))

    assert len(house.listener.heard) == 4
    assert len({request.headers["x-shuke-event"] for request in house.listener.heard}) == 1
    assert house.waiting() == (0, 0)


async def test_after_two_days_it_is_given_up_shown_and_told_again_on_request(house: House) -> None:
    house.listens("")
    house.happens("order.created")
    house.happens("order.paid")
    house.listener.refuses = [503] * webhooks.GIVEN_UP_AFTER

    for _ in range(webhooks.GIVEN_UP_AFTER):
        await house.tells(after=timedelta(hours=12))
    assert house.waiting() == (1, 1)
    await house.tells(2)
    assert house.listener.told()[-1] == ("C1", "order.paid")
    (row,) = house.store.read_now(webhooks.everyone)
    assert row.error == "answered 503"

    assert house.store.run_now(webhooks.retry, "erp") == 1
    await house.tells()
    assert house.listener.told()[-1] == ("C1", "order.created")
    assert house.waiting() == (0, 0)


async def test_what_was_rolled_back_is_told_to_nobody(house: House) -> None:
    house.listens("")

    def breaks(conn) -> None:
        history.record(conn, at=NOW, kind="order.paid", by="bot", customer_id="c1")
        raise NotAllowed("no")

    with pytest.raises(NotAllowed):
        house.store.run_now(breaks)
    await house.tells()

    assert house.listener.heard == []


async def test_what_a_process_took_that_died_is_told_by_another_after_the_lease(house: House) -> None:
    house.listens("")
    house.happens("order.paid")
    assert len(house.store.run_now(webhooks.claim, now=house.clock.now(), lease=LEASE)) == 1

    await house.tells()
    assert house.listener.heard == []
    await house.tells(after=LEASE + timedelta(seconds=1))

    assert len(house.listener.heard) == 1


async def test_wider_and_narrower_kinds_of_one_address_are_told_once(house: House) -> None:
    house.listens("order.paid", "order.", "order.")
    house.happens("order.paid")

    await house.tells(2)

    assert len(house.listener.heard) == 1


async def test_an_address_that_is_removed_is_told_nothing_more(house: House) -> None:
    house.listens("")
    house.happens("order.paid")
    house.store.run_now(webhooks.remove, "erp")
    house.happens("order.paid")

    await house.tells()

    assert house.listener.heard == []
    with pytest.raises(NotAllowed, match="there is no webhook erp"):
        house.store.run_now(webhooks.remove, "erp")
