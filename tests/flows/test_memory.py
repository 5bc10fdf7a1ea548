"""What the bot remembers: told to its owner, and forgotten when they say so."""

import pytest

from crm_store import memory
from crm_store.memory import Said
from flows.relationship.request_data_export_or_delete import wish_of
from tests.flows.talks import MONDAY, Shop, Talk

INTENT = "request_data_export_or_delete"


def a_shop(*facts):
    shop = Shop()
    for number, (kind, value) in enumerate(facts):
        said = Said(f"in-{number}")
        memory.learn(shop.conn, "wang", kind, value, said, confidence=0.9, now=MONDAY, ids=shop.ids)
    return shop


def left(shop):
    return [one.value for one in memory.known(shop.conn, "wang", MONDAY)]


TEA = ("likes", "绿茶")
SHOES = ("shoe_size", "38")


def test_the_owner_is_told_what_is_remembered():
    talk = Talk(a_shop(TEA, SHOES))

    said = talk.says("你记得我什么？", INTENT)

    assert said.splitlines() == ["我记得这些：", "姓名：王芳", "手机：****1234", "喜欢：绿茶", "鞋码：38"]


def test_in_english_too():
    talk = Talk(a_shop(("likes", "green tea")), language="en")

    assert "Likes: green tea" in talk.says("what do you remember about me?", INTENT)


def test_a_stranger_is_told_nothing():
    shop = a_shop(TEA)
    talk = Talk(shop, verified=False)

    assert "绿茶" not in talk.says("你记得我什么？", INTENT)
    assert "绿茶" not in talk.says("忘掉我喜欢绿茶", INTENT)
    assert left(shop) == ["绿茶"]


def test_what_is_named_is_forgotten_at_once():
    shop = a_shop(TEA, SHOES)
    talk = Talk(shop)

    assert "绿茶" in talk.says("忘掉我喜欢绿茶这件事", INTENT)
    assert left(shop) == ["38"]


def test_this_is_the_one_thing_that_was_just_told():
    shop = a_shop(TEA)
    talk = Talk(shop)
    talk.says("你记得我什么？", INTENT)

    talk.says("忘掉这个", INTENT)

    assert left(shop) == []


def test_who_names_nothing_is_asked_which_and_picks_one():
    shop = a_shop(TEA, SHOES)
    talk = Talk(shop)

    asked = talk.says("忘掉一条", INTENT)
    assert "要忘掉哪一条" in asked
    assert talk.titles == ["绿茶", "38"]
    talk.says("鞋码那条")

    assert left(shop) == ["绿茶"]


def test_everything_is_forgotten_after_a_yes_alone():
    shop = a_shop(TEA, SHOES)
    talk = Talk(shop)

    assert "确定吗" in talk.says("全部忘掉", INTENT)
    assert "都还记着" in talk.says("不用了", "deny")
    assert left(shop) == ["绿茶", "38"]
    talk.says("把我的都忘了吧", INTENT)
    talk.says("是的", "affirm")

    assert left(shop) == []


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("你记得我什么", "tell"), ("what do you know about me", "tell"), ("你们存了我哪些信息", "tell"), ("", "tell"),
        ("忘掉这个", "forget"), ("别记我说过的话", "forget"), ("forget what I told you", "forget"),
        ("删掉你记得的绿茶", "forget"), ("忘掉我刚才说的", "forget"),
        ("全部忘掉", "forget_all"), ("forget everything", "forget_all"),
        ("注销账户", "end"), ("把我的数据删掉", "end"), ("export my data", "copy"),
        ("隐私数据给我一份", "copy"), ("delete everything you know about me", "end"),
    ],
)  # fmt: skip
def test_what_is_wanted_is_read_from_the_words(text, wish):
    assert wish_of(text) == wish
