"""What an operator sets for Telegram."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{20,}")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class TelegramSettings(BaseModel):
    """One bot on Telegram."""

    # Without hide_input_in_errors a mistyped token would be printed at start.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr
    """As BotFather gave it: ``123456789:AA…``."""
    api_base_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://\S+[^/]$")
    """Where the Bot API answers; another one for a server of your own."""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """The public address of ``/hooks/telegram`` (mode ``webhook``)."""
    webhook_secret: SecretStr | None = None
    """What Telegram must send along to be believed (mode ``webhook``)."""
    poll_timeout: timedelta = Field(default=timedelta(seconds=25), ge=timedelta(0), le=timedelta(seconds=50))
    """How long a poll may wait for news (mode ``polling``)."""
    answer_within: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """How long Telegram may take to answer anything but a poll."""
    proxy: SecretStr | None = None
    """``http://user:password@host:port``, where Telegram is not reachable directly."""
    connections: int = Field(default=64, ge=2, le=1000)
    """Requests to Telegram at once."""
    most_a_second: int = Field(default=30, ge=2, le=1000)
    """Messages that Telegram takes from this bot in any second; more only where Telegram agreed to it."""
    chat_every: timedelta = Field(default=timedelta(seconds=1), ge=timedelta(0))
    """How often one customer is written to for long, 5 messages at once; 0 does not count them."""
    contact_button: str = Field(default="分享我的手机号 · Share my number", min_length=1, max_length=64)
    """The title of the button that shares the customer's verified phone."""

    @property
    def account(self) -> str:
        """The bot's own id at Telegram: the part of the token that is no secret."""
        return self.token.get_secret_value().partition(":")[0]

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log."""
        given = (self.token, self.webhook_secret, self.proxy)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is no bot token; copy it whole from @BotFather, it looks like 123456789:AA…")
        return token

    @model_validator(mode="after")
    def _webhook_is_whole(self) -> Self:
        if self.mode == "polling":
            return self
        if self.webhook_url is None:
            raise ValueError("mode webhook needs webhook_url, the public address of /hooks/telegram")
        if self.webhook_secret is None or not _WEBHOOK_SECRET.fullmatch(self.webhook_secret.get_secret_value()):
            raise ValueError("mode webhook needs webhook_secret: 16 to 256 letters, digits, _ or -")
        return self
