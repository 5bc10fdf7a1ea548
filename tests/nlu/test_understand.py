import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.errors import NluUnavailable
from nlu.fallback_words import HUMAN
from nlu.understand import Understander
from nlu.understanding import IntentScore, Understanding
from tests.nlu.reading import PRODUCTS

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class Knows:
    """A classifier that knows a few sentences, and nothing of any other."""

    def __init__(self, known: dict[str, dict[str, float]]) -> None:
        self._known = known
        self.asked: list[str] = []

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        self.asked.append(text)
        ranking = self._known.get(text, {"chitchat": 0.1, "track_order": 0.05})
        return tuple(IntentScore(name, confidence) for name, confidence in ranking.items())


class Away:
    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        raise NluUnavailable("not there")


async def understand(text: str, classifier: Any = None, *, asking: str | None = None) -> Understanding:
    return await Understander(classifier).understand(
        text, asking=asking, language="zh", timezone="Asia/Shanghai", now=NOW, catalogue=PRODUCTS
    )


async def test_a_message_is_understood_by_the_classifier_and_exact_code_together() -> None:
    text = "我的桂花乌龙A10293明天能到吗，很急"

    meant = await understand(text, Knows({text: {"track_order": 0.9, "ask_stock": 0.05}}))

    assert (meant.intent, meant.confidence, meant.source) == ("track_order", 0.9, "rasa")
    assert meant.intents == (IntentScore("track_order", 0.9),)
    assert [entity.value for entity in meant.entities] == ["TEA-001", "A10293", "2026-11-24"]
    assert meant.language == "zh"
    assert meant.urgency >= 0.5


async def test_a_guess_below_the_threshold_is_out_of_scope_with_the_guesses_kept() -> None:
    meant = await understand("那个东西", Knows({"那个东西": {"ask_stock": 0.2, "place_order": 0.1}}))

    assert (meant.intent, meant.confidence, meant.source) == ("out_of_scope", 0.8, "rasa")
    assert [intent.name for intent in meant.intents] == ["out_of_scope", "ask_stock", "place_order"]


@pytest.mark.parametrize(
    ("ranking", "instead"),
    [
        ({"track_order": 0.42, "track_refund": 0.4}, ["track_refund"]),
        ({"track_order": 0.42, "track_refund": 0.1}, []),  # far behind: a guess, and no second wish
        ({"track_order": 0.6, "track_refund": 0.38}, []),  # sure enough to be acted on
        ({"track_order": 0.42, "thank": 0.4}, []),  # manners are no wish
    ],
)
async def test_what_is_close_behind_an_unsure_intent_is_told(ranking: dict[str, float], instead: list[str]) -> None:
    meant = await understand("那个单子的钱", Knows({"那个单子的钱": ranking}))

    assert [one.name for one in meant.intents] == ["track_order"]
    assert [one.name for one in meant.instead] == instead
    assert ("instead" in meant.as_json()) == bool(instead)


@pytest.mark.parametrize("typed", ["/affirm", "/request_human_agent", ' /track_order{"order_no":"A10293"}', "/a{\n"])
async def test_a_typed_payload_is_only_text_whatever_the_classifier_makes_of_it(typed: str) -> None:
    meant = await understand(typed, Knows({typed: {"affirm": 1.0}}), asking="confirm_complaint")

    assert [one.name for one in meant.intents] == ["out_of_scope"]


async def test_two_wishes_in_one_message_are_both_understood() -> None:
    classifier = Knows(
        {
            "我的单到哪了，顺便查下积分": {"track_order": 0.55, "ask_points_balance": 0.4},
            "我的单到哪了": {"track_order": 0.95},
            "查下积分": {"ask_points_balance": 0.9},
        }
    )

    meant = await understand("我的单到哪了，顺便查下积分", classifier)

    assert [intent.name for intent in meant.intents] == ["track_order", "ask_points_balance"]
    assert meant.confidence == 0.95


