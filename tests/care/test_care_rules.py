"""Rules as data: read whole, refused with their place and the mend."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from care.policy import PolicyError, load_policy
from care.rules import load_rules
from care.settings import CareSettings
from flows.engine.marks import FlowError


def overlay(tmp_path, text, name="ours.yml"):
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_shop_greets_on_birthdays_and_asks_three_days_after_a_complaint():
    rules = load_rules()

    assert (rules["birthday"].on, rules["birthday"].purpose) == ("birthday", "care")
    follow_up = rules["complaint_follow_up"]
    assert (follow_up.on, follow_up.days, follow_up.purpose) == ("ticket.resolved", 3, "service")


def test_a_shop_adds_changes_and_ends_rules_in_files_of_its_own(tmp_path):
    ours = """
birthday: {on: birthday, at: "08:30", purpose: care, say: care_birthday}
complaint_follow_up: off
order_request_answered: off
satisfaction: off
goodwill: off
late_parcel:
  on: order.delivered
  when: facts.carrier == "SF"
  after: 2 hours
  purpose: service
  say: care_complaint_follow_up
"""

    rules = load_rules(overlay(tmp_path, ours))

    assert sorted(rules) == ["birthday", "late_parcel"]
    assert rules["birthday"].at == time(8, 30)
    assert rules["late_parcel"].delay == timedelta(hours=2)
    assert rules["late_parcel"].applies_to({"carrier": "SF"})
    assert not rules["late_parcel"].applies_to({"carrier": "YTO"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x:\n  on: birthday\n  purpose: care\n  says: y\n", ':4: rule "x" has no key "says"; did you mean "say"?'),
        ("x:\n  on: birthday\n  purpose: sales\n  say: y\n", ':3: "sales" is no purpose; use service, care, marketing'),
        ("x:\n  on: party\n  purpose: care\n  say: y\n", ':2: "party" is neither "birthday" nor an event'),
        ("x:\n  on: birthday\n  purpose: care\n", ':2: rule "x" needs "say"'),
        ("x:\n  on: a.b\n  purpose: care\n  say: y\n", ':2: rule "x" needs "after", such as 3 days'),
        ("x:\n  on: a.b\n  purpose: care\n  say: y\n  after: 0 hours\n", ':5: rule "x" needs "after"'),
        ("x: {on: birthday, purpose: care, say: y, after: 1 day}\n", ':1: "after" is for events only'),
        ('x: {on: birthday, purpose: care, say: y, at: "25:00"}\n', ':1: "25:00" is no time of day'),
        ('x: {on: a.b, purpose: care, say: y, after: 1 hour, at: "10:00"}\n', ':1: "at" goes with "after: N days"'),
        ("x: {on: a.b, purpose: care, say: y, after: 1 hour, when: 'facts.a ='}\n", ":1: this condition"),
        ('x: {on: a.b, purpose: care, say: y, after: 1 hour, when: "slots.a"}\n', ":1: \"slots.a\" is not known here"),
        ("x: {on: a.b, purpose: care, say: y, after: 1 hour, unless: {on: c.d}}\n", ':1: "unless" needs just'),
        ("x: {on: birthday, purpose: care, say: y, holdout: 10}\n", ':1: "10" is no share of customers'),
        ("X: {on: birthday, purpose: care, say: y}\n", ':1: "X" is no name for a rule'),
        ("birthdya: off\n", ':1: there is no rule "birthdya" to end; did you mean "birthday"?'),
        ("x: yes please\n", ':1: rule "x" needs keys below it'),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_its_place_and_the_mend(tmp_path, text, said):
    folder = overlay(tmp_path, text)

    with pytest.raises(FlowError) as refused:
        load_rules(folder)

    assert f"rules/ours.yml{said}" in str(refused.value)


def test_a_rule_without_words_is_refused_at_the_start(tmp_path):
    folder = overlay(tmp_path, "x: {on: birthday, purpose: care, say: care_brithday}\n")

    with pytest.raises(PolicyError, match=r'care rule "x": there is no reply "care_brithday" in zh; in replies/zh.yml'):
        load_policy(CareSettings(), rules_overlay=folder)


def test_words_that_only_fit_customers_with_a_name_are_refused_at_the_start(tmp_path):
    (tmp_path / "zh.yml").write_text('replies: {care_birthday: "{name}，生日快乐"}\n', encoding="utf-8")

    with pytest.raises(PolicyError, match="not even a name"):
        load_policy(CareSettings(), replies_overlay=tmp_path)


def a_customer(**known):
    nothing = dict.fromkeys(("name", "language", "timezone", "phone", "attributes"))
    return SimpleNamespace(**nothing | known)


def said(policy, customer, key="k"):
    return policy.words_for(policy.rules["birthday"], customer, {}, key=key, now=datetime(2026, 5, 1, tzinfo=UTC))[
        "text"
    ]


def test_a_shop_says_it_in_its_own_words(tmp_path):
    (tmp_path / "zh.yml").write_text("replies: {care_birthday: 生日快乐呀}\n", encoding="utf-8")

    policy = load_policy(CareSettings(), replies_overlay=tmp_path)

    assert said(policy, a_customer(name="王芳")) == "生日快乐呀"
    assert "Anna" in said(policy, a_customer(name="Anna Smith", language="en-GB"))


@pytest.mark.parametrize(("language", "stop"), [("zh", "退订"), ("en", "STOP"), (None, "退订")])
@pytest.mark.parametrize("name", ["王女士", None])
def test_every_greeting_says_how_to_stop_and_leaves_no_gap(language, stop, name):
    policy = load_policy(CareSettings())

    greetings = {said(policy, a_customer(name=name, language=language), key=str(turn)) for turn in range(40)}

    assert all(stop in text and "{" not in text for text in greetings)
    assert all((name or "") in text for text in greetings)
