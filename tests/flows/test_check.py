"""Faults planted in flows are found before anybody talks."""

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from flows.actions import RegisteredAction
from flows.engine.check import check
from flows.engine.graph import mermaid
from flows.engine.model import SetSlots
from flows.engine.state import Say
from flows.replies import Listener, Rendered, Replies
from flows.standard import load_standard
from tests.flows.small import FACTS, SAID_IN_BETWEEN, book_of

PATTERN_REPLIES = (*SAID_IN_BETWEEN, "cannot_go_on", "handed_over", "ask_order_no", "ask_digits", "found", "lost")


def does(name, gives=(), may_give=(), promises=False):
    return RegisteredAction(name, lambda context, args: {}, frozenset(gives), frozenset(may_give), promises=promises)


ACTIONS = {"hand_over": does("hand_over"), "find": does("find", gives=["found"], may_give=["eta"])}


def problems(tmp_path, flow, zh="", en=""):
    replies = tmp_path / "flows" / "replies"
    replies.mkdir(parents=True)
    known = "replies:\n" + "".join(f"  {name}: '{name}'\n" for name in PATTERN_REPLIES)
    (replies / "zh.yml").write_text(known + zh, encoding="utf-8")
    (replies / "en.yml").write_text(known + en, encoding="utf-8")
    book = book_of(tmp_path, tea=flow)
    return [str(problem) for problem in check(book, Replies.load(replies), ACTIONS, FACTS)]


def test_the_flows_that_come_with_the_project_have_no_problem():
    assert load_standard().problems() == []


def test_every_intent_starts_a_flow_or_has_an_answer():
    book = load_standard().book
    patterns = book.patterns
    talk = {patterns.cancel_intent, patterns.repeat_intent, patterns.yes_intent, patterns.no_intent, "out_of_scope"}
    intents = """
        greet goodbye thank affirm deny cancel_dialogue repeat ask_bot_identity ask_bot_help request_human_agent
        chitchat out_of_scope ask_product_info ask_price_promotion request_price_adjustment ask_stock ask_store_info
        ask_shipping_info track_order place_order change_cancel_order return_refund_exchange track_refund
        ask_warranty_repair ask_installation_service ask_how_to_use ask_payment_invoice account_access_help
        complain_product_quality complain_service complain_delivery complain_billing report_missing_wrong_item
        check_complaint_status ask_points_balance ask_earn_rules redeem_points ask_membership_tier join_membership
        cancel_membership update_profile give_feedback_rating opt_out_marketing opt_in_marketing
        request_data_export_or_delete
    """

    answered = talk | set(book.by_intent) | set(book.asides)

    assert set(intents.split()) <= answered


def test_a_topic_for_a_colleague_has_a_name_in_both_languages():
    standard = load_standard()
    steps = [step for flow in standard.book.flows.values() for step in flow.steps.values()]
    topics = {step.values["topic"] for step in steps if isinstance(step, SetSlots) and "topic" in step.values}

    for language in standard.replies.languages:
        assert topics <= set(standard.replies.words(language)["topic"])
        seen = {flow.name for flow in standard.book.flows.values() if flow.intents and not flow.drops_others}
        seen -= set(standard.book.asides.values())
        assert seen - {"opt_in_marketing", "opt_out_marketing"} <= set(standard.replies.words(language)["flow"])


@pytest.mark.parametrize(
    ("flow", "says"),
    [
        (
            "steps:\n  - {id: a, say: found, next: end}\n  - {id: b, say: found}",
            ['flows/tea.yml:3: step "b": no way leads here; link it from another step or remove it'],
        ),
        (
            "steps:\n  - say: hot",
            [
                'flows/tea.yml:2: step "step_1": reply "hot" has no wording in en; add it to replies/en.yml',
                'flows/tea.yml:2: step "step_1": reply "hot" has no wording in zh; add it to replies/zh.yml',
            ],
        ),
        (
            "steps:\n  - action: brew",
            ['flows/tea.yml:2: step "step_1": there is no action "brew"; write it or name another'],
        ),
        (
            "slots: {sort: {}}\nsteps:\n  - collect: sort",
            [
                'flows/tea.yml:3: step "step_1": reply "ask_sort" has no wording in en; add it to replies/en.yml',
                'flows/tea.yml:3: step "step_1": reply "ask_sort" has no wording in zh; add it to replies/zh.yml',
            ],
        ),
        (
            "steps:\n  - id: a\n    noop: true\n    next:\n      - {if: facts.verifed, then: end}\n      - else: end",
            ['flows/tea.yml:5: step "a": nothing gives "facts.verifed"'],
        ),
        (
            "steps:\n  - {id: a, action: find, next: a}",
            ['flows/tea.yml:2: step "a": no way leads from here to the end'],
        ),
        (
            "steps:\n  - id: a\n    action: find\n    next:\n      - {if: result.found, then: end}\n      - else: a",
            ['flows/tea.yml:2: step "a": a way leads back here without asking the customer anything'],
        ),
    ],
)
def test_a_planted_fault_is_found_with_its_place(tmp_path, flow, says):
    assert problems(tmp_path, flow) == says


