"""Messages on their way in from Telegram: by asking (`Poller`) or by being told (`webhook_router`).

Either way an update is acknowledged only after its message is stored.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from telegram import Bot
from telegram.error import RetryAfter, TelegramError

from bot.channels.edge import bounded_body, store
from bot.channels.telegram.client import reason, throttled_for
from bot.channels.telegram.inbound import MalformedUpdate, read_update
from bot.channels.telegram.settings import TelegramSettings
from bot.messages import Inbound
from bot.ports import Receive

log = structlog.get_logger(__name__)

WANTED = ["message", "edited_message", "callback_query", "my_chat_member"]
BODY_LIMIT = 1024 * 1024
_ANSWER_MARGIN = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=1)


class ButtonReceipts:
    """Tells Telegram that a pressed button was noticed, so that it stops spinning.

    It is a courtesy: it runs beside everything else, and its failure stops nothing.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, inbound: Inbound) -> None:
        """Acknowledge the button that ``inbound`` is about, if it is about one."""
        if (callback := inbound.data.get("callback")) is not None:
            task = asyncio.create_task(self._answer(callback))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _answer(self, callback: str) -> None:
        try:
            await self._bot.answer_callback_query(callback)
        except TelegramError as exc:
            log.info("telegram.button_receipt_failed", error=reason(exc))


class Poller:
    """Asks Telegram for updates and stores them, until it is cancelled.

    The next question confirms what came before, so it is asked only when every update
    of the batch is stored. Where storing fails, the offset stays below that update
    and Telegram gives it again.
    """

    def __init__(
        self,
        bot: Bot,
        receive: Receive,
        *,
        account: str,
        poll_timeout: timedelta,
        first_wait: timedelta = timedelta(seconds=1),
    ) -> None:
        self._bot = bot
        self._receive = receive
        self._account = account
        self._poll_timeout = poll_timeout
        self._first_wait = first_wait
        self._receipts = ButtonReceipts(bot)

    async def run(self) -> None:
        """Poll for ever; failures are waited out, twice as long each time, a minute at most."""
        await _until_done(self._leave_webhook, self._first_wait)
        offset: int | None = None
        wait = self._first_wait
        while True:
            try:
                batch = await self._ask(offset)
            except TelegramError as exc:
                wait = await _wait_out(exc, wait)
                continue
            missed = await self._store(batch)
            if missed:
                offset = min(missed)
                await asyncio.sleep(wait.total_seconds())
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                # An empty answer means that all is confirmed. Then ask without an offset:
                # after a quiet week ids start anew, maybe below the old ones.
                offset = max((_id(raw) for raw in batch), default=-1) + 1 or None
                wait = self._first_wait

    async def _leave_webhook(self) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def _ask(self, offset: int | None) -> list[dict[str, Any]]:
        # Bot.get_updates parses a batch as a whole, so one malformed update would hide the
        # others, and logs it. Methods have no case at Telegram; spelt so, the library does
        # not insist on its own.
        question: dict[str, Any] = {
            "timeout": int(self._poll_timeout.total_seconds()),
            "allowed_updates": WANTED,
        }
        if offset is not None:
            question["offset"] = offset
        updates = await self._bot.do_api_request(
            "GetUpdates", question, read_timeout=(self._poll_timeout + _ANSWER_MARGIN).total_seconds()
        )
        if not isinstance(updates, list):
            raise TelegramError("the answer to getUpdates is not a list")
        return [raw for raw in updates if _has_id(raw)]

    async def _store(self, batch: list[dict[str, Any]]) -> set[int]:
        """Store a batch: chats side by side, each in its order. Returns the ids not stored."""
        chats: dict[str, list[tuple[int, Inbound]]] = defaultdict(list)
        for raw in batch:
            if (inbound := _read(raw, self._account)) is not None:
                chats[inbound.user_id].append((_id(raw), inbound))
        missed = await asyncio.gather(*(self._store_chat(updates) for updates in chats.values()))
        return {update_id for ids in missed for update_id in ids}

    async def _store_chat(self, updates: list[tuple[int, Inbound]]) -> Iterable[int]:
        for position, (_, inbound) in enumerate(updates):
            if not await store(self._receive, inbound):
                return [update_id for update_id, _ in updates[position:]]
            self._receipts.send(inbound)
        return []


async def register_webhook(
    bot: Bot, settings: TelegramSettings, *, first_wait: timedelta = timedelta(seconds=1)
) -> None:
    """Tell Telegram where to post updates; tries until it is told."""
    secret = settings.webhook_secret

    async def register() -> None:
        await bot.set_webhook(
            url=settings.webhook_url or "",
            secret_token=secret.get_secret_value() if secret else None,
            allowed_updates=WANTED,
        )

    await _until_done(register, first_wait)


def webhook_router(bot: Bot, receive: Receive, *, account: str, secret: str) -> APIRouter:
    """Return the route ``POST /hooks/telegram``.

    It answers 200 once the message is stored or is none of ours, 503 where storing
    failed (Telegram posts it again), 403 without the secret, 413 over 1 MiB and 400
    for what is no JSON.
    """
    router = APIRouter()
    receipts = ButtonReceipts(bot)
    expected = secret.encode()

    @router.post("/hooks/telegram", include_in_schema=False)
    async def take(request: Request) -> PlainTextResponse:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), expected):
            return PlainTextResponse("the secret is missing or wrong", status_code=403)
        body = await bounded_body(request, BODY_LIMIT)
        if body is None:
            return PlainTextResponse(f"an update has at most {BODY_LIMIT} bytes", status_code=413)
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("the body is not JSON", status_code=400)
        inbound = _read(raw, account)
        if inbound is None:
            return PlainTextResponse("not for us")
        if not await store(receive, inbound):
            return PlainTextResponse("not stored; post it again", status_code=503)
        receipts.send(inbound)
        return PlainTextResponse("stored")

    return router


def _read(raw: object, account: str) -> Inbound | None:
    """Return the message in an update; without one, leave a line in the log that quotes nothing."""
    try:
        inbound = read_update(raw, account)
    except MalformedUpdate as exc:
        log.warning("telegram.update_malformed", error=str(exc))
        return None
    if inbound is None:
        log.info("telegram.update_ignored")
    return inbound


def _has_id(raw: object) -> bool:
    if isinstance(raw, dict) and isinstance(raw.get("update_id"), int):
        return True
    log.warning("telegram.update_malformed", error="an update has no id")
    return False


def _id(raw: dict[str, Any]) -> int:
    update_id: int = raw["update_id"]
    return update_id


async def _until_done(attempt: Callable[[], Awaitable[None]], first_wait: timedelta) -> None:
    wait = first_wait
    while True:
        try:
            await attempt()
        except TelegramError as exc:
            wait = await _wait_out(exc, wait)
        else:
            return


async def _wait_out(exc: TelegramError, wait: timedelta) -> timedelta:
    """Wait as long as Telegram asks, else ``wait``; return the next wait."""
    pause = throttled_for(exc) if isinstance(exc, RetryAfter) else wait
    log.warning("telegram.postponed", error=reason(exc), again_in_s=pause.total_seconds())
    await asyncio.sleep(pause.total_seconds())
    return min(wait * 2, _LONGEST_WAIT)
