"""A message of which the model is unsure, in the whole pipeline."""

from __future__ import annotations

import asyncio

from bot.world.world import World
from nlu.understand import Understander
from nlu.understanding import IntentScore
from tests.bot.worlds import A10293, WANG, Talk, kinds, settings, texts


class Unsure:
    """A classifier that hardly prefers one of two intents."""

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        return IntentScore("track_order", 0.42), IntentScore("complain_delivery", 0.4)


def test_two_close_wishes_are_asked_about_and_the_message_is_served_with_its_number() -> None:
    world = World(settings(), Understander(Unsure()), seed=7)
    with asyncio.Runner() as runner:
        talk = Talk(world, runner)
        talk.load("customers", WANG)
        talk.load("orders", A10293)

        asked = talk.say("u1", "A10293那个单子的事")
        answered = talk(customer="u1", payload=asked["sent"][0]["buttons"][0]["payload"])

    world.close()
    assert [button["title"] for button in asked["sent"][0]["buttons"]] == ["查订单", "投诉配送", "找人工"]
    assert kinds(asked) == ["privacy.noticed"]
    assert "flow.completed" in kinds(answered)
    assert any("SF1234567890" in text for text in texts(answered))