def test_a_placeholder_that_nothing_gives_is_found(tmp_path):
    flow = "steps:\n  - action: find\n  - say: arrives"

    (found,) = problems(tmp_path, flow, "  arrives: '{etta}到'\n", "  arrives: soon\n")

    line = len(PATTERN_REPLIES) + 2
    assert found.endswith(f'zh.yml:{line}: reply "arrives": nothing gives {{etta}} in flows/tea.yml:3')


def test_a_reply_without_a_wording_for_a_missing_value_is_found(tmp_path):
    flow = "steps:\n  - action: find\n  - say: arrives"

    found = problems(tmp_path, flow, "  arrives: ['{eta}到', 路上]\n", "  arrives: ['It comes {eta}']\n")

    assert found == [
        'flows/tea.yml:3: step "step_2": every wording of "arrives" in en needs a value that may be missing'
    ]


def test_a_drawing_shows_what_is_said_in_both_languages_and_what_is_not_taken(tmp_path):
    flow = """
    intents: [tea]
    slots: {sort: {free: true}}
    steps:
      - collect: sort
        skippable: true
        rejections: [{if: slots.sort == "milk", utter: no_milk}]
      - call: order
      - link: person
    """
    book = book_of(tmp_path, tea=dedent(flow))
    said = {"ask_sort": ("哪一种 #1？", 'which "one"?')}

    drawn = mermaid(book.flows["tea"], lambda reply: said.get(reply, ()))

    assert """s0[/"ask sort (may be skipped)<br/>哪一种 #35;1？<br/>which 'one'?"/]""" in drawn
    assert """s0 -.->|"slots.sort == 'milk': no_milk"| s0""" in drawn
    assert 's1[["flow order, and back"]]' in drawn
    assert 's2[["on to flow person"]]' in drawn


def test_a_flow_can_be_drawn():
    drawn = mermaid(load_standard().book.flows["track_order"])

    assert drawn.startswith('flowchart TD\n  start(["track_order"]) --> s0\n')
    assert "s1 -->|\"result.outcome == 'own'\"|" in drawn


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TIMES = "  opened: 'by {due_at}'\n"


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        ("intents: [ask_price]\nsteps: [{action: enter}, {say: opened}]", None),
        ("intents: [ask_price]\nsteps: [{action: find}, {say: opened}]", 'reply "opened" promises something'),
        (
            "intents: [ask_price]\nsteps:\n"
            "  - {id: a, noop: true, next: [{if: facts.verified, then: b}, {else: c}]}\n"
            "  - {id: b, action: enter}\n  - {id: c, say: opened}\n",
            "a way leads here on which no action has entered it",
        ),
        (
            "intents: [ask_price]\nslots: {x: {}}\nsteps: [{action: enter}, {collect: x, utter: opened}]",
            "asks and promises",
        ),
    ],
)
def test_what_is_promised_is_entered_before_on_every_way(tmp_path, monkeypatch, flow, told):
    entering = {"enter": does("enter", gives=["due_at"], promises=True), "find": does("find", gives=["due_at"])}
    monkeypatch.setattr("tests.flows.test_check.ACTIONS", ACTIONS | entering)

    found = [one for one in problems(tmp_path, flow, TIMES, TIMES) if "promise" in one]

    assert (found == []) if told is None else (told in found[0])


def test_a_marked_reply_promises_without_a_time_and_a_shops_own_words_for_it_do_too(tmp_path):
    for folder, said in (("ours", "{text: soon, promises: true}"), ("theirs", "right away")):
        (tmp_path / folder).mkdir()
        for language in ("zh", "en"):
            (tmp_path / folder / f"{language}.yml").write_text(f"replies:\n  opened: {said}\n  other: hello\n")

    replies = Replies.load(tmp_path / "ours", tmp_path / "theirs")

    assert replies.render(Say("opened"), Listener("en", "UTC", NOON, "k")) == Rendered(
        "right away", reply="opened", promises=True
    )
    assert [replies.promises(name, "en") for name in ("opened", "other", "none")] == [True, False, False]
