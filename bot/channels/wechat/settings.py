"""What an operator sets for a WeChat Official Account."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_APP_SECRET = re.compile(r"[0-9a-zA-Z]{16,64}")
_TOKEN = re.compile(r"[0-9a-zA-Z]{3,32}")
_AES_KEY = re.compile(r"[0-9a-zA-Z]{43}")


class WechatSettings(BaseModel):
    """One Official Account; each value stands in its console, 设置与开发 › 开发接口管理."""

    # Without hide_input_in_errors a mistyped secret would be printed at start.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    app_id: str = Field(pattern=r"^wx[0-9a-zA-Z]{4,32}$")
    """开发者ID (AppID)."""
    app_secret: SecretStr
    """开发者密码 (AppSecret)."""
    token: SecretStr
    """服务器配置, 令牌 (Token): what WeChat signs its calls with."""
    aes_key: SecretStr | None = None
    """服务器配置, 消息加解密密钥 (EncodingAESKey), mode ``aes``."""
    mode: Literal["aes", "plain"] = "aes"
    """服务器配置, 消息加解密方式: ``aes`` for 安全模式 and 兼容模式, ``plain`` for 明文模式."""
    account: str | None = Field(default=None, pattern=r"^gh_[0-9a-zA-Z]+$")
    """公众号设置, 原始ID; where it is given, what is addressed to another account is not taken."""
    api_base_url: str = Field(default="https://api.weixin.qq.com", pattern=r"^https?://\S+[^/]$")
    """Where WeChat's API answers."""
    answer_within: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """How long WeChat may take to answer."""
    proxy: SecretStr | None = None
    """``http://user:password@host:port``, where calls have to leave from the address on WeChat's whitelist."""
    connections: int = Field(default=32, ge=1, le=1000)
    """Requests to WeChat at once."""

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log."""
        given = (self.app_secret, self.token, self.aes_key, self.proxy)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    @field_validator("app_secret")
    @classmethod
    def _looks_like_a_secret(cls, secret: SecretStr) -> SecretStr:
        if not _APP_SECRET.fullmatch(secret.get_secret_value()):
            raise ValueError("is no AppSecret; copy it whole, it has 32 letters and digits")
        return secret

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is no Token; take 3 to 32 letters and digits, the same as in WeChat's console")
        return token

    @field_validator("aes_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not _is_aes_key(key.get_secret_value()):
            raise ValueError("is no EncodingAESKey; copy it whole, it has 43 letters and digits")
        return key

    @model_validator(mode="after")
    def _mode_is_whole(self) -> Self:
        if self.mode == "aes" and self.aes_key is None:
            raise ValueError("mode aes needs the EncodingAESKey; set SHUKE_WECHAT_AES_KEY, or mode: plain")
        return self


def _is_aes_key(key: str) -> bool:
    try:
        return _AES_KEY.fullmatch(key) is not None and len(base64.b64decode(key + "=")) == 32
    except binascii.Error:
        return False
