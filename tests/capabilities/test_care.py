"""Messages of care, and what is answered to them."""

from __future__ import annotations

import json
from typing import Any

from tests.bot.worlds import ANA, WANG, Talk
from tests.capabilities.shops import complain, shuke


def test_solar_and_lunar_birthdays_are_kept_once_a_year_at_the_customers_ten_o_clock(shop: Talk) -> None:
    """Number 55, over two years in which the clock stops often and everything is imported again."""
    mei = WANG | {"customer_id": "C3", "name": "梅", "birthday": "1990-08-15", "birthday_calendar": "lunar",
                  "phone": "13800005678", "email": "", "channel_user_id": "mei"}  # fmt: skip
    shop.load("customers", mei)

    greeted = []
    for year in (2026, 2027):
        for month in range(1, 13):
            shop.load("customers", WANG, ANA, mei)
            answer = shop(at=f"{year}-{month:02}-28T23:00:00+08:00")
            greeted += [(one["customer"], one["at"]) for one in answer["sent"] if one.get("rule") == "birthday"]

    assert greeted == [
        ("C1", "2026-03-05T10:00:00+08:00"),
        ("C2", "2026-07-14T17:00:00+08:00"),  # ten in London, in summer
        ("C3", "2026-09-25T10:00:00+08:00"),  # the fifteenth of the eighth moon
        ("C1", "2027-03-05T10:00:00+08:00"),
        ("C2", "2027-07-14T17:00:00+08:00"),
        ("C3", "2027-09-15T10:00:00+08:00"),
    ]


def test_an_event_rule_is_shown_by_a_dry_run_and_then_kept(shop: Talk, store_url: str) -> None:
    """Number 58: the rule on a solved complaint, beside a birthday of one who never agreed to greetings."""
    number = complain(shop)
    shop(agent="li", action="resolve", customer="u1")
    shop.load("customers", ANA | {"birthday": "--01-08", "marketing_consent": "0"})
    day = "2026-01-08T20:00:00+08:00"

    def dry_run() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(shuke(store_url, "--json", "care", "due", "--at", day))
        return rows

    planned = dry_run()
    again = dry_run()
    sent = shop(at=day)["sent"]

    assert planned == again
    assert [(row["rule"], row["due_at"], row["outcome"], row["reason"]) for row in planned] == [
        ("complaint_follow_up", "2026-01-08T10:00:00+08:00", "send", None),
        ("birthday", "2026-01-08T18:00:00+08:00", "skip", "no_consent"),
    ]
    assert [(one["rule"], one["at"]) for one in sent] == [("complaint_follow_up", planned[0]["due_at"])]
    assert number in sent[0]["text"]
    assert dry_run() == []


def test_an_answer_to_our_message_enters_the_dialogue_which_knows_what_it_answers(shop: Talk) -> None:
    """Number 32: thanks for a greeting, and "still broken" to the question whether a case stayed solved."""
    number = complain(shop)
    shop(agent="li", action="resolve", customer="u1")
    shop.load("customers", ANA | {"customer_id": "C9", "phone": "", "birthday": "--01-09", "channel": "telegram"})
    asked = shop(at="2026-01-08T12:00:00+08:00")["sent"]

    answered = shop.say("u1", "没有")
    still_wrong = shop(customer="u1", payload='/set{"solved":"no"}')
    shop(at="2026-01-09T20:00:00+08:00")
    thanked = shop.say(ANA["channel_user_id"], "thank you")

    assert [one["rule"] for one in asked] == ["complaint_follow_up"]
    assert (answered["flow"], answered["asking"]) == ("answer_follow_up", "solved")
    assert number in answered["sent"][0]["text"]
    assert {"ticket.reopened", "handoff.requested"} <= {event["type"] for event in still_wrong["events"]}
    assert number in still_wrong["sent"][0]["text"]
    assert {event["type"]: event.get("flow") for event in thanked["events"]}["flow.completed"] == "answer_greeting"
