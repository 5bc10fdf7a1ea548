"""A customer of whom every table holds something, marked words in every column that takes words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.types import JSON, BigInteger, Boolean, String

from crm_store import coupons, webhooks
from crm_store.base import UtcDateTime
from crm_store.memory_kinds import KINDS
from crm_store.models import metadata
from crm_store.privacy.fates import Nobodys, Scrubbed
from crm_store.privacy.registry import REGISTRY
from crm_store.sealing import Sealed, SealedJson
from crm_store.webhooks import endpoints
from tests.crm_store.people import NOW

CANARY = "zqcanary"
WHO = "who"


def canaries(text: str) -> list[str]:
    """Return the marked words that are in a text, with what is around them."""
    return [text[max(at - 40, 0) : at + 40] for at in range(len(text)) if text.startswith(CANARY, at)]


def plant(conn: Connection, who: str = WHO, *, rows: int = 2) -> None:
    """Put ``rows`` rows into every table that can hold something of a customer; all of them are of ``who``."""
    coupons.define(conn, coupons.Offer("tea", "percent", Decimal(5)))
    numbers = count(1)
    webhooks.add(conn, f"erp-{who}", "https://erp.example.com", ["nothing."], now=NOW)
    keys: dict[str, list[Any]] = {"webhook_endpoints": [conn.execute(select(func.max(endpoints.c.id))).scalar_one()]}
    for table in metadata.sorted_tables:
        belonging = REGISTRY[table.name]
        if isinstance(belonging, Nobodys):
            continue
        kept = {name for name, fate in belonging.columns.items() if fate == "kept"} if isinstance(
            belonging, Scrubbed
        ) else set()  # fmt: skip
        for nth in range(1 if table.name in ("customers", "conversations") else rows):
            row = {
                column.name: _value(table, column, who, kept, keys, next(numbers), nth)
                for column in table.columns
                if not (column.primary_key and isinstance(column.type, BigInteger))
            }
            done = conn.execute(insert(table), row | _fitting(table, who))
            keys.setdefault(table.name, []).append(done.inserted_primary_key[0])


def _value(
    table: Table, column: Any, who: str, kept: set[str], keys: dict[str, list[Any]], number: int, nth: int
) -> Any:
    own = {"customers": who, "identities": f"i-{who}-{nth}", "conversations": f"t-{who}"}
    if column.name == "id" and table.name in own:
        return own[table.name]
    if column.foreign_keys and column.name not in ("customer_id", "identity_id"):
        (key,) = column.foreign_keys
        there = keys.get(key.column.table.name)
        return there[-1] if there else None
    named = {"identity_id": f"i-{who}-{nth}", "conversation_id": f"t-{who}", "customer_id": who}
    named |= {"ticket": f"T-{who}-0", "order_no": f"A-{who}-{nth if table.name == 'orders' else 0}"}
    if table.name == "tickets":
        named["number"] = f"T-{who}-{nth}"
    if table.name == "merges":
        named = {"survivor_id": who, "absorbed_id": f"absorbed-{nth}"}
    if column.name in named:
        return named[column.name]
    if isinstance(column.type, JSON | SealedJson):
        return {"planted": [f"{CANARY} {number}"], f"{CANARY}": number, "number": f"T-{number}"}
    if isinstance(column.type, String | Sealed):
        return f"k{number}" if column.name in kept else f"{CANARY}{number}"
    if isinstance(column.type, UtcDateTime):
        return NOW + timedelta(seconds=number)
    return False if isinstance(column.type, Boolean) else number


def _fitting(table: Table, who: str) -> dict[str, Any]:
    """Return what a table's rows have to be like so that the store's own rules are kept."""
    return {
        "customers": {"birth_month": 2, "birth_day": 29, "erased_at": None},
        "identities": {"channel": "telegram"},
        "conversations": {"owner": "bot", "waiting_since": None, "lease_owner": None, "lease_until": None},
        "inbox": {"status": "done", "channel": "telegram"},
        "outbox": {"status": "queued", "kind": "reply", "channel": "telegram", "lease_until": None},
        "history": {"kind": "message.in", "channel": "telegram"},
        "tickets": {"status": "resolved"},
        "coupons": {"state": "issued", "rule": "tea"},
        "promises": {"state": "open"},
        "tasks": {"state": "open"},
        "approvals": {"state": "requested"},
        "surveys": {"state": "sent"},
        "lessons": {"state": "accepted"},
        "stock_wishes": {"state": "open"},
        "orders": {"status": "paid", "carrier": "sf"},
        "consents": {"value": True},
        "points_lots": {"points": 10, "remaining": 4},
        "points_entries": {"points": 4, "kind": "earned", "undoes": None, "take_back_id": None},
        "points_take_backs": {"points": 3, "owed": 1, "lapsed": 0, "forgiven": 2},
        "memory_facts": {"status": "active", "kind": next(iter(KINDS))},
        "mentions": {"agent": "li"},
        "merges": {"undone_at": None},
        "order_lines": {"currency": "CNY"},
        "api_answers": {"about": who},
        "link_tokens": {"sent_to": who},
    }.get(table.name, {})
