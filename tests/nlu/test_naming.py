"""A name to be called by calls nobody."""

from __future__ import annotations

import pytest

from nlu.naming import says_a_name
from tests.nlu.test_understand import Knows, understand


@pytest.mark.parametrize("text", ["please call me Annie", "Call me Ben from now on", "you can call me Mrs Field"])
async def test_a_name_to_be_called_by_calls_no_person(text: str) -> None:
    meant = await understand(text, Knows({text: {"request_human_agent": 0.97, "update_profile": 0.02}}))

    assert [one.name for one in meant.intents] == ["update_profile"]


async def test_a_good_time_to_call_beside_a_wish_calls_nobody() -> None:
    order, call = "where is my order", "please call me after 6pm"
    a_person = {"request_human_agent": 0.97}

    meant = await understand(
        f"{order}? {call}", Knows({order: {"track_order": 0.98}, call: a_person, f"{order}? {call}": a_person})
    )

    assert "request_human_agent" not in [one.name for one in meant.intents]


@pytest.mark.parametrize(
    "text", ["please call me back", "call me Monday", "call me Tuesday at ten", "Call me now", "can somebody call me"]
)
async def test_who_wants_a_call_gets_a_person(text: str) -> None:
    meant = await understand(text, Knows({text: {"request_human_agent": 0.97}}))

    assert not says_a_name(text)
    assert meant.intent == "request_human_agent"