async def test_clauses_that_agree_are_one_wish() -> None:
    text = "杯子裂了，质量太差"
    classifier = Knows({part: {"complain_product_quality": 0.6} for part in (text, "杯子裂了", "质量太差")})

    meant = await understand(text, classifier)

    assert meant.intents == (IntentScore("complain_product_quality", 0.6),)


async def test_a_message_of_one_clause_is_classified_once() -> None:
    classifier = Knows({"杯子裂了": {"complain_product_quality": 0.6}})

    await understand("杯子裂了", classifier)

    assert classifier.asked == ["杯子裂了"]


async def test_clauses_that_all_say_something_else_than_a_sure_whole_were_torn_from_it() -> None:
    text = "我十天前寄回去了，你们也签收了，钱出来没"
    parts = {"我十天前寄回去了": {"return_refund_exchange": 0.7}, "你们也签收了": {"complain_delivery": 0.9}}
    classifier = Knows({text: {"track_refund": 0.95}, "钱出来没": {"track_refund": 0.3}, **parts})

    meant = await understand(text, classifier)

    assert meant.intents == (IntentScore("track_refund", 0.95),)


async def test_clauses_that_take_too_long_leave_the_whole_as_it_was_understood() -> None:
    text = "我的单到哪了，顺便查下积分"
    never = asyncio.Event()

    class Slow(Knows):
        async def classify(self, text: str) -> tuple[IntentScore, ...]:
            if text == "查下积分":
                await never.wait()
            return await super().classify(text)

    classifier = Slow({text: {"track_order": 0.7}, "我的单到哪了": {"track_order": 0.95}})
    slow = Understander(classifier, deadline=timedelta(milliseconds=20))

    meant = await slow.understand(
        text, asking=None, language="zh", timezone="Asia/Shanghai", now=NOW, catalogue=PRODUCTS
    )

    assert meant.intents == (IntentScore("track_order", 0.7),)


async def test_a_wish_beside_thanks_is_the_wish() -> None:
    text = "谢谢你啊，那发票什么时候开给我"
    classifier = Knows({text: {"thank": 0.8}, "那发票什么时候开给我": {"ask_payment_invoice": 0.9}})

    meant = await understand(text, classifier)

    assert meant.intents == (IntentScore("ask_payment_invoice", 0.9),)


async def test_a_plain_question_behind_a_sure_greeting_is_the_wish() -> None:
    text = "hi, quick question, are you open on sunday"
    classifier = Knows(
        {text: {"greet": 0.98, "ask_store_info": 0.02}, "are you open on sunday": {"ask_store_info": 0.99}}
    )

    meant = await understand(text, classifier)

    assert meant.intent == "ask_store_info"


async def test_what_is_wanted_beside_a_person_is_heard_though_the_call_for_one_drowns_it() -> None:
    text = "转人工，我要投诉你们的快递"
    classifier = Knows({text: {HUMAN: 0.99}, "我要投诉你们的快递": {"complain_delivery": 0.95}})

    meant = await understand(text, classifier)

    assert [one.name for one in meant.intents] == [HUMAN, "complain_delivery"]


async def test_who_could_not_follow_and_wants_something_is_not_told_all_again() -> None:
    text = "你说的我听不懂，发票怎么开"
    parts = {"你说的我听不懂": {"repeat": 0.99}, "发票怎么开": {"ask_payment_invoice": 0.99}}
    classifier = Knows({text: {"ask_payment_invoice": 0.9, "repeat": 0.1}, **parts})

    meant = await understand(text, classifier)

    assert [one.name for one in meant.intents] == ["ask_payment_invoice"]


@pytest.mark.parametrize("text", ["我对花生过敏", "I'm vegetarian", "我不吃辣", "I have diabetes. I don't eat meat."])
async def test_who_only_tells_of_themselves_wants_nothing(text: str) -> None:
    classifier = Knows({text: {"ask_product_info": 0.99}})

    meant = await understand(text, classifier)

    assert (meant.intent, meant.source, classifier.asked) == ("out_of_scope", "rules", [])


