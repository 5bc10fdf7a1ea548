"""A wish with the number of its order is that wish, also by the keyword rules; a number with nothing to it is a
question where the order is."""

import pytest

from tests.nlu.test_understand import Away, Knows, understand


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("退A10500", "return_refund_exchange"),
        ("退订单A10500", "return_refund_exchange"),
        ("A10500换个大的", "return_refund_exchange"),
        ("refund A10500 please", "return_refund_exchange"),
        ("order A10500 - send it back", "return_refund_exchange"),
        ("A10500，帮我取消", "change_cancel_order"),
        ("订单A10500，帮我取消", "change_cancel_order"),
        ("你好，A10500帮我取消", "change_cancel_order"),
        ("A10500不要了", "change_cancel_order"),
        ("A10500, please cancel", "change_cancel_order"),
        ("my order A10500, I don't want it anymore", "change_cancel_order"),
        ("A10500降价了", "request_price_adjustment"),
        ("A10500 price dropped", "request_price_adjustment"),
        ("A10500碎了", "complain_product_quality"),
        ("A10500 退款到哪了", "track_refund"),
    ],
)
async def test_a_wish_with_its_number_wins_over_the_bare_number(text: str, intent: str) -> None:
    without_a_model = await understand(text)
    while_the_model_is_away = await understand(text, Away())
    where_the_model_is_at_a_loss = await understand(text, Knows({}))

    for meant in (without_a_model, while_the_model_is_away, where_the_model_is_at_a_loss):
        assert [one.name for one in meant.intents] == [intent]


@pytest.mark.parametrize(
    "text",
    ["A10500", "你好，A10500", "A10500，谢谢", "A10500呢", "我的订单A10500", "A10500催一下", "A10500不退",
     "不要退A10500", "A10500 not here yet, don't cancel", "A10500改天再说"],
)  # fmt: skip
async def test_a_number_with_no_wish_beside_it_asks_where_the_order_is(text: str) -> None:
    meant = await understand(text)

    assert [one.name for one in meant.intents] == ["track_order"]
