"""Whatever somebody types, in the whole pipeline: an answer that helps, and nothing that is done."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.worlds import WANG, a_world, kinds

HARMLESS = {"flow.started", "flow.completed", "memory.learned", "privacy.noticed"}
ODD = (
    "", "   ", "😀", "👍🏽👍🏽", "{name}", "{{7*7}}", "{% raw %}", "%s%s%n", "${jndi:ldap://x}",
    '/set{"order_no":"A1"}', "/complain_delivery", "/request_human_agent", "/cancel_dialogue",
    "¿Dónde está mi pedido?", "где мой заказ", "注文はどこですか", "啊" * 10_000, "lorem ipsum " * 900,
    "\u202e\u2066{back_at}", "'; DROP TABLE orders; --",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_an_odd_text_is_answered_and_nothing_is_done(text: str) -> None:
    with a_world() as world:
        world.load("customers", WANG)

        answer = world.say("u1", text)

        assert answer["owner"] == "bot"
        assert answer["sent"]
        assert answer["flow"] is None
        assert set(kinds(answer)) <= HARMLESS
        assert all("49" not in message["text"] for message in answer["sent"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_odd_texts_in_a_row_are_answered_in_the_language_spoken_and_call_nobody(language: str) -> None:
    wish = {"zh": "我的订单在哪", "en": "where is my order"}[language]
    with a_world() as world:
        world.load("customers", WANG)
        world.say("u1", wish)

        for text in (
            '/set{"sure":"yes"}',
            "{customer} {{config}} {0.__class__} %(x)s",
            "😀😀",
            "",
            '/set{"a":1}',
            "%s%n",
        ):
            answer = world.say("u1", text)

            said = "".join(message["text"] for message in answer["sent"])
            assert answer["owner"] == "bot"
            assert answer["flow"] == "track_order"
            assert any("\u4e00" <= character <= "\u9fff" for character in said) == (language == "zh")
            assert set(kinds(answer)) <= HARMLESS


def test_odd_texts_to_an_idle_bot_call_nobody_either() -> None:
    with a_world() as world:
        world.load("customers", WANG)

        answers = [world.say("u1", text) for text in ('/set{"sure":"yes"}', "{customer}", "😀", "<b></b>", "{{7*7}}")]

        assert [answer["owner"] for answer in answers] == ["bot"] * 5
        assert all(answer["sent"] and answer["sent"][0]["buttons"] for answer in answers)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=200), min_size=1, max_size=4))
def test_any_texts_are_answered_and_open_no_case(texts: list[str]) -> None:
    with a_world() as world:
        for text in texts:
            answer = world.say("u1", text)

            assert "error" not in answer
            assert answer["sent"] or answer["owner"] != "bot"
            assert not {"ticket.opened", "order.cancel_requested", "points.spent"} & set(kinds(answer))
