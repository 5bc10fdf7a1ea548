"""What the peer loses when it is killed, and what it does with a message that comes twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from benchmarks.load import Customer
from benchmarks.peers.run_peer import PeerBot


@dataclass(frozen=True, slots=True)
class Losses:
    """Of ``sent`` messages, ``lost`` were never answered; the store has ``recorded`` of the lost ones."""

    sent: int
    lost: int
    recorded: int
    restart_s: float


async def killed_in_the_middle(peer: PeerBot, *, messages: int = 200, per_second: float = 50.0) -> Losses:
    """Send ``messages``, one a customer, at a steady pace; kill -9 at the half, restart, send the rest.

    None is sent while the bot is down: whatever is lost had been handed to a running bot.
    """
    customers = peer.customers(messages)
    half = messages // 2
    first = _send(peer, customers[:half], per_second)
    await asyncio.sleep(half / per_second)
    await peer.kill()
    restart_s = await peer.start()
    asked = [*first, *_send(peer, customers[half:], per_second)]
    answered = await asyncio.gather(*asked)
    lost = [customer.name for customer, heard in zip(customers, answered, strict=True) if not heard]
    return Losses(messages, len(lost), peer.said_to(lost), restart_s)


def _send(peer: PeerBot, customers: list[Customer], per_second: float) -> list[asyncio.Task[bool]]:
    return [asyncio.create_task(_ask(peer, who, i / per_second)) for i, who in enumerate(customers)]


async def _ask(peer: PeerBot, customer: Customer, after_s: float) -> bool:
    await asyncio.sleep(after_s)
    try:
        return bool(await peer.turn(customer.name, f"订单{customer.order_no}到哪了"))
    except httpx.TransportError:
        return False  # cut off by the kill


async def answers_to_a_repeated_message(peer: PeerBot) -> int:
    """Return how many times one message, sent twice under the same id, is answered."""
    (customer,) = peer.customers(1)
    answers = [await peer.turn(customer.name, "我有多少积分", message_id="id-7") for _ in range(2)]
    return sum(map(bool, answers))
