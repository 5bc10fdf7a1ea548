"""Words that say something unmistakable outrank the classifier, whatever it makes of them."""

import pytest

from tests.nlu.test_understand import Knows, understand


@pytest.mark.parametrize(
    ("text", "taken_for", "means"),
    [
        ("I'm vegetarian", {"ask_product_info": 0.99}, ["out_of_scope"]),
        ("我对花生过敏", {"request_data_export_or_delete": 0.57}, ["out_of_scope"]),
        ("I don't eat meat", {"deny": 1.0}, ["out_of_scope"]),
        ("包裹放门卫就行", {"complain_delivery": 0.97}, ["out_of_scope"]),
        ("undo the redemption", {"redeem_points": 0.99}, ["cancel_dialogue"]),
        ("撤销刚才兑的券", {"redeem_points": 0.9}, ["cancel_dialogue"]),
        ("no, it's 7 Baker Street, London", {"ask_store_info": 0.96}, ["out_of_scope"]),
        ("人工费多少钱", {"ask_shipping_info": 0.98}, ["ask_installation_service"]),
        ("人工成本多少", {"request_human_agent": 0.8}, ["ask_installation_service"]),
        ("换屏的人工费多少", {"ask_shipping_info": 0.9}, ["ask_warranty_repair"]),
        ("what are the labour charges?", {"ask_shipping_info": 0.9}, ["ask_installation_service"]),
        ("recommend some tea", {"give_feedback_rating": 0.98}, ["ask_product_info"]),
        ("推荐一款茶", {"give_feedback_rating": 0.8}, ["ask_product_info"]),
        (
            "杯子是坏的还不给退，我要去12315投诉",
            {"return_refund_exchange": 0.61},
            ["complain_product_quality", "return_refund_exchange"],
        ),
        ("那就退货吧", {"affirm": 0.92}, ["return_refund_exchange", "affirm"]),
        ("好的，帮我开发票", {"affirm": 0.92}, ["affirm", "ask_payment_invoice"]),
    ],
)
async def test_unmistakable_words_say_what_is_meant(text: str, taken_for: dict[str, float], means: list[str]) -> None:
    meant = await understand(text, Knows({text: taken_for}))

    assert [one.name for one in meant.intents] == means


@pytest.mark.parametrize(
    ("text", "taken_for"),
    [
        ("call me Annie", "update_profile"),  # told, and a wish
        ("我不吃辣，有推荐的吗", "ask_product_info"),  # told beside a wish
        ("are you at 7 Baker Street?", "ask_store_info"),
        ("运费多少钱", "ask_shipping_info"),
        ("人工费的事我想问客服", "request_human_agent"),
        ("谢谢你帮我查订单", "thank"),
        ("redeem my points for a coupon", "redeem_points"),
        ("I'd recommend you to a friend", "give_feedback_rating"),
        ("好的", "affirm"),
    ],
)
async def test_words_that_leave_it_open_leave_it_to_the_classifier(text: str, taken_for: str) -> None:
    meant = await understand(text, Knows({text: {taken_for: 0.95}}))

    assert [one.name for one in meant.intents] == [taken_for]


@pytest.mark.parametrize(
    ("manners", "wish", "taken_for"),
    [("谢谢", "我的订单到哪了", "thank"), ("今天天气真好", "几点关门呢", "chitchat")],
)
async def test_a_sure_wish_beside_manners_is_the_wish_however_sure_the_manners_are(
    manners: str, wish: str, taken_for: str
) -> None:
    text = f"{manners}，{wish}"

    meant = await understand(text, Knows({text: {taken_for: 0.99}, wish: {"track_order": 0.98}}))

    assert [one.name for one in meant.intents] == ["track_order"]


async def test_what_is_told_beside_a_wish_is_no_second_wish() -> None:
    wish, told = "推荐一个送人的礼盒", "预算20元"
    knows = Knows({wish: {"ask_product_info": 0.99}, told: {"complain_billing": 0.83}})

    meant = await understand(f"{wish}，{told}", knows)

    assert [one.name for one in meant.intents] == ["ask_product_info"]
    assert told not in knows.asked


@pytest.mark.parametrize("call", ["给我回个电话说清楚", "please call me back"])
async def test_who_complains_and_wants_a_call_back_is_put_through_to_nobody_now(call: str) -> None:
    broken = "茶壶到手就碎了"
    text = f"{broken}，{call}"
    knows = Knows(
        {
            text: {"request_human_agent": 0.43},
            broken: {"complain_product_quality": 0.95},
            call: {"request_human_agent": 0.9},
        }
    )

    beside_a_complaint = await understand(text, knows)
    alone = await understand(call, knows)

    assert [one.name for one in beside_a_complaint.intents] == ["complain_product_quality"]
    assert [one.name for one in alone.intents] == ["request_human_agent"]


async def test_nobody_is_asked_which_of_two_it_is_where_the_words_say_the_likelier_one() -> None:
    price, unclear = "how much is the Osmanthus Oolong?", "那个东西怎么弄"
    close = {"ask_price_promotion": 0.42, "ask_product_info": 0.4}

    plain = await understand(price, Knows({price: close}))
    doubtful = await understand(unclear, Knows({unclear: close}))

    assert ([one.name for one in plain.intents], plain.instead) == (["ask_price_promotion"], ())
    assert [one.name for one in doubtful.instead] == ["ask_product_info"]


async def test_nothing_is_stopped_by_a_clause_that_only_sounds_like_it() -> None:
    text, late, untold = "it took far too long and nobody told me", "it took far too long", "nobody told me"
    knows = Knows({
        text: {"complain_service": 0.6}, late: {"cancel_dialogue": 0.99}, untold: {"complain_service": 0.99},
    })  # fmt: skip

    meant = await understand(text, knows)

    assert [one.name for one in meant.intents] == ["complain_service"]
