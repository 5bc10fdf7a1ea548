"""Where a channel has no buttons, choices are numbered lines, and the number is an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.numbered import numbered
from crm_store.outbox import outbox
from crm_store.unit_of_work import Store
from tests.bot.house import FakeChannel, House, new_house


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    return new_house(store, tmp_path, channel=FakeChannel("wechat", buttons=False))


def test_each_choice_has_a_line_of_its_own() -> None:
    assert numbered("哪一单？", ["A10293", "别的单"]) == "哪一单？\n1. A10293\n2. 别的单"
    assert numbered("您好", []) == "您好"


@pytest.mark.parametrize(
    ("complaint", "typed", "asked"),
    [
        ("我要投诉", "２", "出了什么事"),
        ("我要投诉", "2.", "出了什么事"),
        ("I want to complain", "2", "What happened"),
    ],
)
async def test_a_typed_number_chooses_what_stood_behind_it(
    house: House, complaint: str, typed: str, asked: str
) -> None:
    (question,) = await house.says("ana", complaint)
    (answer,) = await house.says("ana", typed)

    choices = question.splitlines()[1:]
    assert [line[:3] for line in choices] == [f"{number}. " for number in range(1, len(choices) + 1)]
    assert asked in answer
    frame = house.talk("ana").state["dialogue"]["stack"][-1]
    assert frame["slots"]["category"] == "service"


async def test_what_is_kept_is_what_was_shown(house: House) -> None:
    (question,) = await house.says("ana", "我要投诉")

    (row,) = house.rows(outbox)
    (kept,) = house.entries("message.out")
    assert (row.body, kept.text) == ({"text": question}, question)
