"""Who asked to hear when something is back hears it once, when they may be written to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from care import wishes as care_wishes
from care.due import last_moment
from crm_store import catalogue, consents, history, identities, switches, wishes
from crm_store.checking import checks
from crm_store.imports import ImportSettings, apply_shop_event
from flows.engine.state import Say
from flows.replies import LANGUAGES, Listener
from tests.care.conftest import BEGINNING, Shop

TEA = {"sku": "TEA-1", "name_zh": "安吉白茶", "name_en": "Anji Bai Cha", "price": None, "currency": "CNY"}


@pytest.fixture
def shop_out_of_tea(shop: Shop) -> Shop:
    shop.customer("wang", name="王芳", language="zh", care=False)
    shop.write(catalogue.add, **TEA, stock=0)
    shop.write(wishes.wish, "wang", "TEA-1", now=shop.clock.now(), ids=shop.ids)
    return shop


def stock(shop: Shop, number: int) -> None:
    shop.write(catalogue.change, "TEA-1", stock=number)


async def look(shop: Shop) -> list[str]:
    done = await care_wishes.keep_wishes(shop.store, shop.clock.now(), policy=shop.policy, ids=shop.ids)
    return [one.outcome for one in done]


def at(shop: Shop, moment: str) -> None:
    shop.clock.move_to(datetime.fromisoformat(moment))


def state(shop: Shop) -> str:
    return str(shop.read(wishes.of_customer, "wang")[0].state)


async def test_what_is_back_is_told_once(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    assert await look(shop) == []

    stock(shop, 3)
    assert await look(shop) == ["queued"]
    stock(shop, 0)
    stock(shop, 9)
    assert await look(shop) == []

    (message,) = shop.messages()
    assert (message.kind, message.rule) == ("care", "back_in_stock")
    assert "安吉白茶" in message.body["text"]
    assert shop.happened() == [("care.queued", None)]
    assert state(shop) == "told"


async def test_the_shops_word_on_its_stock_sets_the_wishes_going(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    settings = ImportSettings(ZoneInfo("Asia/Shanghai"))

    def told(conn: Connection) -> None:
        back = {"sku": "TEA-1", "stock": 3}
        apply_shop_event(conn, "stock.changed", back, now=shop.clock.now(), ids=shop.ids, settings=settings)

    shop.write(told)

    assert await look(shop) == ["queued"]


async def test_a_wish_is_noted_once_and_can_be_given_up(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    assert not shop.write(wishes.wish, "wang", "TEA-1", now=shop.clock.now(), ids=shop.ids)

    assert shop.write(wishes.withdraw, "wang", "TEA-1", now=shop.clock.now())
    stock(shop, 3)

    assert await look(shop) == []
    assert not shop.write(wishes.withdraw, "wang", "TEA-1", now=shop.clock.now())
    kinds = [one.kind for one in shop.read(history.timeline, "wang") if one.kind.startswith("wish.")]
    assert kinds == ["wish.noted", "wish.ended"]


async def test_the_night_is_waited_for(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    at(shop, "2026-01-05T22:00:00+08:00")
    stock(shop, 3)

    assert await look(shop) == []
    due = shop.read(care_wishes.next_moment, shop.policy, after=shop.clock.now(), until=BEGINNING + timedelta(days=9))

    assert due == datetime.fromisoformat("2026-01-06T09:00:00+08:00")
    shop.clock.move_to(due)
    assert await look(shop) == ["queued"]
    assert shop.read(care_wishes.next_moment, shop.policy, after=due, until=due + timedelta(days=9)) is None


async def test_it_needs_no_leave_for_offers_but_a_stop_of_everything_ends_it(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    shop.write(
        consents.set_consent, "wang", "service", False, now=shop.clock.now(), evidence="m1", by="customer"
    )  # fmt: skip
    stock(shop, 3)

    assert await look(shop) == ["ended"]
    assert shop.happened() == [("care.skipped", "no_consent")]
    assert shop.messages() == []
    assert await look(shop) == []


async def test_who_cannot_be_reached_is_told_when_they_can_be(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    shop.write(identities.mark_unreachable, "wang@telegram", shop.clock.now())
    stock(shop, 3)

    assert await look(shop) == ["held back"]
    assert await look(shop) == []  # said once
    shop.write(
        lambda conn: conn.execute(identities.identities.update().values(unreachable_since=None))
    )  # fmt: skip

    assert await look(shop) == ["queued"]
    assert shop.happened() == [("care.skipped", "unreachable"), ("care.queued", None)]


async def test_nobody_is_interrupted_while_a_person_speaks_with_them(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    shop.conversation_with("wang", "agent:li")
    stock(shop, 3)

    assert await look(shop) == ["held back"]
    assert state(shop) == "open"


async def test_paused_care_waits(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    shop.write(switches.pause, "care", now=shop.clock.now(), by="li")
    stock(shop, 3)

    assert await look(shop) == []
    assert state(shop) == "open"


async def test_sold_out_again_before_it_left_the_wish_stands_again(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    stock(shop, 3)
    await look(shop)
    stock(shop, 0)
    (message,) = shop.messages()

    def leave(conn: Any) -> str | None:
        return last_moment(conn, message, shop.clock.now(), shop.policy)

    assert shop.write(leave) == "late"
    assert state(shop) == "open"
    stock(shop, 2)
    assert await look(shop) == ["queued"]
    assert shop.write(lambda conn: last_moment(conn, shop.messages()[1], shop.clock.now(), shop.policy)) is None


async def test_after_half_a_year_nobody_is_told_any_more(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    shop.clock.move_to(BEGINNING + wishes.LASTS)
    stock(shop, 3)

    assert await look(shop) == ["ended"]
    assert shop.messages() == []


async def test_the_store_finds_nothing_wrong_with_wishes(shop_out_of_tea: Shop) -> None:
    shop = shop_out_of_tea
    stock(shop, 3)
    await look(shop)

    def wrong(conn: Any) -> list[str]:
        finds = [find for name in ("references", "statuses", "merges") for find in checks()[name](conn)]
        return [find.what for find in finds if find.table == "stock_wishes"]

    assert shop.read(wrong) == []
    shop.write(lambda conn: conn.execute(wishes.stock_wishes.update().values(message=None, ended_at=None)))
    assert shop.read(wrong) == ["is over and has no time of it", "is told and no message told it"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_also_for_who_has_no_name(shop: Shop, language: str) -> None:
    listener = Listener(language, "Asia/Shanghai", BEGINNING, key="")

    said = shop.policy.replies.render(Say(care_wishes.RULE.say, {"product": "Tea", "sku": "TEA-1"}), listener)

    assert "Tea" in said.text
    assert [button.payload for button in said.buttons] == ['/place_order{"product":"TEA-1"}']
