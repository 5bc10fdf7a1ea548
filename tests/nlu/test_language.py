import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.language import detect
from nlu.understanding import Language


@pytest.mark.parametrize(
    "text",
    [
        "我的订单到哪了",
        "我的order到哪了",
        "track訂單",
        "我要refund",
        "ok的",
        "请问A10293发货了吗",
        "優惠券怎麼用",
        "查下 tracking number SF1234567890 谢谢",
        "看看这个 https://shop.example/gifts/for-her/red-tea-and-cake-for-two 是什么",
    ],
)
def test_chinese_is_chinese_with_english_words_in_it(text: str) -> None:
    assert detect(text, "en") == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "hi",
        "hello",
        "cancel",
        "Do you have 龙井 tea in stock?",
        "café au lait please",
        "I need 2 boxes of Pu'er",
        "plz help",
    ],
)
def test_english_is_english_with_foreign_names_in_it(text: str) -> None:
    assert detect(text, "zh") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "こんにちは、注文はどこですか",
        "주문 어디",
        "где мой заказ",
        "أين طلبي",
        "สวัสดี",
        "¿Dónde está mi pedido?",
        "Où est ma commande",
        "Wo ist meine Bestellung",
        "hola",
        "merci",
    ],
)
def test_other_languages_are_other(text: str) -> None:
    assert detect(text, "zh") == "other"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "ok",
        "OK!",
        "👍",
        "123",
        "A10293",
        "foo@bar.com",
        "haha",
        "www.shop.example/a/red-cup",
        "\ud800",
        "?!",
    ],
)
def test_a_text_that_tells_nothing_is_in_the_customers_language(text: str, language: Language) -> None:
    assert detect(text, language) == language


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "text", ["my 积分 still there? order A3321 到哪了", "i want the 红色 one x2, 包邮吗", "is my 优惠券 still ok 吗"]
)
def test_where_both_languages_weigh_about_the_same_the_customers_own_counts(text: str, language: Language) -> None:
    assert detect(text, language) == language


@given(st.text(st.characters(codec=None)))
def test_any_text_has_a_language(text: str) -> None:
    assert detect(text, "zh") in ("zh", "en", "other")
