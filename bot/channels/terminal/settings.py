"""What an operator sets for the chat in the terminal."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class TerminalSettings(BaseModel):
    """The chat on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """A loopback address: whoever connects may speak as any customer."""
    port: int = Field(default=0, ge=0, le=65535)
    """0 takes a free one; clients read it from ``address_file``."""
    address_file: Path = Path("var/terminal.json")
    """Where the server writes its address and the token of this start, readable by its owner only."""
    absent_retry: timedelta = Field(default=timedelta(seconds=5), gt=timedelta(0))
    """When to try again a message for somebody who is not connected."""

    @field_validator("host")
    @classmethod
    def _is_loopback(cls, host: str) -> str:
        if not ip_address(host).is_loopback:
            raise ValueError("is not a loopback address; use 127.0.0.1 or ::1")
        return host
