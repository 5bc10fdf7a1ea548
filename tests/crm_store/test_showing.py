"""A customer on one page."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection

from crm_store import conversations, history, identities, tickets
from crm_store.showing import customer_json, find_customer
from tests.crm_store.importing import NOW, Shop
from tests.crm_store.people import DESK

SHAPE = [
    "customer_id", "id", "name", "language", "timezone", "birthday", "phone", "email", "member", "tier", "stage",
    "owner", "consent", "points", "lots", "identities", "tickets", "promises", "memory", "orders", "timeline",
]  # fmt: skip


def ana_writes(shop: Shop) -> None:
    """A known customer with a conversation in the queue, a ticket and a message of before it."""

    def unit(conn: Connection) -> None:
        identity = identities.find(conn, "telegram", "7")
        assert identity is not None
        conversations.add(conn, id="talk", customer_id=identity.customer_id, identity_id=identity.id, now=NOW)
        conn.execute(conversations.conversations.update().values(owner=conversations.QUEUE))
        tickets.open_ticket(
            conn, customer_id=identity.customer_id, conversation_id="talk", channel="telegram", category="delivery",
            priority="high", order_no="A10427", summary="late", now=NOW, ids=shop.ids, desk=DESK,
        )  # fmt: skip
        history.record(
            conn, at=NOW.replace(hour=8), kind="message.in", by="customer", channel="telegram",
            customer_id=identity.customer_id, text="where is it?", data={"intent": "order_status"},
        )  # fmt: skip

    shop.load("customers", {"customer_id": "C1", "name": "Ana", "channel": "telegram", "channel_user_id": "7"})
    shop.write(unit)


def test_a_page_has_the_promised_keys_in_their_order_and_is_json(shop: Shop) -> None:
    ana_writes(shop)

    shown = shop.show("C1")

    assert list(shown) == SHAPE
    assert json.loads(json.dumps(shown)) == shown
    assert (shown["owner"], shown["stage"], shown["promises"], shown["memory"]) == ("queue", None, [], [])
    assert list(shown["tickets"][0]) == [
        "number", "category", "priority", "status", "order_no", "summary", "opened_at", "due_at",
    ]  # fmt: skip


def test_the_timeline_is_in_the_order_in_which_things_happened(shop: Shop) -> None:
    ana_writes(shop)

    timeline = shop.show("C1")["timeline"]

    assert [entry["kind"] for entry in timeline] == ["message.in", "ticket.opened"]
    assert timeline[0] == {
        "at": "2026-11-22T00:00:00+00:00", "kind": "message.in", "channel": "telegram", "by": "customer",
        "text": "where is it?",
    }  # fmt: skip
    assert timeline[1]["data"]["number"] == shop.show("C1")["tickets"][0]["number"]


def test_a_customer_is_found_by_number_internal_id_and_identity(shop: Shop) -> None:
    ana_writes(shop)
    internal = shop.show("C1")["id"]

    def named(id: str) -> str | None:
        return shop.store.read_now(find_customer, id)

    assert [named(id) for id in ("C1", internal, "telegram:7")] == [internal] * 3
    assert [named(id) for id in ("C2", "telegram:8", "7", "")] == [None] * 4


def test_nobody_has_no_page(shop: Shop) -> None:
    with pytest.raises(LookupError):
        shop.store.read_now(customer_json, "nobody", NOW)
