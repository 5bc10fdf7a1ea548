"""The talk itself: it moves between channels, waits for half a year, and comes by any channel."""

from __future__ import annotations

import importlib

from tests.bot.worlds import ROOT, Talk, event, texts
from tests.channels.contract import ChannelContract


def test_a_flow_begun_on_telegram_goes_on_in_wechat(shop: Talk) -> None:
    """Number 38: the case that a customer begins on one channel is finished on the other, and answered there."""
    shop.load("customers", {"customer_id": "C1", "channel": "wechat", "channel_user_id": "openid-wang"})

    begun = shop.say("u1", "杯子收到就是碎的")
    numbered = shop.say("openid-wang", "A10293", channel="wechat")
    done = shop.say("openid-wang", "对", channel="wechat")

    assert (begun["flow"], begun["asking"]) == ("complain_product_quality", "order_no")
    assert (numbered["flow"], numbered["slots"]["description"]) == (begun["flow"], "杯子收到就是碎的")
    assert event(done, "ticket.opened")["order_no"] == "A10293"
    assert {(one["channel"], one["to"]) for one in numbered["sent"] + done["sent"]} == {("wechat", "openid-wang")}
    assert [ticket["summary"] for ticket in shop.show("C1")["tickets"]] == ["杯子收到就是碎的"]


def test_after_six_months_of_silence_the_talk_goes_on_with_what_was_known_and_what_is_open(shop: Talk) -> None:
    """Number 33: the complaint that was begun is taken up with what had been told, and a case is still known."""
    begun = shop.say("u1", "杯子收到就是碎的")
    back = shop.say("u1", "你好", at="2026-07-06T10:00:00+08:00")
    goes_on = shop(customer="u1", payload='/set{"goes_on":true}')
    shop.say("u1", "A10293")
    filed = shop.say("u1", "对")
    later = shop.say("u1", "你好", at="2027-01-06T10:00:00+08:00")

    assert begun["asking"] == "order_no"
    assert (back["flow"], back["asking"]) == (None, "goes_on")
    assert (goes_on["asking"], goes_on["slots"]["description"]) == ("order_no", "杯子收到就是碎的")
    case = event(filed, "ticket.opened")["number"]
    assert any(case in text for text in texts(later))


def test_every_channel_passes_the_one_contract() -> None:
    """Number 39: a channel without the suite, or with other files than the rest, fails here."""
    folders = [path.parent for path in (ROOT / "bot" / "channels").glob("*/send.py")]

    without = []
    for folder in folders:
        module = importlib.import_module(f"tests.channels.{folder.name}.test_contract")
        suites = [one for one in vars(module).values() if isinstance(one, type) and one is not ChannelContract]
        files = all((folder / name).is_file() for name in ("settings.py", "receive.py", "send.py", "doc.md"))
        if not files or not any(issubclass(one, ChannelContract) for one in suites):
            without.append(folder.name)

    assert {folder.name for folder in folders} >= {"telegram", "terminal", "webchat", "wechat"}
    assert without == []
