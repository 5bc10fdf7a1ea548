"""The customers of the kill tests: several at once, with tickets to open and points to move."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from crm_store import schema
from crm_store.imports import ImportSettings, apply_rows
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from tests.servers.telegram_api import TelegramApi

POINTS = 500
"""What a customer who moves points has to begin with."""
SPENT, EARNED = 10, 3
"""What one swap moves."""
_IMPORTED_AT = datetime(2026, 1, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer and what they say, in order; a line that begins with / is a pressed button.

    ``hasty`` ones say everything at once, the others wait for an answer to each line. Who
    asks for a person does so in the line of that number; the next is said to the person.
    """

    user: int
    lines: tuple[str, ...]
    tickets: int = 0
    swaps: int = 0
    hasty: bool = False
    language: str = "zh-hans"
    asks_person: int | None = None


CUSTOMERS = (
    Customer(2001, ("收到的杯子裂了，订单A10101", "是的", "谢谢"), tickets=1),
    Customer(2002, ("收到的壶碎了，订单A10102", "是的", "你好"), tickets=1, hasty=True),
    Customer(2003, ("My cup arrived broken, order A10103", "yes", "thanks"), tickets=1, language="en"),
    Customer(2004, ("hello", "my teapot is cracked, order A10104", "yes"), tickets=1, hasty=True, language="en"),
    Customer(2005, ("查一下我的积分", "用积分换礼品", "查一下我的积分"), swaps=1),
    Customer(2006, ("用积分换礼品", "用积分换礼品", "/redeem_points", "谢谢"), swaps=3, hasty=True),
    Customer(2007, ("你好", "/redeem_points", "再见"), swaps=1),
)
MESSAGES = sum(len(customer.lines) for customer in CUSTOMERS)


def a_shop(database: Path) -> None:
    """Make a database whose customers who move points have some, and are known on Telegram."""
    store = Store(f"sqlite:///{database}", durable=False)
    store.run_now(schema.create)
    store.run_now(_fill)
    store.close()


def _fill(conn: Connection) -> None:
    known = [customer for customer in CUSTOMERS if customer.swaps]
    rows = {
        "customers": [
            {"customer_id": f"C{one.user}", "member": "1", "channel": "telegram", "channel_user_id": str(one.user)}
            for one in known
        ],
        "points": [
            {"customer_id": f"C{one.user}", "points": str(POINTS), "reason": "order",
             "at": "2025-12-01T10:00:00+08:00", "reference": f"R{one.user}"}
            for one in known
        ],
    }  # fmt: skip
    for kind, lines in rows.items():
        apply_rows(
            conn,
            kind,
            lines,
            now=_IMPORTED_AT,
            ids=Ulids(SystemClock()),
            settings=ImportSettings(ZoneInfo("Asia/Shanghai")),
        )


async def all_talk(telegram: TelegramApi) -> None:
    """Let every customer say their lines; returns when the last one is said."""
    await asyncio.gather(*(_talk(telegram, customer) for customer in CUSTOMERS))


async def _talk(telegram: TelegramApi, customer: Customer) -> None:
    for said, line in enumerate(customer.lines):
        if not customer.hasty:
            await telegram.wait_until(partial(_answered, telegram, customer, said), within=60)
        says(telegram, customer, line)


def says(telegram: TelegramApi, customer: Customer, line: str) -> None:
    """Let a customer say a line, or press the button that it is."""
    if line.startswith("/"):
        telegram.presses(customer.user, line)
    else:
        telegram.customer_says(customer.user, line, language=customer.language)


def _answered(telegram: TelegramApi, customer: Customer, lines: int) -> bool:
    return sum(sent.chat_id == str(customer.user) for sent in telegram.sent) >= lines
