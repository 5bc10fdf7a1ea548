"""Products, cities, channels, languages."""

import pytest

from nlu.entities import Catalogue, EntityContext, find_all
from tests.nlu.reading import MONDAY_MORNING, named, read, values


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("桂花乌龙还有吗", "TEA-001"),
        ("桂花烏龍還有嗎", "TEA-001"),
        ("乌龙", "TEA-002"),
        ("do you have OSMANTHUS OOLONGS?", "TEA-001"),
        ("white-cup", "CUP-01"),
        ("ｃｕｐ－０１", "CUP-01"),
    ],
)
def test_a_product_is_known_by_any_of_its_names(text: str, sku: str) -> None:
    assert values(text, "product") == [sku]


def test_a_name_within_a_longer_word_is_no_product() -> None:
    assert values("oolongish", "product") == []


def test_a_name_that_two_products_share_says_so() -> None:
    (found,) = read("小杯")

    assert (found.entity, found.value, found.problem) == ("product", None, "ambiguous")


def test_a_number_within_a_products_name_is_no_quantity() -> None:
    assert named("三件套茶具") == ["product"]


def test_a_catalogue_of_thousands_is_searched_at_once() -> None:
    catalogue = Catalogue((f"SKU-{number:05}", [f"第{number}号茶壶"]) for number in range(20_000))

    found = find_all("有第19999号茶壶吗", context=EntityContext(now=MONDAY_MORNING, catalogue=catalogue))

    assert [(one.value, one.text) for one in found] == [("SKU-19999", "第19999号茶壶")]


@pytest.mark.parametrize(
    ("text", "city"), [("我在上海市", "上海"), ("I live in Shanghai", "上海"), ("寄到烏魯木齊", "乌鲁木齐")]
)
def test_a_city_has_one_name(text: str, city: str) -> None:
    assert values(text, "city") == [city]


@pytest.mark.parametrize(
    ("text", "channel"), [("转到微信", "wechat"), ("企业微信联系", "wecom"), ("use Telegram", "telegram")]
)
def test_a_channel_is_called_as_the_config_calls_it(text: str, channel: str) -> None:
    assert values(text, "channel") == [channel]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("说英文", "en"),
        ("请用英语回复", "en"),
        ("English please", "en"),
        ("中文", "zh"),
        ("can you speak Chinese?", "zh"),
        ("說日語", "ja"),
    ],
)
def test_a_language_that_is_asked_for_is_found(text: str, language: str) -> None:
    assert values(text, "language") == [language]


@pytest.mark.parametrize("text", ["有英文说明书吗", "English breakfast tea", "中文书"])
def test_a_language_that_is_only_mentioned_is_not_asked_for(text: str) -> None:
    assert values(text, "language") == []