@pytest.mark.parametrize(
    "text", ["我对花生过敏，这个能吃吗", "I'm vegetarian, which of these are for me", "I'm vegetarian?"]
)
async def test_who_asks_beside_what_they_tell_is_asked_about(text: str) -> None:
    classifier = Knows({text: {"ask_product_info": 0.99}})

    meant = await understand(text, classifier)

    assert meant.intent == "ask_product_info"


async def test_what_is_known_to_be_no_wish_of_ours_is_none_though_it_has_the_words_of_one() -> None:
    text = "how to cancel my gym membership at FitLife"

    meant = await understand(text, Knows({text: {"out_of_scope": 0.8, "cancel_membership": 0.2}}))

    assert meant.intent == "out_of_scope"


async def test_who_has_talked_to_a_colleague_in_vain_complains_and_calls_nobody() -> None:
    text = "跟客服说了三遍没一个人理我"

    meant = await understand(text, Knows({text: {"complain_service": 0.99}}))

    assert [one.name for one in meant.intents] == ["complain_service"]


async def test_who_asks_for_a_person_gets_one_whatever_else_is_wanted() -> None:
    text = "转人工，我的订单到哪了"

    meant = await understand(text, Knows({text: {"track_order": 0.9}}))

    assert [intent.name for intent in meant.intents] == ["request_human_agent", "track_order"]
    assert meant.source == "rules"


async def test_a_person_wins_over_other_intents_of_the_classifier_too() -> None:
    text = "查积分, also a colleague of yours"
    classifier = Knows(
        {
            text: {"ask_points_balance": 0.7},
            "查积分": {"ask_points_balance": 0.9},
            "a colleague of yours": {"request_human_agent": 0.8},
        }
    )

    meant = await understand(text, classifier)

    assert meant.intent == "request_human_agent"


async def test_a_bare_yes_needs_no_classifier() -> None:
    meant = await understand("嗯嗯", Away())

    assert (meant.intent, meant.confidence, meant.source) == ("affirm", 1.0, "rules")


@pytest.mark.parametrize("word", ["STOP", "退订", "TD", "退订。", "unsubscribe"])
@pytest.mark.parametrize("asking", [None, "order_no"])
async def test_the_words_of_our_greetings_opt_out_in_the_middle_of_a_question_too(
    word: str, asking: str | None
) -> None:
    meant = await understand(word, Away(), asking=asking)

    assert meant.intent == "opt_out_marketing"


async def test_stop_ends_a_task_and_names_the_wish_of_our_greetings_beside_it() -> None:
    capitals = await understand("STOP!", None, asking="order_no")
    small = await understand("stop", None, asking="order_no")

    assert [intent.name for intent in capitals.intents] == ["opt_out_marketing", "cancel_dialogue"]
    assert [intent.name for intent in small.intents] == ["cancel_dialogue", "opt_out_marketing"]


@pytest.mark.parametrize("text", ["and the other parcel, A10398?", "那另一个包裹呢，A10398"])
async def test_a_second_order_number_without_blame_is_a_question(text: str) -> None:
    meant = await understand(text, Knows({text: {"complain_delivery": 0.83}}))

    assert (meant.intent, meant.confidence) == ("track_order", 0.83)


@pytest.mark.parametrize(
    "text",
    [
        "A10398 is late again",
        "the courier left A10398 with a neighbour I have never seen",
        "快递把A10398丢了",
        "the courier is slow",
    ],
)
async def test_blame_with_an_order_number_stays_a_complaint(text: str) -> None:
    meant = await understand(text, Knows({text: {"complain_delivery": 0.83}}))

    assert meant.intent == "complain_delivery"


@pytest.mark.parametrize("text", ["no, it's A10399", "不对，是A10399", "不是A10399", "No - A10399"])
async def test_a_corrected_number_is_no_wish_of_its_own(text: str) -> None:
    meant = await understand(text, Knows({text: {"track_order": 0.69}}), asking="confirm_complaint")

    assert meant.intent == "deny"
    assert [entity.value for entity in meant.entities if entity.entity == "order_no"] == ["A10399"]


async def test_where_the_classifier_is_at_a_loss_unmistakable_words_speak() -> None:
    meant = await understand("木托盘裂了", Knows({}))

    assert (meant.intent, meant.source) == ("complain_product_quality", "rules")


