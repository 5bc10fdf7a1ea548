"""How pressing a complaint is, and why."""

import pytest

from flows.complaints.priority import Judged, judge

GOLD = {"tier": "gold", "first_tiers": ("gold",)}


@pytest.mark.parametrize(
    ("words", "priority", "reasons"),
    [
        ("收到的杯子裂了", "normal", ()),
        ("my cup arrived broken", "normal", ()),
        ("一箱杯子全碎了", "high", ("severe",)),
        ("this is the second time a cup came chipped", "high", ("severe",)),
        ("再不退钱我就打12315", "high", ("threat",)),
        ("不处理我就找律师起诉你们", "high", ("threat",)),
        ("黑猫投诉见，我也会找记者曝光", "high", ("threat",)),
        ("I'll go to the press and my lawyer about this", "high", ("threat",)),
        ("水壶漏电，把我手烫伤了", "urgent", ("safety",)),
        ("the kettle caught fire", "urgent", ("safety",)),
    ],
)
def test_what_happened_and_what_is_threatened_decides(words, priority, reasons):
    judged = judge(words)

    assert (judged.priority, judged.reasons) == (priority, reasons)


def test_a_first_tier_is_a_step_more_pressing_where_anything_speaks_for_more():
    assert judge("杯子裂了", **GOLD).priority == "normal", "it is due sooner anyway"
    assert judge("再不退钱我就打12315", **GOLD) == Judged("urgent", ("threat", "tier"))


def test_a_case_that_comes_back_is_a_step_more_pressing():
    assert judge("杯子裂了", again=True) == Judged("high", ("again",))


def test_nothing_is_more_pressing_than_urgent():
    judged = judge("the kettle caught fire", **GOLD, again=True)

    assert judged.priority == "urgent"
    assert judged.reasons == ("safety", "tier", "again")


def test_what_is_known_besides_counts_though_no_word_says_it():
    assert judge("就这样吧", known=["anger"]).priority == "high"
    assert judge("it happened again", known=["safety"]).reasons == ("safety",)
