"""What the sweeps find among what arrived: every wrong repeat, even of words that were in doubt anyway."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.sending_checks import broken_in_sending, came_again
from tests.servers.telegram_api import Sent

HELLO = "您好，请问有什么可以帮您？"


def row(ref: str, *, to: str = "2001", text: str = HELLO, status: str = "sent", kind: str = "reply") -> dict[str, Any]:
    return {"ref": ref, "recipient": to, "body": {"text": text}, "status": status, "kind": kind, "error": None}


def arrived(*refs: str, to: str = "2001", text: str = HELLO) -> list[Sent]:
    return [Sent(to, number, text, ref=ref) for number, ref in enumerate(refs)]


def test_what_arrives_once_and_in_order_keeps_the_promise() -> None:
    assert not list(broken_in_sending([row("a"), row("b")], arrived("a", "b"), {}))


def test_what_was_in_doubt_may_come_again_as_often_as_it_was() -> None:
    sent = arrived("a", "a", "a", "b")

    assert not list(broken_in_sending([row("a"), row("b")], sent, {"a": 2}))
    assert len(list(broken_in_sending([row("a"), row("b")], sent, {"a": 1}))) == 1
    assert came_again(sent) == {"a": 2}


def test_doubt_about_a_message_excuses_no_repeat_of_another_that_says_the_same() -> None:
    # "a" was being sent when its sender died, and had not arrived: by the words alone,
    # the second "b" would look like the second "a" that may come.
    (broken,) = broken_in_sending([row("a"), row("b")], arrived("a", "b", "b"), {"a": 1})

    assert "came more often than meant" in broken
    assert "b: " in broken


def test_what_was_skipped_or_is_unknown_may_have_come_only_where_it_was_in_doubt() -> None:
    left = [row("a", status="skipped"), row("c", to="2002", status="unknown", kind="care")]
    sent = arrived("a") + arrived("c", to="2002")

    assert not list(broken_in_sending(left, sent, {"a": 1, "c": 1}, with_person={"2001"}))
    assert len(list(broken_in_sending(left, sent, {}, with_person={"2001"}))) == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (arrived("b", "a"), "in this order"),
        (arrived("a"), "in this order"),
        (arrived("a", "b", "c"), "never written down"),
        (arrived("a", "b", ""), "never written down"),
        (arrived("a") + arrived("b", to="2002"), "never written down"),
        (arrived("a") + arrived("b", text="hello"), "never written down"),
    ],
)
def test_what_is_lost_out_of_order_or_not_ours_is_found(sent: list[Sent], told: str) -> None:
    assert any(told in broken for broken in broken_in_sending([row("a"), row("b")], sent, {}))


@pytest.mark.parametrize("status", ["queued", "sending", "failed", "unknown", "skipped"])
def test_an_answer_that_was_not_delivered_is_found(status: str) -> None:
    (broken,) = broken_in_sending([row("a", status=status)], [], {})

    assert f"is {status}" in broken
