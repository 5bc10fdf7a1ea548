"""A gesture for a case: within the shop's bounds at once, above them after a supervisor's yes, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bot.settings import build
from tests.bot.worlds import ROOT, WANG, Talk, a_world, event, kinds

ORDER = {
    "order_no": "A10293", "customer_id": "C1", "ordered_at": "2026-01-02T10:00:00+08:00", "status": "delivered",
    "sku": "CUP-002", "quantity": 1, "unit_price": "1000.00", "currency": "CNY",
}  # fmt: skip


@contextmanager
def a_shop(**goodwill: Any) -> Iterator[Talk]:
    given = build({"log": {"level": "error"}, "flows": {"complaints": {"goodwill": goodwill}}}, root=ROOT)
    with patch("tests.bot.worlds.settings", lambda: given), a_world() as talk:
        talk.load("customers", WANG | {"tier": "silver"})
        talk.load("orders", ORDER)
        yield talk


def complain(talk: Talk, what: str = "杯子收到就是碎的") -> dict[str, Any]:
    talk.say("u1", what)
    talk.say("u1", "A10293")
    return talk.say("u1", "对")


def test_nothing_is_offered_where_the_shop_sets_nothing():
    with a_shop() as talk:
        opened = complain(talk)

    assert opened["asking"] is None
    assert not [kind for kind in kinds(opened) if kind.startswith(("goodwill", "approval"))]


def test_what_is_offered_within_the_budget_is_given_once_when_it_is_taken():
    with a_shop(per_case="10", share="0.05") as talk:
        opened = complain(talk)
        taken = talk.say("u1", "好的", message_id="m-9")
        again = talk.say("u1", "好的", message_id="m-9")
        balance = talk.show("C1")["points"]

    assert opened["asking"] == "takes_goodwill"
    assert event(opened, "ticket.opened")["number"] == "T-1001"
    assert event(taken, "points.earned")["points"] == 1000
    assert event(taken, "goodwill.given")["number"] == "T-1001"
    assert again["duplicate"] is True
    assert balance == 1000


def test_a_no_gives_nothing():
    with a_shop(per_case="10", share="0.05") as talk:
        complain(talk)
        declined = talk.say("u1", "不用了")
        balance = talk.show("C1")["points"]

    assert "points.earned" not in kinds(declined)
    assert balance == 0


def test_what_the_customer_is_not_worth_waits_for_a_supervisor_and_is_told_when_it_is_given():
    with a_shop(per_case="10", share="0.001") as talk:
        opened = complain(talk)
        allowed = talk(agent="boss", action="approve", customer="u1")
        refused = talk.refused(agent="boss", action="approve", customer="u1")
        told = talk(at="2026-01-05T09:30:00+08:00")
        balance = talk.show("C1")["points"]

    assert opened["asking"] is None
    assert event(opened, "approval.requested")["number"] == "T-1001"
    assert {"approval.given", "points.earned"} <= set(kinds(allowed))
    assert "nothing waits" in refused
    assert [(message["rule"], "1,000" in message["text"]) for message in told["sent"]] == [("goodwill", True)]
    assert balance == 1000


def test_the_budget_of_a_month_is_used_up_by_what_was_given():
    with a_shop(per_case="10", share="0.015") as talk:
        complain(talk)
        talk.say("u1", "好的")
        for words in ("快递太慢了", "A10293", "不是"):
            talk.say("u1", words)
        last = talk.say("u1", "对")

    assert event(last, "ticket.opened")["number"] == "T-1002"
    assert event(last, "approval.requested")["number"] == "T-1002"


def test_somebody_unknown_and_what_is_urgent_are_offered_nothing():
    with a_shop(per_case="10", share="0.05") as talk:
        talk.say("stranger", "the cup arrived broken")
        talk.say("stranger", "skip")
        opened = talk.say("stranger", "yes")
        urgent = talk.say("u1", "水壶漏电把我手烫伤了")

    assert "ticket.opened" in kinds(opened)
    assert opened["asking"] is None
    assert "ticket.opened" in kinds(urgent)
    assert urgent["asking"] is None
