"""Advice keeps to what it may name, and every reason is true."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.products.choosing import MOST, Choice, Wish, choose, says_without
from flows.products.concepts import CONCEPTS
from flows.products.shelf import Shelf, Ware
from flows.products.wanted import (
    Budget,
    asks_for_offers,
    compares,
    purpose_in,
    subject_of,
    wants_advice,
    wants_cheaper,
    wants_to_be_told,
    without_in,
)
from flows.standard import load_standard


def a_ware(sku: str, name_zh: str = "", name_en: str = "", **fields: Any) -> Ware:
    known: dict[str, Any] = {
        "aliases": (), "category": None, "price": Decimal("88.00"), "currency": "CNY", "stock": 5,
        "about_zh": None, "about_en": None,
    }  # fmt: skip
    return Ware(sku=sku, name_zh=name_zh or None, name_en=name_en or None, **{**known, **fields})


REASONS = [
    "fits",
    "says",
    "liked",
    "together",
    "bought",
    "same_kind",
    "free_of",
    "budget",
    "in_stock",
    "of_ours",
    "popular",
    "cheapest",
]
OOLONG = a_ware("TEA-1", "桂花乌龙", "Osmanthus Oolong", category="tea", about_zh="冷泡也好喝。")
HIBISCUS = a_ware("TEA-2", "洛神茶", "Hibiscus Tea", category="tea", about_zh="不含茶叶和咖啡因。", price=Decimal(45))
GREEN = a_ware("TEA-3", "安吉白茶", "Anji Bai Cha", category="tea", stock=0)
POT = a_ware("POT-1", "紫砂壶", "Yixing Teapot", category="teaware", price=Decimal(380), about_zh="泡茶用。")
MUG = a_ware("MUG-1", "马克杯", "Mug", aliases=("办公杯",), category="teaware", price=Decimal(129))
BLACK = a_ware("TEA-4", "祁门红茶", "Keemun Tea", category="tea")
SHELF = [OOLONG, HIBISCUS, GREEN, BLACK, POT, MUG]


def picked(choice: Choice) -> list[str]:
    return [pick.ware.sku for pick in choice.picks]


def reasons(choice: Choice, sku: str) -> list[str]:
    return [why["phrase"] for pick in choice.picks if pick.ware.sku == sku for why in pick.reasons]


def test_a_pot_is_recommended_to_who_wants_a_pot_and_no_tea() -> None:
    assert picked(choose(SHELF, Wish("推荐一个壶"), "zh")) == ["POT-1"]
    assert set(picked(choose(SHELF, Wish("推荐一款茶"), "zh"))) == {"TEA-1", "TEA-2", "TEA-4"}
    assert picked(choose(SHELF, Wish("which teapot is good"), "en")) == ["POT-1"]


def test_what_it_is_for_decides_and_is_the_reason() -> None:
    choice = choose(SHELF, Wish("办公室用的"), "zh")

    assert picked(choice) == ["MUG-1"]
    assert reasons(choice, "MUG-1")[0] == "why_says"


def test_nothing_dearer_than_the_budget_is_named_and_the_cheapest_told_instead() -> None:
    choice = choose(SHELF, Wish("推荐一个壶", budget=Budget(Decimal(100), "CNY")), "zh")

    assert (choice.picks, choice.why, choice.cheapest) == ((), "budget", POT)


def test_a_budget_in_other_money_is_not_guessed() -> None:
    assert choose(SHELF, Wish("a gift", budget=Budget(Decimal(30), "GBP")), "en").why == "currency"


def test_who_takes_no_caffeine_hears_only_of_what_says_that_it_has_none() -> None:
    choice = choose(SHELF, Wish("推荐一款茶", without=("咖啡因",)), "zh")

    assert picked(choice) == ["TEA-2"]
    assert "why_free_of" in reasons(choice, "TEA-2")


@pytest.mark.parametrize("allergy", ["桂花", "osmanthus"])
def test_an_allergy_excludes_what_names_it_in_either_language(allergy: str) -> None:
    assert "TEA-1" not in picked(choose(SHELF, Wish("茶", without=(allergy,)), "zh"))


def test_nothing_left_is_told_apart() -> None:
    assert choose([GREEN], Wish("茶"), "zh").why == "stock"
    assert choose([OOLONG], Wish("茶", without=("桂花",)), "zh").why == "without"


def test_what_was_bought_liked_or_is_popular_counts_and_is_said() -> None:
    wish = Wish("", likes=("桂花",), bought={"MUG-1": "teaware"}, popular={"TEA-2": 9})

    choice = choose(SHELF, wish, "zh")

    assert "why_liked" in reasons(choice, "TEA-1")
    assert picked(choose(SHELF, wish, "zh"))[0] == "TEA-1"
    assert reasons(choose([MUG, POT], wish, "zh"), "POT-1")[0] == "why_same_kind"


def test_a_product_says_that_it_has_none_only_where_it_says_so_everywhere() -> None:
    both = a_ware("X", "花生糖", about_zh="不含坚果。")

    assert says_without(HIBISCUS, "caffeine")
    assert says_without(both, "坚果")
    assert not says_without(both, "花生")


wares = st.lists(
    st.builds(
        a_ware,
        sku=st.sampled_from([f"S{number}" for number in range(12)]),
        name_zh=st.sampled_from(["桂花茶", "紫砂壶", "茶礼盒", "花生酥", "马克杯"]),
        price=st.one_of(st.none(), st.decimals(1, 500, places=2)),
        stock=st.sampled_from([None, 0, 1, 30]),
        about_zh=st.sampled_from([None, "送礼自饮都行", "不含花生", "含花生", "旅行也方便"]),
    ),
    max_size=8,
    unique_by=lambda ware: ware.sku,
)


@given(
    wares,
    st.sampled_from(["推荐一款茶", "送人的礼物", "旅行用的杯子", "", "a gift"]),
    st.one_of(st.none(), st.decimals(1, 500, places=2)),
    st.sampled_from([(), ("花生",), ("咖啡因",)]),
)
def test_whatever_is_wanted_what_is_named_is_allowed_and_has_a_reason(
    shelf: list[Ware], text: str, budget: Decimal | None, without: tuple[str, ...]
) -> None:
    wish = Wish(text, budget=None if budget is None else Budget(budget, "CNY"), without=without)

    choice = choose(shelf, wish, "zh")

    assert choice == choose(list(reversed(shelf)), wish, "zh")
    assert len(choice.picks) <= MOST
    assert bool(choice.picks) != bool(choice.why)
    for pick in choice.picks:
        assert pick.reasons
        assert pick.ware.stock != 0
        assert budget is None or (pick.ware.price is not None and pick.ware.price <= budget)
        assert "花生" not in without or "花生" not in pick.ware.text.replace("不含花生", "")


def test_every_reason_and_occasion_has_words_in_both_languages() -> None:
    replies = load_standard().replies
    for language in ("zh", "en"):
        words = replies.words(language)
        assert {concept.name for concept in CONCEPTS} <= set(words["occasion"])
        assert set(REASONS) <= {name.removeprefix("why_") for name in words["phrase"]}


class TestWhatATextWants:
    @pytest.mark.parametrize(
        ("text", "purpose"),
        [
            ("送给爸爸的茶", "送给爸爸"),
            ("a gift for my mum", "for my mum"),
            ("推荐一款茶", None),
            ("recommend a tea", None),
        ],
    )
    def test_what_it_is_for_is_read_where_it_is_said(self, text: str, purpose: str | None) -> None:
        found = purpose_in(text)

        assert (found is None) if purpose is None else (purpose in str(found) or str(found) in purpose)

    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("有货吗", ""), ("多少钱", ""), ("这个怎么样", ""), ("is it in stock?", ""), ("how much is it", ""),
            ("有蓝牙耳机吗", "蓝牙耳机"), ("do you have running shoes", "running shoes"),
        ],
    )  # fmt: skip
    def test_what_is_asked_about_is_what_is_left(self, text: str, left: str) -> None:
        assert subject_of(text) == left

    def test_the_rest_is_read_as_well(self) -> None:
        assert [wants_advice(text) for text in ("有什么推荐", "有货吗")] == [True, False]
        assert compares("A和B哪个好")
        assert wants_cheaper("便宜点的有吗")
        assert [asks_for_offers(text) for text in ("有什么优惠", "多少钱")] == [True, False]
        told = [wants_to_be_told(text) for text in ("到货告诉我", "到货不用告诉我了", "有货吗")]
        assert told == [True, False, None]
        assert without_in("我对花生过敏") == ("花生",)
        assert without_in("I'm allergic to peanuts, no nuts please") == ("peanuts", "nuts")


class TestShelf:
    def test_names_aliases_and_what_is_near_are_found(self) -> None:
        shelf = Shelf({ware.sku: ware for ware in SHELF})

        assert [ware.sku for ware in shelf.meant("桂花乌龙和办公杯哪个好")[0]] == ["TEA-1", "MUG-1"]
        assert [ware.sku for ware in shelf.near("紫砂茶壶")] == ["POT-1"]
        assert shelf.near("蓝牙耳机") == []

    def test_a_name_of_two_products_means_neither_for_certain(self) -> None:
        shelf = Shelf({ware.sku: ware for ware in (a_ware("A", "白瓷壶"), a_ware("B", "白瓷壶"))})

        named, perhaps = shelf.meant("白瓷壶多少钱")

        assert (named, [ware.sku for ware in perhaps]) == ([], ["A", "B"])


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("我不吃辣", ("辣",)), ("不喝咖啡，推荐点别的", ("咖啡",)), ("我吃素", ("meat",)),
        ("I'm vegetarian", ("meat",)),
        ("I don't eat spicy food", ("spicy",)), ("不吃了", ()), ("我不吃饭了", ()), ("对花生过敏", ("花生",)),
    ],
)  # fmt: skip
def test_what_somebody_does_not_take_is_read_from_their_words(text, without):
    assert without_in(text) == without
