"""How what is known of customers is kept."""

from __future__ import annotations

from pydantic import ConfigDict, SecretStr
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class PrivacySettings:
    """The shop's ways with what it knows of customers."""

    key: SecretStr | None = None
    """By which ids are hashed in the ledger of erasures; None takes the one in ``var``."""

    def secret(self) -> str | None:
        return self.key.get_secret_value() if self.key is not None else None
