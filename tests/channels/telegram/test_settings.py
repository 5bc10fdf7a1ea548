"""A wrong setting is named with its mend, and a token is never shown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot.channels.telegram.settings import TelegramSettings

TOKEN = "7000000001:AAcanary-token-canary-token-canary-00"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"token": "canary-mistyped"}, "BotFather"),
        ({"mode": "webhook"}, "needs webhook_url"),
        ({"mode": "webhook", "webhook_url": "https://shop.example/hooks/telegram"}, "needs webhook_secret"),
        ({"mode": "carrier pigeon"}, "mode"),
        ({"api_base_url": "ftp://x"}, "api_base_url"),
        ({"poll_timeout": 3600}, "poll_timeout"),
        ({"tokem": "canary-mistyped"}, "tokem"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refusal:
        TelegramSettings(**{"token": TOKEN, **wrong})

    assert "canary" not in str(refusal.value)


def test_the_account_is_the_part_of_the_token_that_is_no_secret() -> None:
    settings = TelegramSettings(token=SecretStr(TOKEN))

    assert settings.account == "7000000001"
    assert settings.secrets() == (TOKEN,)
    assert TOKEN not in repr(settings)
