"""One-time links: whoever brings the token back proves to be the customer whom it was sent to.

The token is told once, to whoever sends it on; here is its hash alone. A link that
went to the e-mail address on file proves that address as well.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlalchemy import Connection, Index, bindparam, delete, insert, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, linking, merges
from crm_store.base import Base, UtcDateTime, table_of

Way = Literal["link", "email"]
"""What the token proves: that it was sent to the customer, or that it was to their e-mail address."""
LASTS = timedelta(hours=24)
LONGEST = timedelta(days=30)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 43  # some 256 bits, and within the 64 characters that Telegram lets a link carry


class LinkToken(Base):
    """One link; ``sent_to`` is the customer's internal id as it was then."""

    __tablename__ = "link_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    sent_to: Mapped[str]
    way: Mapped[str]
    by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_link_tokens_expires_at", "expires_at"), Index("ix_link_tokens_sent_to", "sent_to"))


link_tokens = table_of(LinkToken)

_ADD = insert(link_tokens)
_FORGET = delete(link_tokens).where(link_tokens.c.expires_at < bindparam("now", type_=link_tokens.c.expires_at.type))
_USE = (
    update(link_tokens)
    .where(
        link_tokens.c.token_hash == bindparam("hash"),
        link_tokens.c.used_at.is_(None),
        link_tokens.c.expires_at > bindparam("now", type_=link_tokens.c.expires_at.type),
    )
    .values(used_at=bindparam("now", type_=link_tokens.c.used_at.type))
    .returning(link_tokens.c.sent_to, link_tokens.c.way)
)


def made_up(chance: Random) -> str:
    """Return a new token; ``chance`` has to be one that nobody can foresee."""
    return "".join(chance.choice(_ALPHABET) for _ in range(_LENGTH))


def issue(
    conn: Connection,
    customer_id: str,
    token: str,
    *,
    now: datetime,
    by: str,
    way: Way = "link",
    lasts: timedelta = LASTS,
) -> datetime:
    """Keep a token for a customer (internal id); return when it ends. Those that have ended are forgotten.

    Raises:
        ValueError: it would last longer than `LONGEST`, or not at all.
    """
    if not timedelta(0) < lasts <= LONGEST:
        raise ValueError(f"a link lasts up to {LONGEST.days} days")
    conn.execute(_FORGET, {"now": now})
    row = {"token_hash": _hashed(token), "sent_to": customer_id, "way": way, "by": by, "created_at": now}
    conn.execute(_ADD, {**row, "expires_at": now + lasts, "used_at": None})
    return now + lasts


def redeem(conn: Connection, identity: Any, token: str, *, now: datetime) -> str | None:
    """Link an identity to the customer whom the token was sent to; return their internal id.

    None, and nothing has changed, where the token is unknown, used, over, or its customer is no more.
    """
    used = conn.execute(_USE, {"hash": _hashed(token), "now": now}).one_or_none()
    if used is None:
        return None
    known = merges.root(conn, used.sent_to)
    if customers.by_id(conn, known) is None:
        return None
    return linking.link(conn, identity, known, evidence=used.way, now=now)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
