"""The bot may not promise what is not entered: where nothing was, it names no time and calls a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from bot.answering import REGISTERED
from crm_store import promises
from flows.actions import RegisteredAction
from flows.engine.values import moment
from tests.bot.house import House


def forgetful(context: Any, _args: Any) -> dict[str, Any]:
    """Tell a time like `open_ticket`, and enter nothing."""
    return {"number": "T-1", "due_at": moment(context.now), "category_word": "x", "priority": "normal"}


@pytest.fixture
def broken() -> Any:
    with patch.dict(
        REGISTERED, open_ticket=RegisteredAction("open_ticket", forgetful, frozenset(), frozenset(), only_reads=True)
    ):
        yield


ANGRY = "我要投诉！你们太过分了，杯子是碎的，气死我了！"


async def test_a_promise_that_was_not_entered_is_not_said(house: House, broken: None) -> None:
    with capture_logs() as logged:
        answers = await house.says("ana", ANGRY)

    assert answers == ["这件事我已经请同事来看，具体时间由同事跟您说。"]
    assert [one["event"] for one in logged if one["event"].startswith("promise")] == ["promise.not_entered"]
    assert house.talk("ana").owner == "queue"


async def test_what_was_entered_is_said(house: House) -> None:
    (answer,) = await house.says("ana", ANGRY)

    (row,) = house.read(promises.of_customer, house.talk("ana").customer_id)
    assert row.ticket in answer
    assert (row.kind, row.state, row.made_by) == (promises.ANSWER, "open", "bot")


async def test_who_asks_for_a_person_at_night_is_promised_an_answer_until_they_call_it_off(
    house: House, tmp_path: Path
) -> None:
    await house.later(hours=13)  # 22:00
    (answer,) = await house.says("ana", "转人工")
    (made,) = house.read(promises.of_customer, house.talk("ana").customer_id)
    await house.says("ana", "算了")
    (ended,) = house.read(promises.of_customer, house.talk("ana").customer_id)

    assert "09:00" in answer
    assert made.due_at.isoformat() == "2026-01-06T02:00:00+00:00"
    assert (ended.state, ended.reason) == ("withdrawn", "cancelled")
