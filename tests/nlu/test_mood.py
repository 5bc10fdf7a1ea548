import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.mood import ANGRY, DANGER, read_mood


@pytest.mark.parametrize(
    "text",
    [
        "杯子裂了",
        "the cup arrived broken",
        "物流怎么还没到，一直没收到",
        "我要投诉",
        "I want to file a complaint",
        "质量很差，很失望",
        "not happy with this",
        "我不满意",
        "the delivery is late and no one answers, very disappointed",
        "I'm not angry, just disappointed",
        "發錯貨了",
    ],
)
def test_an_ordinary_complaint_is_no_anger(text: str) -> None:
    mood = read_mood(text)

    assert ANGRY < mood.sentiment <= -0.3
    assert mood.angry == ()
    assert mood.urgency < DANGER


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("你们就是骗子！！！", "骗子"),
        ("你們太過分了", "太过分"),
        ("气死我了", "气死"),
        ("我受够了", "受够"),
        ("我要去12315投诉你们", "12315"),
        ("信不信我曝光你们", "曝光"),
        ("垃圾店", "垃圾"),
        ("This is ridiculous", "ridiculous"),
        ("you are a SCAM", "scam"),
        ("I'm fed up with you", "fed up"),
        ("totally unacceptable", "unacceptable"),
        ("worst service ever", "worst"),
        ("I will sue you", "will sue"),
        ("WHERE IS MY BROKEN ORDER!!!", "!!!"),
        ("😡", "😡"),
    ],
)
def test_strong_words_threats_and_shouting_are_anger(text: str, word: str) -> None:
    mood = read_mood(text)

    assert mood.sentiment <= ANGRY
    assert word in mood.angry


@pytest.mark.parametrize(
    "text",
    [
        "想买个垃圾桶",
        "水还是滚烫的",
        "没有生气",
        "not angry at all",
        "good morning",
        "what is the worst case delivery time",
        "A10293",
        "你好",
        "有什么推荐的吗",
    ],
)
def test_a_word_of_feeling_in_another_sense_is_none(text: str) -> None:
    mood = read_mood(text)

    assert mood.sentiment == 0
    assert mood.angry == ()


@pytest.mark.parametrize(
    "text", ["还不错", "很喜欢，谢谢", "I love it", "great tea, thank you", "非常满意", "太好喝了！！"]
)
def test_praise_is_positive(text: str) -> None:
    assert read_mood(text).sentiment >= 0.5


def test_thanks_are_a_little_positive() -> None:
    assert 0 < read_mood("谢谢").sentiment < 0.5


def test_praise_softens_a_complaint_and_does_not_undo_it() -> None:
    both = read_mood("茶很好喝但是杯子碎了").sentiment

    assert read_mood("杯子碎了").sentiment < both < 0


@pytest.mark.parametrize(
    "text",
    [
        "插座漏电，我被电到了",
        "水壶冒烟了",
        "着火了！",
        "孩子烫伤了手",
        "喝了你们的茶食物中毒",
        "用了以后脸过敏了",
        "玻璃杯爆炸了",
        "the kettle caught fire",
        "I got an electric shock",
        "it burned my hand",
        "my son had an allergic reaction",
        "the lid exploded",
    ],
)
def test_harm_to_people_or_home_is_danger(text: str) -> None:
    mood = read_mood(text)

    assert mood.urgency >= DANGER
    assert mood.danger


@pytest.mark.parametrize(
    "text",
    [
        "没受伤",
        "人没有受伤",
        "nobody was injured",
        "这个会漏电吗",
        "会不会爆炸",
        "is it going to catch fire?",
        "我对花生过敏，这个能吃吗",
        "shocked by the price",
        "有防漏电功能吗",
    ],
)
def test_what_did_not_happen_is_no_danger(text: str) -> None:
    mood = read_mood(text)

    assert mood.urgency < DANGER
    assert mood.danger == ()


def test_hurry_is_urgent_and_no_danger() -> None:
    assert 0.5 <= read_mood("很急，今天就要用").urgency < DANGER
    assert 0.5 <= read_mood("urgent, please reply asap!!!").urgency < DANGER
    assert read_mood("不急，慢慢来").urgency == 0


@given(
    st.text(st.characters(codec=None))
    | st.lists(st.sampled_from(["不", "坏了", "垃圾", "very ", "good ", "not ", "!!!", "着火", "急"])).map("".join)
)
def test_any_text_has_a_mood_within_bounds(text: str) -> None:
    mood = read_mood(text)

    assert -1 <= mood.sentiment <= 1
    assert 0 <= mood.urgency <= 1
    assert (mood.sentiment <= ANGRY) == bool(mood.angry)
    assert (mood.urgency >= DANGER) == bool(mood.danger)


@pytest.mark.parametrize("text", ["特别喜欢", "這個特別好看", "味道特别好喝"])
def test_what_is_specially_liked_is_praised(text: str) -> None:
    assert read_mood(text).sentiment >= 0.5
