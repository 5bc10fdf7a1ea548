"""Scores that the shop asks for: once about each thing, and nobody too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from care.due import last_moment
from care.rules import load_rules
from crm_store import surveys
from flows.engine.marks import FlowError


async def test_a_closed_case_is_asked_about_once_as_a_survey(shop):
    await shop.begin()
    shop.customer("wang", name="王女士")
    number = shop.ticket("wang")
    shop.move_ticket(number, "resolved")
    shop.move_ticket(number, "closed")

    await shop.live_until("2026-01-05T12:00:00+08:00")
    await shop.live_until("2026-01-06T12:00:00+08:00")

    (message,) = shop.messages()
    (asked,) = shop.read(surveys.of_customer, "wang")
    assert (message.kind, message.rule) == ("survey", "satisfaction")
    assert (asked.question, asked.ticket, asked.message, asked.state) == ("csat", number, message.ref, "sent")
    assert [button["payload"] for button in message.body["buttons"]][-1] == (
        f'/give_feedback_rating{{"survey":"{asked.id[-8:]}","rating":"5"}}'
    )
    assert shop.read(last_moment, message, shop.clock.now() - timedelta(days=1), shop.policy) is None


async def test_who_was_asked_lately_is_not_asked_the_same_question_again(shop):
    rule = replace(shop.policy.rules["satisfaction"], once_in=timedelta(days=90))
    shop.policy = replace(shop.policy, rules={**shop.policy.rules, "satisfaction": rule})
    await shop.begin()
    shop.customer("wang")
    for _ in range(2):
        number = shop.ticket("wang")
        shop.move_ticket(number, "closed")
        await shop.live_until((shop.clock.now() + timedelta(hours=2)).isoformat())

    assert len(shop.messages()) == 1
    assert shop.happened("care.skipped") == [("care.skipped", "duplicate")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("survey: stars", "is no question"),
        ("survey: nps, once_in: 2 hours", '"once_in" goes with "survey"'),
        ("once_in: 90 days", '"once_in" goes with "survey"'),
    ],
)
def test_a_survey_that_cannot_be_meant_is_refused_with_its_mend(tmp_path, line, says):
    rule = f"ask: {{on: order.delivered, after: 14 days, purpose: service, say: care_recommend, {line}}}"
    (tmp_path / "ours.yml").write_text(rule, encoding="utf-8")

    with pytest.raises(FlowError, match=says):
        load_rules(tmp_path)
