"""How what is known of customers is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr
from pydantic.dataclasses import dataclass

LEAST = timedelta(days=3)
"""Less counts as this: platforms bring messages again for as long."""
Kept = Annotated[timedelta, Field(gt=timedelta(0))]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class PrivacySettings:
    """The shop's ways with what it knows of customers."""

    key: SecretStr | None = None
    """By which ids are hashed in the ledger of erasures; None takes the one in ``var``."""

    store_key: SecretStr | None = None
    """By what phones, e-mail and attributes are sealed in the database, with older keys behind commas; None: not."""
    inbox: Kept = timedelta(days=30)
    """How long messages are kept that came in and were handled; their words are in the history."""
    outbox: Kept = timedelta(days=90)
    """The same for messages that went out, or never will."""
    reasons: Kept = timedelta(days=180)
    """How long it is kept why the bot said something."""
    words: Kept | None = None
    """How long it is kept what was said; None for as long as the customer is."""
    tickets: Kept | None = None
    """How long it is kept what cases were about, since they are done; None for as long as the customer is."""
    surveys: Kept | None = None
    """How long it is kept what was said to a score; the score stays."""
    coupons: Kept | None = None
    """How long coupons that have ended keep the name that a list or another system gave them."""
    audit: Kept = timedelta(days=1095)
    """How long it is kept who looked at or did what."""
    tries: Kept = timedelta(days=30)
    """How long wrong phone digits are counted."""
    sign_ins: Kept = timedelta(days=30)
    """How long failed sign-ins are counted."""
    windows: Kept = timedelta(days=30)
    """How long it is kept until when a platform took messages."""
    refusals: Kept = timedelta(days=90)
    """How long refused rows of imports are listed."""
    deliveries: Kept | None = None
    """How long events are kept that an address of a webhook never took, since they were given up; None for ever."""
    exports: Kept = timedelta(days=30)
    """How long files in `var/exports` are kept."""

    @property
    def kept(self) -> Mapping[str, timedelta | None]:
        """How long each kind of data in the database is kept, by its name; at least `LEAST`."""
        given = {
            "inbox": self.inbox, "outbox": self.outbox, "reasons": self.reasons, "words": self.words,
            "tickets": self.tickets, "surveys": self.surveys, "coupons": self.coupons,
            "audit": self.audit, "tries": self.tries, "sign_ins": self.sign_ins, "windows": self.windows,
            "refusals": self.refusals, "deliveries": self.deliveries,
        }  # fmt: skip
        return {name: length and max(length, LEAST) for name, length in given.items()}

    def store_keys(self) -> tuple[str, ...]:
        """The keys by which the database is sealed, the present one first."""
        given = self.store_key.get_secret_value() if self.store_key is not None else ""
        return tuple(part for key in given.split(",") if (part := key.strip()))

    def secret(self) -> str | None:
        return self.key.get_secret_value() if self.key is not None else None
