"""What the shop's own systems bring into the virtual world, and how a customer is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.worlds import A10293, ANA, TEA, WANG, Talk, a_world, event, kinds, texts

CUSTOMER = {
    "customer_id", "id", "name", "language", "timezone", "birthday", "phone", "email", "member", "tier", "stage",
    "owner", "consent", "points", "lots", "identities", "tickets", "promises", "memory", "orders", "timeline",
}  # fmt: skip
"""What stands there for good; more may stand beside it."""
TICKET = {"number", "category", "priority", "status", "order_no", "summary", "opened_at", "due_at"}


@pytest.fixture
def world() -> Iterator[Talk]:
    with a_world() as world:
        yield world


def test_the_four_kinds_of_data_are_loaded(world: Talk) -> None:
    answers = [
        world.load("products", TEA),
        world.load("customers", WANG, ANA),
        world.load("orders", A10293),
        world.load("points", {"customer_id": "C1", "points": 120, "at": "2026-01-01", "reference": "r1"}),
    ]

    assert all("refused" not in answer for answer in answers)
    earned = event(answers[3], "points.earned")
    assert (earned["customer"], earned["points"], earned["balance"]) == ("C1", 120, 120)


def test_points_spent_by_the_shop_are_told_with_what_is_left(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("points", {"customer_id": "C1", "points": 120, "at": "2026-01-01", "reference": "r1"})

    spent = event(world.load("points", {"customer_id": "C1", "points": -20, "reference": "r2"}), "points.spent")

    assert (spent["points"], spent["balance"]) == (20, 100)


def test_loading_the_same_again_changes_nothing(world: Talk) -> None:
    rows = {"customers": WANG, "products": TEA, "orders": A10293}
    for kind, row in rows.items():
        world.load(kind, row)
    before = world.show("C1")

    answers = [world.load(kind, row) for kind, row in rows.items()]

    assert [answer["events"] for answer in answers] == [[], [], []]
    assert world.show("C1") == before


def test_bad_rows_are_listed_and_good_ones_kept(world: Talk) -> None:
    answer = world.load("customers", WANG, {"customer_id": "C3", "phone": "not a phone"}, ANA)

    assert [row["row"] for row in answer["refused"]] == [2]
    assert "phone" in answer["refused"][0]["reason"]
    assert world.show("C2")["name"] == "Ana Lopez"
    assert "no customer" in world.refused(show="customer", id="C3")


def test_a_loaded_product_is_recognised_at_once(world: Talk) -> None:
    before = world.say("u1", "桂花乌龙多少钱")
    world.load("products", TEA)
    after = world.say("u1", "桂花乌龙多少钱")

    assert [one["entity"] for one in before["entities"]] == []
    assert [(one["entity"], one["value"]) for one in after["entities"]] == [("product", "TEA-001")]


def test_an_order_goes_its_way_by_the_shops_events(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("products", TEA)
    told = []

    created = world(shop="order.created", data={"order_no": "A20001", "customer_id": "C1", "sku": "TEA-001"})
    for step in ("paid", "shipped", "delivered", "refunded"):
        told += kinds(world(shop=f"order.{step}", data={"order_no": "A20001"}))
    world(shop="order.created", data={"order_no": "A20002", "customer_id": "C1", "sku": "TEA-001"})
    told += kinds(world(shop="order.cancelled", data={"order_no": "A20002"}))

    assert (event(created, "order.created")["customer"], event(created, "order.created")["order_no"]) == (
        "C1",
        "A20001",
    )
    assert told == ["order.paid", "order.shipped", "order.delivered", "order.refunded", "order.cancelled"]
    assert {one["order_no"]: one["status"] for one in world.show("C1")["orders"]} == {
        "A20001": "refunded",
        "A20002": "cancelled",
    }


def test_what_the_shop_says_of_an_order_is_what_the_customer_hears(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("orders", A10293)

    before = world.say("u1", "A10293 到哪了")
    world(shop="order.delivered", data={"order_no": "A10293"})
    after = world.say("u1", "A10293 到哪了")

    assert "SF1234567890" in texts(before)[0]
    assert "签收" in texts(after)[0]


def test_a_customer_is_shown_whole_by_any_of_their_names(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("orders", A10293)
    world.load(
        "points",
        {"customer_id": "C1", "points": 60, "at": "2026-01-01", "expires_at": "2026-12-31", "reference": "r1"},
    )
    world.say("u1", "你们这群骗子！A10293 的杯子是坏的，垃圾")

    shown = world.show("C1")

    assert set(shown) >= CUSTOMER
    assert shown == world.show("telegram:u1") == world.show(shown["id"])
    assert shown["birthday"] == {"calendar": "solar", "year": 1990, "month": 3, "day": 5, "leap_month": False}
    assert (shown["phone"], shown["email"]) == ("+8613800001234", "wang@example.com")
    assert (shown["member"], shown["tier"], shown["owner"]) == (True, "gold", "queue")
    assert shown["consent"] == {"service": True, "care": True, "marketing": True}
    assert shown["identities"] == [{"channel": "telegram", "user_id": "u1", "verified": True}]
    assert shown["points"] == sum(lot["points"] for lot in shown["lots"]) == 60
    assert set(shown["lots"][0]) == {"points", "expires_at"}
    assert [TICKET - set(ticket) for ticket in shown["tickets"]] == [set()]
    assert [order["order_no"] for order in shown["orders"]] == ["A10293"]


def test_the_timeline_tells_words_and_events_in_the_order_of_time(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("orders", A10293)
    world.say("u1", "你好")

    timeline = world.show("C1")["timeline"]

    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)
    assert all({"at", "kind", "channel", "by"} < set(entry) for entry in timeline)
    assert all(("text" in entry) != ("data" in entry) for entry in timeline)
    spoken = [entry for entry in timeline if entry["kind"].startswith("message.")]
    assert [(entry["kind"], entry["by"]) for entry in spoken] == [
        ("message.in", "customer"), ("message.out", "bot"),
    ]  # fmt: skip


def test_a_stranger_is_shown_with_nothing_made_up(world: Talk) -> None:
    world.say("u9", "hello")

    shown = world.show("telegram:u9")

    assert set(shown) >= CUSTOMER
    assert (shown["customer_id"], shown["name"], shown["birthday"], shown["phone"]) == (None, None, None, None)
    assert shown["consent"] == {"service": True, "care": False, "marketing": False}
    assert shown["identities"] == [{"channel": "telegram", "user_id": "u9", "verified": False}]
    assert not any(shown[key] for key in set(shown) - CUSTOMER - {"facets"})
    assert [one["name"] for one in shown["facets"].pop("channels")] == ["telegram"]
    assert not any(shown["facets"].values())
