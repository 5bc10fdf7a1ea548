"""What an operator sets for the web chat."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
_SHORTEST_SECRET = 32


class WebchatSettings(BaseModel):
    """The chat in the browser."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled: bool = True
    sites: tuple[str, ...] = ()
    """Origins of pages that may show the chat in themselves, such as https://shop.example; our own always may."""
    title_zh: str = Field(default="在线客服", min_length=1, max_length=40)
    title_en: str = Field(default="Chat with us", min_length=1, max_length=40)
    message_every: timedelta = Field(default=timedelta(seconds=2), gt=timedelta(0))
    """How often a visitor may write for long; 10 messages may come at once, and ten times as many from an address."""
    newcomer_every: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """How often an address may bring a new visitor for long; 60 may come at once: many share one."""
    secret: SecretStr | None = None
    """Signs the visitors' passes; made and kept in ``var`` where none is given."""
    identity_secret: SecretStr | None = None
    """With it the shop's pages sign who is logged in; without it all visitors are anonymous."""

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log."""
        given = (self.secret, self.identity_secret)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    @field_validator("sites", mode="before")
    @classmethod
    def _may_stand_in_one_line(cls, sites: object) -> object:
        # The environment knows no lists.
        return tuple(sites.replace(",", " ").split()) if isinstance(sites, str) else sites

    @field_validator("sites")
    @classmethod
    def _are_origins(cls, sites: tuple[str, ...]) -> tuple[str, ...]:
        for site in sites:
            if not _ORIGIN.fullmatch(site):
                raise ValueError(
                    "holds something that is no origin; write scheme and host alone, such as https://shop.example"
                )
        return sites

    @field_validator("secret", "identity_secret")
    @classmethod
    def _is_long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"is too short to be secret; give {_SHORTEST_SECRET} characters or more, made at random")
        return secret
