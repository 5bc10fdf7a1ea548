"""A word of which the model knows nothing, in the whole pipeline."""

from __future__ import annotations

import asyncio

import pytest

from bot.world.world import World
from nlu.understand import Understander
from nlu.understanding import IntentScore
from tests.bot.worlds import WANG, Talk, kinds, settings


class KnowsOneWish:
    """A classifier that was taught how to leave, and nothing else."""

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        return (IntentScore("cancel_membership", 0.97),) if "会员" in text else ()


@pytest.mark.parametrize("word", ["呸", "噗", "嘤嘤嘤", "龘", "嫑", "привет", "いいえ", "안녕하세요", "שלום"])
def test_a_word_that_nobody_taught_confirms_nothing(word: str) -> None:
    world = World(settings(), Understander(KnowsOneWish()), seed=7)
    with asyncio.Runner() as runner:
        talk = Talk(world, runner)
        talk.load("customers", WANG)

        asked = talk.say("u1", "我要注销会员")
        answered = talk.say("u1", word)
        left = talk.say("u1", "确定")

    world.close()
    assert "member.left" not in kinds(asked) + kinds(answered)
    assert "member.left" in kinds(left)