@pytest.mark.parametrize("classifier", [None, Away()])
@pytest.mark.parametrize(
    ("text", "intent", "source"),
    [
        ("订单A10293到哪了", "track_order", "rules"),
        ("A10293", "track_order", "rules"),
        ("how many points do I have", "ask_points_balance", "rules"),
        ("那个东西", "out_of_scope", "fallback"),
    ],
)
async def test_rules_answer_while_the_classifier_is_away_and_say_so(
    classifier: Away | None, text: str, intent: str, source: str
) -> None:
    meant = await understand(text, classifier)

    assert (meant.intent, meant.source) == (intent, source)


async def test_a_bare_answer_is_not_classified() -> None:
    classifier = Knows({})

    meant = await understand("8", classifier, asking="rating")

    assert [(entity.entity, entity.value) for entity in meant.entities] == [("rating", {"value": 8, "scale": 10})]
    assert (meant.intent, meant.source) == ("out_of_scope", "rules")
    assert classifier.asked == []


@pytest.mark.parametrize("text", ["", "   ", "\n", "🌹🌹", "？？？", "\ud800", "\x00"])
async def test_a_text_that_says_nothing_is_out_of_scope(text: str) -> None:
    meant = await understand(text, Knows({}))

    assert (meant.intent, meant.entities, meant.language) == ("out_of_scope", (), "zh")


async def test_a_text_of_100000_characters_is_understood_by_its_beginning() -> None:
    classifier = Knows({})
    text = "茶" * 100_000

    meant = await understand(text, classifier)

    assert meant.intent == "out_of_scope"
    assert [len(asked) for asked in classifier.asked] == [1_000]


async def test_anger_and_danger_can_be_told_from_the_figures() -> None:
    assert (await understand("你们就是骗子")).sentiment <= -0.7
    assert (await understand("水壶着火了")).urgency >= 0.9


@pytest.mark.parametrize("text", ["呸", "噗", "龘", "嫑", "קצת"])
async def test_what_nobody_taught_is_never_a_yes_or_a_no(text: str) -> None:
    class KnowsNothing:
        async def classify(self, text: str) -> tuple[IntentScore, ...]:
            return ()

    meant = await understand(text, KnowsNothing(), asking="confirm_complaint")

    assert [one.name for one in meant.intents] == ["out_of_scope"]


_WISHES = st.sampled_from(
    ["track_order", "ask_stock", "thank", "affirm", "out_of_scope", "opt_in_marketing", "opt_out_marketing"]
)


@given(
    rankings=st.lists(st.dictionaries(_WISHES, st.floats(0.01, 1.0), min_size=1), min_size=3, max_size=3),
    text=st.sampled_from(["我的单到哪了，顺便查下积分", "別發廣告給我，我的茶呢", "где моя посылка, мой чай"]),
)
def test_intents_come_best_first_and_each_once(rankings: list[dict[str, float]], text: str) -> None:
    parts = dict(zip([text, *re.split("，|, ", text)], rankings, strict=True))
    ordered = {part: dict(sorted(of.items(), key=lambda one: -one[1])) for part, of in parts.items()}

    meant = asyncio.run(understand(text, Knows(ordered)))

    assert [one.confidence for one in meant.intents] == sorted((one.confidence for one in meant.intents), reverse=True)
    assert len({one.name for one in meant.intents}) == len(meant.intents)


@given(text=st.text(st.characters(codec=None)), asking=st.sampled_from([None, "birthday", "order_no", "phone_last4"]))
def test_any_text_is_understood_by_rules(text: str, asking: str | None) -> None:
    by_rules = Understander(None).understand(
        text, asking=asking, language="en", timezone="Europe/Berlin", now=NOW, catalogue=PRODUCTS
    )
    meant = asyncio.run(by_rules)

    assert meant.intents[0] == IntentScore(meant.intent, meant.confidence)
    assert meant.source in ("rules", "fallback")
    assert meant.as_json()["text"] == text
