"""What the desk's pages cost the database: as many statements for two hundred customers as for one."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import catalogue, conversations, coupons, handoffs, history, orders, outbox, tickets
from crm_store.coupons import Offer
from crm_store.suggesting import SUGGESTED
from desk.customers.pages import MOST
from desk.inbox.queue import MOST_SHOWN
from tests.bot.test_counts import counting
from tests.crm_store.people import a_customer, an_outbound
from tests.desk.desks import Browser, DeskHouse

MANY = 200
QUEUE, TALK, CUSTOMER, AUDIT = 16, 32, 39, 4
"""Statements as measured, that of the sign-in among them."""


def wait_for_a_person(conn: Connection, desk: DeskHouse, first: int, count: int) -> None:
    """Let customers come who wait; every third pressed a button, every fourth was handed on by a colleague."""
    now = desk.now
    for number in range(first, first + count):
        who = f"c{number:03}"
        a_customer(conn, who)
        body = {"text": "?", "buttons": [{"title": "A person", "payload": "/request_human_agent"}]}
        outbox.queue(conn, [an_outbound(who, who, status="sent", body=body)])
        said: dict[str, Any] = {"text": f"I am {who}"} if number % 3 else {"data": {"payload": "/request_human_agent"}}
        history.record(conn, at=now, kind="message.in", by="customer", customer_id=who, **said)
        handoffs.request(conn, conversation_id=f"t-{who}", customer_id=who, reason="asked", now=now)
        if number % 4 == 0:
            handoffs.take(conn, f"t-{who}", "zhao", now=now)
            handoffs.transfer(conn, f"t-{who}", "zhao", None, now=now)


def are_mine(conn: Connection, desk: DeskHouse, first: int, count: int) -> None:
    wait_for_a_person(conn, desk, first, count)
    for number in range(first, first + count):
        handoffs.take(conn, f"t-c{number:03}", "li", now=desk.now)
        until = desk.now + timedelta(hours=1)
        handoffs.snooze(conn, f"t-c{number:03}", "li", until=until, now=desk.now)


def live_long(conn: Connection, desk: DeskHouse, customer: str, first: int, count: int) -> None:
    """Let a customer order, complain, write, be answered, and be taken for somebody else, ``count`` times each."""
    now, talk = desk.now, conversations.of_customer(conn, customer)
    coupons.define(conn, Offer("ten-off", "percent", Decimal(10)))
    about = {"customer_id": customer, "conversation_id": talk.id}
    for number in range(first, first + count):
        a_customer(conn, f"other-{number}")
        coupons.issue(conn, customer, "ten-off", at=now, ids=desk.desk.ids, reference=f"gift {number}")
        catalogue.add(conn, sku=f"SKU-{number}", name_en=f"Tea {number}", name_zh=f"茶 {number}")
        orders.add(conn, order_no=f"A{number}", customer_id=customer, status="paid", ordered_at=now)
        for line in (1, 2):
            orders.put_line(
                conn, order_no=f"A{number}", line=line, sku=f"SKU-{number}", quantity=1, unit_price=None,
                currency="CNY",
            )  # fmt: skip
        tickets.open_ticket(
            conn, channel="telegram", category="service", priority="normal", order_no=None, summary="slow",
            now=now, ids=desk.desk.ids, desk=desk.house.settings.desk_hours, **about,
        )  # fmt: skip
        heard = {"ref": f"heard-{number}", "text": "hello"}
        history.record(conn, at=now, kind="message.in", by="customer", **heard, **about)
        ref = f"said-{number}"
        outbox.queue(conn, [an_outbound(ref, customer) | {"ref": ref, "status": "sent"}])
        history.record(conn, at=now, kind="message.out", by="agent:li", text="hello", ref=ref, **about)
        told = {"match": f"other-{number}", "by": "typed_phone"}
        history.record(conn, at=now, kind=SUGGESTED, by="system", data=told, **about)


async def statements(desk: DeskHouse, browser: Browser, path: str) -> tuple[int, str]:
    with counting(desk.house.store) as count:
        page = await browser.get(path)
    assert page.status_code == 200
    return count.statements, page.text


@pytest.mark.parametrize("come", [wait_for_a_person, are_mine])
async def test_the_queue_asks_as_much_for_two_hundred_as_for_one_and_shows_the_first(
    desk: DeskHouse, come: Any
) -> None:
    browser = await desk.agent("li")
    costs = []
    for first, count in ((0, 1), (1, 19), (20, MANY - 20)):
        desk.house.write(come, desk, first, count)
        cost, page = await statements(desk, browser, "/desk/queue/lists")
        costs.append(cost)

    # One more asks for buttons, once somebody pressed any; one for what lies beyond a page.
    assert max(costs) <= min(costs) + 1 <= QUEUE
    assert page.count('class="row') - page.count('class="rows') == MOST_SHOWN
    assert f"and {MANY - MOST_SHOWN} more" in page
    assert f'<span class="figure">{MANY}</span>' in page


async def test_a_long_life_costs_the_pages_of_a_customer_no_more(desk: DeskHouse) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    browser, customer = await desk.agent("li"), desk.customer("ana")
    paths = (f"/desk/talks/{customer}", f"/desk/customers/{customer}")
    costs = []
    for first, count in ((0, 1), (1, 19), (20, MANY - 20)):
        desk.house.write(live_long, desk, customer, first, count)
        costs.append([(await statements(desk, browser, path))[0] for path in paths])

    page = (await browser.get(paths[1])).text
    assert costs[0] == costs[1] == costs[2]
    assert costs[0][0] <= TALK
    assert costs[0][1] <= CUSTOMER
    assert page.count(f"and {MANY - MOST} more") == 3, "orders, cases and coupons"
    assert re.search(r"1 × Tea 99\b.*SKU-99\b", page)


async def test_lists_of_what_was_done_ask_for_all_names_at_once(desk: DeskHouse) -> None:
    boss = await desk.agent("boss", "admin")
    desk.house.write(wait_for_a_person, desk, 0, 20)
    costs = []
    for number in range(20):
        await boss.get(f"/desk/talks/c{number:03}")
        costs.append((await statements(desk, boss, "/desk/audit"))[0])

    assert max(costs) <= AUDIT
