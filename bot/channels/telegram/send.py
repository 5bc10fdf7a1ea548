"""Messages on their way to Telegram."""

from __future__ import annotations

from datetime import timedelta

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)
from telegram.constants import InlineKeyboardButtonLimit, MessageLimit
from telegram.error import TelegramError

from bot.channels.telegram.client import connect, translate
from bot.channels.telegram.inbound import CHANNEL, message_id
from bot.channels.telegram.settings import TelegramSettings
from bot.errors import ChannelRefused
from bot.messages import Button, Outbound
from bot.ports import Capabilities, Rate

TEXT_LIMIT = int(MessageLimit.MAX_TEXT_LENGTH)
PAYLOAD_LIMIT = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)
# Wider titles are cut off on a small phone when they share a row.
_TITLES_IN_A_ROW = 3
_SHORT_TITLE = 6


_CHAT_BURST = 5


class TelegramChannel:
    """One bot's way out; see `bot.ports.Channel`."""

    name = CHANNEL

    def __init__(self, bot: Bot, settings: TelegramSettings) -> None:
        self._bot = bot
        self._contact_button = settings.contact_button
        self.capabilities = Capabilities(
            text_limit=TEXT_LIMIT,
            buttons=True,
            contact=True,
            rate=_rate(settings.most_a_second),
            chat_rate=Rate(every=settings.chat_every, burst=_CHAT_BURST) if settings.chat_every else None,
        )

    async def start(self) -> None:
        """Open the connections.

        Raises:
            SettingsError: Telegram rejects the token.
        """
        await connect(self._bot)

    async def stop(self) -> None:
        """Close the connections; messages under way are finished first by whoever sends them."""
        await self._bot.shutdown()

    async def send(self, message: Outbound) -> str:
        """Send ``message`` as plain text with its buttons; return ``chat:message``.

        Raises:
            ChannelRefused: blocked, or not a message that Telegram takes.
            ChannelBusy: throttled or unreachable.
        """
        _check(message)
        try:
            sent = await self._bot.send_message(
                chat_id=message.recipient,
                text=message.text,
                reply_markup=self._keyboard(message),
            )
        except TelegramError as exc:
            raise translate(exc) from exc
        return message_id(sent.chat.id, sent.message_id)

    def _keyboard(self, message: Outbound) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
        if message.request_contact:
            # Telegram takes one keyboard a message, and only this kind can share a phone:
            # the choices stand below it, and come back as their titles.
            rows = [[KeyboardButton(self._contact_button, request_contact=True)]]
            rows += [[KeyboardButton(button.title)] for button in message.buttons]
            return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
        if message.buttons:
            return InlineKeyboardMarkup(_rows(message.buttons))
        return None


def _rate(most: int) -> Rate:
    """Return the rate at which no second has more than ``most`` (2 or more) messages, a burst and what comes after."""
    burst = max(most // 6, 1)
    return Rate(every=timedelta(seconds=1) / (most - burst), burst=burst, kept=burst // 2)


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as Telegram counts it: an emoji is 2 or more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _check(message: Outbound) -> None:
    if not message.text.strip():
        raise ChannelRefused("telegram takes no message without text")
    if (length := utf16_length(message.text)) > TEXT_LIMIT:
        raise ChannelRefused(f"the text has {length} UTF-16 units and Telegram takes {TEXT_LIMIT}; split it")
    for button in message.buttons:
        if (size := len(button.payload.encode())) > PAYLOAD_LIMIT:
            raise ChannelRefused(f"a button's payload has {size} bytes and Telegram takes {PAYLOAD_LIMIT}; shorten it")


def _rows(buttons: tuple[Button, ...]) -> list[list[InlineKeyboardButton]]:
    keys = [InlineKeyboardButton(button.title, callback_data=button.payload) for button in buttons]
    if len(keys) <= _TITLES_IN_A_ROW and all(len(button.title) <= _SHORT_TITLE for button in buttons):
        return [keys]
    return [[key] for key in keys]
