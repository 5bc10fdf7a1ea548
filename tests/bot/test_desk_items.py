"""Promises, tasks and approvals by an agent's hand: one is meant, its role may, and nobody approves their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_store import accounts
from tests.bot.worlds import WANG, Talk, a_world, event, kinds

DUE = "2026-01-06T18:00:00+08:00"


@pytest.fixture
def shop() -> Iterator[Talk]:
    with a_world() as talk:
        talk.load("customers", WANG)
        yield talk


def test_an_approval_is_asked_for_and_given_by_a_colleague(shop: Talk) -> None:
    asked = shop(agent="li", action="ask", customer="u1", text="退款 129 元")
    own = shop.refused(agent="li", action="approve", customer="u1")
    given = shop(agent="zhao", action="approve", customer="u1")

    assert event(asked, "approval.requested")["about"] == "退款 129 元"
    assert "ask a colleague" in own
    assert event(given, "approval.given")["by"] == "agent:zhao"
    assert "nothing waits" in shop.refused(agent="zhao", action="approve", customer="u1")


def test_a_refusal_has_its_reason(shop: Talk) -> None:
    shop(agent="li", action="ask", customer="u1", text="refund 129 CNY")

    assert "Add the reason" in shop.refused(agent="zhao", action="refuse", customer="u1")
    refused = shop(agent="zhao", action="refuse", customer="u1", text="without the cup")
    assert event(refused, "approval.refused")["reason"] == "without the cup"


def test_of_those_with_an_account_only_supervisors_and_admins_approve(shop: Talk) -> None:
    now = shop.world.clock.now()
    for name, role in (("wu", "agent"), ("boss", "supervisor")):
        shop.world.store.run_now(accounts.add, name, role=role, password_hash="x", now=now)
    shop(agent="li", action="ask", customer="u1", text="refund 129 CNY")

    assert "supervisor and admin" in shop.refused(agent="wu", action="approve", customer="u1")
    assert kinds(shop(agent="boss", action="approve", customer="u1")) == ["approval.given"]


def test_where_there_are_several_promises_one_is_named(shop: Talk) -> None:
    first = event(shop(agent="li", action="promise", customer="u1", text="refund", due=DUE), "promise.made")
    shop(agent="li", action="promise", customer="u1", text="call", due=DUE)

    assert "name one as item" in shop.refused(agent="li", action="keep", customer="u1", text="R-1")
    kept = shop(agent="li", action="keep", customer="u1", text="R-1", item=first["promise"])

    assert event(kept, "promise.kept")["text"] == "refund"
    withdrawn = shop(agent="li", action="withdraw", customer="u1", text="they called us")
    assert event(withdrawn, "promise.withdrawn")["reason"] == "they called us"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"action": "promise", "text": "x"}, 'add "due"'),
        ({"action": "promise", "text": "x", "due": "friday"}, 'correct "due"'),
        ({"action": "promise", "text": "x", "due": "2026-01-05T08:00:00+08:00"}, "in the future"),
        ({"action": "promise", "due": DUE}, "Add its words".lower()),
        ({"action": "promise", "text": "x", "due": DUE, "ticket": "T-9"}, "T-9"),
        ({"action": "promise", "text": "x", "due": 9}, "due has to be"),
        ({"action": "keep", "text": "R-1"}, "no such promise"),
        ({"action": "done", "item": "none"}, "no such task"),
    ],
)
def test_what_is_missing_is_named(shop: Talk, line: dict[str, object], told: str) -> None:
    assert told in shop.refused(agent="li", customer="u1", **line)
