"""A customer on one page."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import Connection

from crm_store import conversations, history, identities, tickets
from crm_store.errors import NotOne
from crm_store.showing import called, customer_json, find_customer, find_message
from tests.crm_store.importing import NOW, Shop
from tests.crm_store.people import DESK, a_customer

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

    assert list(shown)[: len(SHAPE)] == SHAPE
    assert {"tags", "related", "attributes", "opportunities", "facets", "consent_words"} <= set(shown)
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


def say(shop: Shop, ref: str, kind: str = "message.in", at: datetime = NOW) -> None:
    def unit(conn: Connection) -> None:
        key = find_customer(conn, "C1")
        history.record(conn, at=at, kind=kind, by="customer", customer_id=key, ref=ref, text="hello")

    shop.write(unit)


def test_messages_have_the_id_by_which_they_are_explained(shop: Shop) -> None:
    ana_writes(shop)
    say(shop, "01KB2M8QY5T6ZC3X9V7N4R1S0D")

    shown = [entry.get("id") for entry in shop.show("C1")["timeline"]]

    assert shown == [None, None, "01KB2M8QY5T6ZC3X9V7N4R1S0D"]


def test_a_message_is_found_by_its_id_the_end_of_it_and_whose_last_it_is(shop: Shop) -> None:
    def named(id: str) -> str | None:
        return shop.store.read_now(find_message, id)

    ana_writes(shop)
    assert named("C1") is None
    say(shop, "01KB2M8QY5T6ZC3X9V7N4R1S0A", "message.out")
    assert named("C1") == "01KB2M8QY5T6ZC3X9V7N4R1S0A"
    say(shop, "01KB2M8QY5T6ZC3X9V7N4R1S0D")
    say(shop, "01KB2M8QY5T6ZC3X9V7N4R1S0E", "message.out")

    assert {named(id) for id in ("01KB2M8QY5T6ZC3X9V7N4R1S0D", "7N4R1S0D", "7n4r1s0d", "C1", "telegram:7")} == {
        "01KB2M8QY5T6ZC3X9V7N4R1S0D"
    }
    assert [named(id) for id in ("4R1S0D", "%N4R1S0D", "7N4R1S0F", "telegram:8", "")] == [None] * 5


def test_an_end_that_two_messages_have_is_refused(shop: Shop) -> None:
    ana_writes(shop)
    say(shop, "01KB2M8QY5T6ZC3X9V7N4R1S0D")
    say(shop, "01KB2M8QY6T6ZC3X9V7N4R1S0D")

    with pytest.raises(NotOne, match="7N4R1S0D: more than one message ends so; give more of its id"):
        shop.store.read_now(find_message, "7N4R1S0D")
    assert shop.store.read_now(find_message, "Y6T6ZC3X9V7N4R1S0D") == "01KB2M8QY6T6ZC3X9V7N4R1S0D"


def test_a_customer_is_called_by_the_shops_number_or_by_where_they_write(shop: Shop) -> None:
    ana_writes(shop)
    shop.write(a_customer, "bob")

    def name(key: str) -> str:
        return shop.store.read_now(called, key)

    assert [name(shop.show("C1")["id"]), name("bob"), name("nobody")] == ["C1", "telegram:bob", "nobody"]
