"""The client of Telegram's Bot API, and its errors in our words."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import structlog
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.settings import TelegramSettings
from bot.errors import ChannelBusy, ChannelError, ChannelRefused, SettingsError
from bot.redaction import quieten_libraries, redact

log = structlog.get_logger(__name__)

# The library's own switch: waits are durations instead of bare numbers, and asking
# for one does not warn.
os.environ.setdefault("PTB_TIMEDELTA", "1")

TelegramBot = Bot
"""A client for one bot, for others to hold and hand on."""

UNREACHABLE_FOR = timedelta(seconds=10)
TOKEN_REJECTED_FOR = timedelta(minutes=5)

# The request never left us: the message has certainly not arrived.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# What a 400 says of somebody who was never here, or is gone.
_NOBODY_THERE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")


class _Request(HTTPXRequest):
    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        # The library's own one logs the whole of an unreadable answer, and an answer
        # to getUpdates is what customers wrote.
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise TelegramError("the answer is not readable") from None
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise TelegramError("the answer is not one of the Bot API")
        return answer


def build_bot(settings: TelegramSettings) -> Bot:
    """Return a client for the bot of ``settings``; nothing is sent yet."""
    quieten_libraries()
    proxy = settings.proxy.get_secret_value() if settings.proxy else None
    patience = settings.answer_within.total_seconds()
    return Bot(
        settings.token.get_secret_value(),
        base_url=f"{settings.api_base_url}/bot",
        base_file_url=f"{settings.api_base_url}/file/bot",
        request=_Request(
            connection_pool_size=settings.connections, read_timeout=patience, pool_timeout=patience, proxy=proxy
        ),
        get_updates_request=_Request(connection_pool_size=1, proxy=proxy),
    )


async def connect(bot: Bot) -> None:
    """Open the connections and ask Telegram whether the token is good.

    Where Telegram cannot be reached the bot starts all the same: its messages wait.

    Raises:
        SettingsError: Telegram rejects the token.
    """
    try:
        await bot.initialize()
    except InvalidToken:
        # The library's text has the token in it.
        raise SettingsError(
            "SHUKE_TELEGRAM_TOKEN: Telegram rejects it; ask @BotFather for the current one (/mybots, API Token)"
        ) from None
    except TelegramError as exc:
        log.warning("telegram.unreachable_at_start", error=reason(exc))


@dataclass(frozen=True, slots=True)
class Account:
    """The bot as Telegram knows it."""

    name: str
    webhook: str
    """The address that Telegram calls; empty where it waits to be asked."""
    waiting: int
    """How many updates wait there."""
    call_failed: bool
    """Whether its last call at the webhook failed."""


async def known_account(bot: Bot) -> Account:
    """Ask Telegram who the bot is and where it is called.

    Raises:
        ChannelError: Telegram rejects the token, or cannot be reached.
    """
    try:
        me = await bot.get_me()
        hook = await bot.get_webhook_info()
    except TelegramError as exc:
        raise translate(exc) from None
    return Account(me.username or "", hook.url, hook.pending_update_count, hook.last_error_date is not None)


def translate(exc: TelegramError) -> ChannelError:
    """Return what ``exc`` means for a message: refused for good, or busy until later."""
    if isinstance(exc, Forbidden):
        return ChannelRefused(f"telegram refused: {reason(exc)}", unreachable=True)
    # BadRequest is a NetworkError to python-telegram-bot: told apart here, or a message
    # that Telegram will never accept would be tried for ever.
    if isinstance(exc, BadRequest):
        gone = any(words in exc.message.lower() for words in _NOBODY_THERE)
        return ChannelRefused(f"telegram refused: {reason(exc)}", unreachable=gone)
    if isinstance(exc, ChatMigrated):
        return ChannelRefused("telegram refused: the chat became a group of another id")
    if isinstance(exc, RetryAfter):
        return ChannelBusy("telegram is throttling us", retry_after=throttled_for(exc))
    if isinstance(exc, InvalidToken):
        return ChannelBusy("telegram rejects the bot's token", retry_after=TOKEN_REJECTED_FOR)
    return ChannelBusy(
        f"telegram failed: {reason(exc)}", retry_after=UNREACHABLE_FOR, certain=not _may_have_arrived(exc)
    )


def throttled_for(exc: RetryAfter) -> timedelta:
    """Return how long Telegram wants us to wait."""
    wait = exc.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def reason(exc: TelegramError) -> str:
    """Return the library's text for logs and errors, without any token."""
    return redact(str(exc)) or type(exc).__name__


def _may_have_arrived(exc: TelegramError) -> bool:
    cause = exc.__cause__
    if isinstance(cause, httpx.HTTPError):
        # A broken or timed-out connection after the request was written.
        return not isinstance(cause, _NEVER_SENT)
    # Telegram answered with an error of its own: it has not taken the message. Anything
    # else is an answer that we could not read.
    return type(exc) is TelegramError
