"""Whatever comes, and in whatever order: the engine answers, and its state survives being stored."""

import json
import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine.decide import decide
from flows.engine.heard import ActionDone, Heard
from flows.engine.state import DialogueState
from flows.replies import Listener
from flows.standard import load_standard
from nlu.understanding import Entity, IntentScore
from tests.flows.complaints_results import RESULTS as COMPLAINTS_RESULTS
from tests.flows.knowledge_results import RESULTS as KNOWLEDGE_RESULTS
from tests.flows.loyalty_results import RESULTS as LOYALTY_RESULTS
from tests.flows.order_results import RESULTS as ORDER_RESULTS
from tests.flows.products_results import RESULTS as PRODUCTS_RESULTS

STANDARD = load_standard()
BOOK = STANDARD.book
RESULTS = (
    {
        "find_order": st.fixed_dictionaries(
            {
                "outcome": st.sampled_from(["own", "not_yours", "prove"]),
                "late": st.booleans(),
                "stage": st.just("shipped"),
            },
            optional={"eta": st.just({"day": "2026-11-25T00:00:00+00:00"}), "carrier": st.just("SF")},
        ),
        "check_phone": st.fixed_dictionaries({"outcome": st.sampled_from(["match", "no_match", "locked"])}),
        "check_order_owner": st.fixed_dictionaries({"order_is_theirs": st.booleans()}),
        "open_ticket": st.just({"number": "T-1", "due_at": {"moment": "2026-11-25T00:00:00+00:00"}}),
        "list_tickets": st.just({"ticket_count": 0}),
        "set_marketing_consent": st.fixed_dictionaries({"changed": st.booleans(), "sends": st.just(["offers"])}),
        "hand_over": st.just({}),
        "read_change": st.fixed_dictionaries(
            {"asks_owner": st.booleans(), "known": st.booleans()},
            optional={"field": st.sampled_from(["phone", "name", "birthday"]), "days": st.just(["3 May"])},
        ),
        "change_profile": st.fixed_dictionaries({"changed": st.booleans(), "proved": st.booleans()}),
        "keep_with_leave": st.fixed_dictionaries({"count": st.integers(0, 1)}, optional={"kept": st.just(["tea"])}),
        "read_wish": st.fixed_dictionaries({"wish": st.sampled_from(["tell", "forget", "forget_all", "colleague"])}),
        "tell_known": st.sampled_from(
            [{"count": 0, "known": []}, {"count": 1, "known": [{"name": "likes", "value": "tea"}]}]
        ),
        "forget_said": st.sampled_from(
            [
                {"count": 1, "left": 0, "forgotten": ["tea"]},
                {"count": 0, "left": 0, "values": []},
                {"count": 0, "left": 1, "values": ["tea"]},
            ]
        ),
        "forget_everything": st.just({"count": 1}),
    }
    | COMPLAINTS_RESULTS
    | LOYALTY_RESULTS
    | ORDER_RESULTS
    | PRODUCTS_RESULTS
    | KNOWLEDGE_RESULTS
)
INTENTS = sorted({*BOOK.by_intent, *BOOK.asides, "cancel_dialogue", "repeat", "affirm", "deny", "out_of_scope"})
PAYLOADS = [
    '/set{"order_no":"A1"}', '/set{"order_no":null}', '/set{"category":"delivery"}', '/set{"category":"nonsense"}',
    '/set{"confirm_complaint":"yes"}', '/set{"confirm_complaint":"change"}', '/set{"change_what":"order_no"}',
    '/set{"change_what":"category"}', '/set{"wants_person":true}', "/cancel_dialogue", "/set{}", "/greet",
    '/complain_delivery{"category":"delivery"}',
]  # fmt: skip
order_numbers = st.builds(
    lambda value: (Entity("order_no", value, value, 0, len(value)),), st.sampled_from(["A1", "A10293", "20240518001"])
)
heard = st.builds(
    Heard,
    text=st.one_of(
        st.text(max_size=30), st.sampled_from(["1", "1234", "我要投诉", "杯子裂了漏水", "跳过", "A10293", "是"])
    ),
    intent=st.sampled_from(INTENTS),
    intents=st.lists(st.builds(IntentScore, st.sampled_from(INTENTS), st.floats(0, 1)), max_size=3).map(tuple),
    confidence=st.floats(0, 1),
    entities=st.one_of(st.just(()), order_numbers),
    sentiment=st.sampled_from([0.0, 0.0, 0.0, -0.8]),
    urgency=st.sampled_from([0.0, 0.0, 0.0, 0.95]),
    payload=st.one_of(st.none(), st.none(), st.sampled_from(PAYLOADS), st.text(max_size=70)),
    attachment=st.sampled_from([None, None, "photo", "contact"]),
)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(heard, min_size=1, max_size=12), st.booleans(), st.sampled_from(["zh", "en"]))
def test_any_talk_is_answered_and_its_state_survives_json(data, talk, verified, language):
    facts = {"verified": verified, "can_request_contact": True, "recent_orders": ["A1"] if verified else []}
    listener = Listener(language, "Asia/Shanghai", datetime(2026, 11, 23, tzinfo=UTC), "key", facts=facts)
    state = DialogueState()

    for event in talk:
        decision = decide(BOOK, state, event, facts)
        says = decision.says
        while decision.act is not None:
            result = data.draw(RESULTS[decision.act.name])
            # Every name that the action promises, as the real ones keep it.
            result = {"stage": "shipped", "status": {"word": "shipped", "table": "status"}} | result
            decision = decide(BOOK, stored(decision.state), ActionDone(decision.act.name, result), facts)
            says += decision.says
        state, messages = STANDARD.replies.speak(stored(decision.state), says, listener)

        assert messages, "never silence"
        assert all(message.text.strip() for message in messages)
        assert (state.asking is None) == (state.stack == ())
        assert len(state.stack) <= 2 * len(BOOK.flows)


