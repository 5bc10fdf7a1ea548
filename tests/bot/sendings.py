"""Messages that wait to be sent, for tests of how they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.delivery import queued
from bot.errors import ChannelBusy
from bot.messages import OutboundKind
from crm_store import consents, outbox
from tests.bot.house import House


def busy(seconds: float = 0, *, certain: bool = True) -> ChannelBusy:
    return ChannelBusy("busy on demand", retry_after=timedelta(seconds=seconds), certain=certain)


async def greeted(house: House, user: str = "ana") -> None:
    """Let a customer be known, with consent to care."""
    await house.says(user, "hello")
    customer = house.identity(user).customer_id
    house.write(consents.set_marketing, customer, True, now=house.clock.now(), evidence="test", by="customer")
    house.channel.sent.clear()
    house.channel.tried.clear()


def queue(house: House, text: str, *, user: str = "ana", kind: OutboundKind = "agent", **more: Any) -> str:
    identity = house.identity(user)
    ref = house.ids.new()
    if kind == "care":
        more = {"rule": "birthday"} | more
    row = queued(
        ref=ref, dedupe_key=more.pop("dedupe_key", ref), customer_id=identity.customer_id,
        conversation_id=house.talk(user).id, identity_id=identity.id, channel="telegram", recipient=user, kind=kind,
        text=text, now=house.clock.now(), **more,
    )  # fmt: skip
    house.write(outbox.queue, [row])
    return ref


def row_of(house: House, ref: str) -> Any:
    return house.read(outbox.by_ref, ref)
