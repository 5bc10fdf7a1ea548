"""Customers who write all the while to roles of their own on PostgreSQL, and how each of their messages fared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

import httpx
import psycopg

from tests.faults.apart import Shop
from tests.faults.town_records import read_records

SECRET = "the-secret-of-the-webhook"
LINES = {
    "zh": (("你都能帮我做什么", "ask_bot_help"), ("你们周末几点关门", "ask_store_info")),
    "en": (("what can you do for me", "ask_bot_help"), ("what time does your shop close", "ask_store_info")),
}
"""What customers say, in turn, and what they mean: Rasa and the rules take it alike, and one message answers each."""
TALKING = range(5001, 5005)
AT_ONCE = 2
"""So many messages a customer sends without waiting for an answer."""
THINKING = 0.5
"""Seconds, so that a slow machine has time for Rasa beside the customers."""
PATIENCE = 60
WEBHOOK = {
    "SHUKE_TELEGRAM__MODE": "webhook",
    "SHUKE_TELEGRAM__WEBHOOK_URL": "http://127.0.0.1/hooks/telegram",
    "SHUKE_TELEGRAM_WEBHOOK_SECRET": SECRET,
    "SHUKE_TELEGRAM__MOST_A_SECOND": "1000",
    "SHUKE_TELEGRAM__CHAT_EVERY": "0",
}


class Town:
    """Customers of ``shop`` whose messages Telegram posts to its web role, at ``web``."""

    def __init__(self, shop: Shop, web: str) -> None:
        self.said: dict[str, list[tuple[str, str, str]]] = {str(user): [] for user in TALKING}
        """Of each customer, in order: the message's id, its text and what it means."""
        self.waits: list[tuple[float, float]] = []
        """When messages were sent, by `time.monotonic`, and how long until they were answered."""
        self._shop, self._web = shop, web

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Let all customers write for the length of a block; afterwards wait for their last answers."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            posting = tasks.create_task(self._post())
            talks = [tasks.create_task(self._talk(user, enough)) for user in TALKING]
            yield
            enough.set()
            await asyncio.gather(*talks)
            posting.cancel()
        await self._shop.until(lambda: self._shop.count("inbox WHERE status <> 'done'") == 0)
        await self._shop.until(lambda: self._shop.count("outbox WHERE status <> 'sent'") == 0)

    def sources(self) -> list[str]:
        """Return by whom each message so far was understood, in the order of their turns."""
        with psycopg.connect(self._shop.url) as db:
            rows = db.execute(
                "SELECT why::jsonb -> 'understood' ->> 'source' FROM history WHERE kind = 'message.in' ORDER BY id"
            )
            return [source for (source,) in rows]

    def broken_promises(self) -> Iterator[str]:
        """Yield what was lost, answered twice, out of order or misunderstood; nothing where all went well."""
        records = read_records(self._shop.url)
        arrived = self._shop.telegram.sent
        for user, said in self.said.items():
            stored = records.of("inbox", user)
            if [row["external_id"].rpartition(":")[2] for row in stored] != [message for message, _, _ in said]:
                yield f"{user} said {said}, stored is {[row['external_id'] for row in stored]}"
            refs = [row["ref"] for row in stored]
            turns = [row for row in records.of("history", user) if row["kind"] == "message.in"]
            if [row["ref"] for row in turns] != refs:
                yield f"{user}: turns {[row['ref'] for row in turns]}, not one for each of {refs}, in order"
            if (meant := [row["why"]["understood"]["intent"] for row in turns]) != [intent for _, _, intent in said]:
                yield f"{user} meant {[intent for _, _, intent in said]} and was taken for {meant}"
            answers = [row["data"]["answers"] for row in records.of("history", user) if row["kind"] == "message.out"]
            if answers != refs:
                yield f"{user}: answers to {answers}, not one to each of {refs}, in order"
            meant_to_come = [row["body"]["text"] for row in records.tables["outbox"] if row["recipient"] == user]
            if (came := [one.text for one in arrived if one.chat_id == user]) != meant_to_come:
                yield f"{user}: {meant_to_come} was to go, and there came {came}"

    async def until(self, condition: Callable[[], bool], *, within: float = PATIENCE) -> None:
        await self._shop.until(condition, within=within)

    def longest_wait(self, since: float) -> float:
        """Return how many seconds the slowest of the answers took that came from ``since`` on."""
        return max((wait for at, wait in self.waits if at + wait >= since), default=0.0)

    async def _talk(self, user: int, enough: asyncio.Event) -> None:
        telegram, said = self._shop.telegram, self.said[str(user)]
        lines = LINES["en" if user % 2 else "zh"]
        while not enough.is_set():
            for _ in range(AT_ONCE):
                text, intent = lines[len(said) % len(lines)]
                update = telegram.customer_says(user, text, language="en" if user % 2 else "zh-hans")
                said.append((str(update["message"]["message_id"]), text, intent))
            at = monotonic()
            await telegram.wait_until(partial(self._has_answers, str(user), len(said)), within=PATIENCE)
            self.waits.append((at, monotonic() - at))
            await asyncio.sleep(THINKING)

    def _has_answers(self, user: str, count: int) -> bool:
        return sum(one.chat_id == user for one in self._shop.telegram.sent) >= count

    async def _post(self) -> None:
        """Post updates as Telegram does: one after the other, each again until it is taken."""
        telegram = self._shop.telegram
        async with httpx.AsyncClient(timeout=10, headers={"x-telegram-bot-api-secret-token": SECRET}) as client:
            while True:
                await telegram.wait_until(lambda: bool(telegram.pending), within=3600)
                if (await client.post(f"{self._web}/hooks/telegram", json=telegram.pending[0])).is_success:
                    telegram.pending.pop(0)
