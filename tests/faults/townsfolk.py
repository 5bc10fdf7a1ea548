"""Whom a town is full of: customers who talk, one after another and many at once, and the agent who helps some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from bot.desk_actions import AgentAction, act
from care.due import SWEEP
from crm_store import conversations, customers, history, identities, points, schedule
from crm_store.ports import Ids
from tests.faults.customers import CUSTOMERS, POINTS, Customer

AGENT = "li"
FIRST_USER = 10_001
FIRST_CARED_FOR = 900_001
CARE_AFTER = timedelta(minutes=30)
"""As in the town's own care rules."""

_ASKING = (
    Customer(0, ("你好", "我要找人工", "好的，我等您", "谢谢"), asks_person=1),
    Customer(0, ("hello", "I want to talk to a human", "fine, I'll wait", "thanks"), language="en", asks_person=1),
    Customer(0, ("查一下订单A10427", "你好", "谢谢")),
    Customer(0, ("where is my order A10427", "hello", "thanks"), language="en", hasty=True),
)
SCRIPTS: Sequence[Customer] = tuple(one for pair in zip(CUSTOMERS, _ASKING * 2, strict=False) for one in pair)


def the_customer(number: int) -> Customer:
    """Return the town's customer of this number, from 0 on."""
    return replace(SCRIPTS[number % len(SCRIPTS)], user=FIRST_USER + number)


def silent_lines(customer: Customer) -> frozenset[int]:
    """Return the numbers of the lines that the bot has no answer to, since a person is there."""
    return frozenset() if customer.asks_person is None else frozenset({customer.asks_person + 1})


def words_of_agent(customer: Customer) -> tuple[str, str]:
    """Return what the agent writes to a customer."""
    return f"您好 {customer.user}，我来看看", f"{customer.user}，已经处理好了"


def settle_in(conn: Connection, *, shoppers: int, cared_for: int, now: datetime, ids: Ids) -> None:
    """Make known who moves points, and whose complaint was solved so long ago that care falls due from now on."""
    schedule.advance(conn, SWEEP, now)
    for number in range(shoppers):
        customer = the_customer(number)
        if customer.swaps:
            id = _add(conn, customer.user, now, ids)
            # They expire, so that they are spent before all that is earned later, whatever clock that was earned by.
            points.earn(conn, id, POINTS, at=now, ids=ids, expires_at=now + timedelta(days=365), reason="order")
    for number in range(cared_for):
        id = _add(conn, FIRST_CARED_FOR + number, now, ids)
        solved_at = now - CARE_AFTER + timedelta(seconds=0.5 * (number + 1))
        solved = {"number": f"T-{number}", "category": "service"}
        history.record(conn, at=solved_at, kind="ticket.resolved", by="agent:li", customer_id=id, data=solved)


def help_out(conn: Connection, user: int, action: str, text: str | None, *, now: datetime, ids: Ids) -> None:
    """Let the agent do something for a customer, unless it is done: who got no answer looks before trying again."""
    who = identities.find(conn, "telegram", str(user))
    assert who is not None, "they have written"
    if not _is_done(conn, who.customer_id, action, text):
        act(conn, AgentAction(AGENT, action, who.customer_id, text), now=now, ids=ids)


def _is_done(conn: Connection, customer_id: str, action: str, text: str | None) -> bool:
    if action == "reply":
        said = select(history.history.c.id).where(
            history.history.c.customer_id == customer_id, history.history.c.text == text
        )
        return conn.execute(said).first() is not None
    talk = conversations.of_customer(conn, customer_id)
    assert talk is not None, "they have written"
    return action == "resolve" and talk.owner == conversations.BOT


def _add(conn: Connection, user: int, now: datetime, ids: Ids) -> str:
    id = ids.new()
    customers.add(conn, id=id, created_at=now, member=True)
    identities.add(
        conn, id=ids.new(), channel="telegram", user_id=str(user), customer_id=id, now=now, verified=True,
        evidence="import",
    )  # fmt: skip
    return id
