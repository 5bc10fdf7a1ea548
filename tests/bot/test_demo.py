"""The demo shop is loaded whole, as of today, and once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.commands.talk import with_knowledge
from bot.demo import DemoSummary, load_demo
from bot.settings import build
from bot.wiring import build_dialogue
from crm_store.catalogue import products
from crm_store.customers import customers
from crm_store.imports import RowRefused
from crm_store.orders import orders
from crm_store.unit_of_work import Store
from tests.crm_store.importing import NOW, SETTINGS, Shop
from tests.servers.databases import open_store

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Iterator[Shop]:
    store = open_store(sqlite_url)
    yield Shop(store, tmp_path)
    store.close()


def load(shop: Shop, folder: Path = DEMO) -> DemoSummary:
    return load_demo(shop.store, folder, now=shop.clock.now(), ids=shop.ids, zone=SETTINGS.zone)


def wang(shop: Shop) -> dict[str, Any]:
    return shop.show("terminal:wang")


def test_the_demo_shop_is_loaded_whole(empty_store: Store, tmp_path: Path) -> None:
    shop = Shop(empty_store, tmp_path)

    summary = load(shop)

    assert summary == DemoSummary(loaded=True, products=40, customers=60, orders=200)
    assert [len(shop.rows(table)) for table in (products, customers, orders)] == [40, 60, 200]
    assert (wang(shop)["customer_id"], wang(shop)["points"], len(wang(shop)["orders"])) == ("C0003", 2860, 3)
    assert wang(shop)["identities"] == [{"channel": "terminal", "user_id": "wang", "verified": True}]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=400, hours=14, minutes=59)])
def test_its_days_are_moved_so_that_the_parcel_is_due_in_two_days(shop: Shop, later: timedelta) -> None:
    shop.clock.move_to(NOW + later)

    load(shop)

    [under_way] = [order for order in wang(shop)["orders"] if order["status"] == "shipped"]
    due = datetime.fromisoformat(under_way["eta"]).astimezone(SETTINGS.zone)
    assert due.date() - shop.clock.now().astimezone(SETTINGS.zone).date() == timedelta(days=2)
    assert wang(shop)["points"] == 2860
    assert (wang(shop)["birthday"]["month"], wang(shop)["birthday"]["day"]) == (11, 29)


def test_loading_again_days_later_moves_and_adds_nothing(shop: Shop) -> None:
    load(shop)
    before = shop.dump()
    shop.clock.move_to(NOW + timedelta(days=3))

    again = load(shop)

    assert again == DemoSummary(loaded=False, products=40, customers=60, orders=200)
    assert shop.dump() == before


def test_a_demo_with_a_bad_row_loads_nothing_so_that_it_can_be_loaded_when_mended(shop: Shop) -> None:
    broken = shop.folder / "broken"
    shutil.copytree(DEMO, broken)
    with (broken / "points.csv").open("a", encoding="utf-8") as file:
        file.write("C9999,5,order,2026-11-01,,nobody\n")
    before = shop.dump()

    with pytest.raises(RowRefused, match="customer_id"):
        load(shop, broken)

    assert shop.dump() == before
    assert load(shop).loaded


def test_what_the_demo_shop_answers_is_what_it_says_of_itself() -> None:
    shop = yaml.safe_load((DEMO / "shop.yml").read_text(encoding="utf-8"))
    knowledge = build_dialogue(with_knowledge(build({}, root=ROOT))).knowledge

    def says(entry: str, *numbers: str) -> bool:
        found = knowledge.by_id(entry, today=shop["anchor"])
        assert found is not None, entry
        return all(number.removesuffix(".00") in body for number in numbers for body in found.body.values())

    shipping = shop["shipping"]
    assert says("shipping_cost", shipping["free_from"], shipping["fee"])
    assert says("shipping_abroad", shipping["overseas_free_from"], shipping["overseas_fee"])
    assert says("shop_address", "18", "3")
    assert says("shop_phone", "138 0000 0571")
    assert says("invoice_request", "30", "2")


def test_a_folder_that_the_settings_name_is_not_taken_from_them_by_the_demo() -> None:
    settings = build({"flows": {"knowledge": {"folder": "ours"}}}, root=ROOT)

    assert with_knowledge(settings) is settings