def stored(state):
    """Return the state as it comes back from a database, having proved that nothing was lost."""
    kept = DialogueState.from_json(json.loads(json.dumps(state.to_json())))
    assert kept == state
    return kept


@given(st.text(max_size=80), st.sampled_from(["", "order_no"]))
def test_no_payload_can_break_a_talk(payload, asked):
    start = decide(BOOK, DialogueState(), Heard(payload="/track_order"), {}).state if asked else DialogueState()

    decision = decide(BOOK, start, Heard(payload=payload), {})

    assert decision.says or decision.act


ODD = st.one_of(
    st.text(max_size=60).filter(lambda text: not re.search(r"\d{4}", text)),  # that would be an order's number
    st.text(alphabet="😀🎉👍🏽\u200d\ufe0f ", max_size=20),
    st.sampled_from(
        [
            "",
            " ",
            "{name}",
            "{0}",
            "{{slots.order_no}}",
            "{% for a in b %}",
            "${7*7}",
            "%s%n",
            "%(name)s",
            "<b>x</b>",
            '/set{"order_no":"A1"}',
            "/complain_delivery",
            "/cancel_dialogue",
            "/request_human_agent",
            "¿Dónde está mi pedido?",
            "注文はどこですか",
            "где мой заказ",
            "a" * 10_000,
            "我" * 10_000,
            "{due_at} {order_no}",
        ]
    ),
)
ASKING = (DialogueState(), *(decide(BOOK, DialogueState(), Heard(payload=f"/{one}"), {}).state
                             for one in ("track_order", "complain_delivery")))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ODD, st.sampled_from(ASKING), st.booleans(), st.sampled_from(["zh", "en"]))
def test_whatever_is_typed_is_only_text_and_gets_an_answer_without_an_action(text, before, foreign, language):
    facts = {"verified": False, "can_request_contact": True, "recent_orders": []}
    listener = Listener(language, "Asia/Shanghai", datetime(2026, 11, 23, tzinfo=UTC), "key", facts=facts)

    decision = decide(BOOK, before, Heard(text=text, foreign=foreign), facts)
    assert decision.act is None
    state, messages = STANDARD.replies.speak(stored(decision.state), decision.says, listener)

    assert messages, "never silence"
    assert [frame.flow for frame in state.stack[:1]] == [frame.flow for frame in before.stack[:1]]
    assert not any(event.kind == "flow.started" for event in decision.events)
    if len(text) > 3 and "{" in text:
        assert not any(text in message.text for message in messages), "nothing that was typed is said back"
