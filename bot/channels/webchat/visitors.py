"""Who a visitor of the web chat is: a stranger with a pass of ours, or somebody the shop's page vouches for.

VisitorRefused
  PassRefused        the pass is missing, forged or has run out: ask for a new one
  IdentityRefused    the page's word on who is logged in does not hold
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection

from bot.channels.edge import storable
from bot.channels.webchat.send import CHANNEL
from bot.errors import ShukeError
from crm_store import customers, identities, linking
from crm_store.ports import Clock, Ids

ANONYMOUS = "anon:"
"""Begins the user id of everybody that nobody vouches for; the shop's own ids may not begin so."""
EVIDENCE = "signature"
_PASS_LASTS = timedelta(days=365)
_VOUCHED_PASS_LASTS = timedelta(days=1)
_LONGEST_VOUCHED = timedelta(days=7)
_LONGEST_USER = 128
_LONGEST_NAME = 64
_SALT = "webchat visitor"


class VisitorRefused(ShukeError):
    """A visitor is not who they say; the text says why, quotes nothing, and is for the page's console."""


class PassRefused(VisitorRefused):
    """The pass is missing, forged or has run out."""


class IdentityRefused(VisitorRefused):
    """The page's signature on who is logged in does not hold."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in the chat; ``user_id`` as in `bot.messages.Inbound`."""

    user_id: str
    name: str | None = None


class Visitors:
    """Gives visitors their passes and reads them again. A pass is opaque, signed, and kept by the browser."""

    def __init__(self, secret: str, *, identity_secret: str | None, clock: Clock, ids: Ids) -> None:
        self._passes = URLSafeSerializer(secret, salt=_SALT)
        self._identity_secret = identity_secret
        self._clock = clock
        self._ids = ids

    def newcomer(self) -> Visitor:
        """Return a stranger whom nobody has seen before."""
        return Visitor(f"{ANONYMOUS}{self._ids.new()}")

    def vouched(self, claim: Mapping[str, Any]) -> Visitor:
        """Return whom the shop's page has signed: ``user``, ``expires`` (seconds since 1970), ``signature``, ``name``.

        Raises:
            IdentityRefused: the signature is wrong, has run out, or nothing is set up to check it.
        """
        if self._identity_secret is None:
            raise IdentityRefused("SHUKE_WEBCHAT_IDENTITY_SECRET is not set, so that nobody's signature can be checked")
        user, expires, signature = (str(claim.get(part) or "") for part in ("user", "expires", "signature"))
        if not user or len(user) > _LONGEST_USER or user.startswith(ANONYMOUS) or not user.isprintable():
            raise IdentityRefused(f"data-user has to be 1 to {_LONGEST_USER} printable characters, not {ANONYMOUS}…")
        if not hmac.compare_digest(
            sign(self._identity_secret, user, expires).encode(), signature.lower().encode("utf-8", "replace")
        ):
            raise IdentityRefused("data-signature is wrong: it is not that of this data-user and data-expires")
        now = self._clock.now()
        until = _moment(expires)
        if until is None or until <= now:
            raise IdentityRefused("data-signature has run out: sign anew for each page, with a data-expires to come")
        if until > now + _LONGEST_VOUCHED:
            raise IdentityRefused(
                f"data-expires is more than {_LONGEST_VOUCHED.days} days away; sign for a shorter time"
            )
        name = storable(str(claim.get("name") or "")).strip()[:_LONGEST_NAME]
        return Visitor(user, name or None)

    def pass_of(self, visitor: Visitor) -> str:
        """Return the pass that shows who ``visitor`` is from now on: a year for strangers, else a day."""
        lasts = _PASS_LASTS if is_anonymous(visitor.user_id) else _VOUCHED_PASS_LASTS
        until = int((self._clock.now() + lasts).timestamp())
        return self._passes.dumps([visitor.user_id, visitor.name, until])

    def read(self, shown: str) -> Visitor:
        """Return whose pass this is.

        Raises:
            PassRefused: it is none of ours, was changed, or has run out.
        """
        try:
            user_id, name, until = self._passes.loads(shown)
        except BadSignature:
            raise PassRefused("the pass is missing or is none of ours") from None
        if self._clock.now() >= datetime.fromtimestamp(until, UTC):
            raise PassRefused("the pass has run out")
        return Visitor(user_id, name)


def is_anonymous(user_id: str) -> bool:
    """Return whether nobody vouches for this user."""
    return user_id.startswith(ANONYMOUS)


def sign(secret: str, user: str, expires: str) -> str:
    """Return what the shop's page puts into ``data-signature``: HMAC-SHA256 of ``expires.user``, in hex."""
    return hmac.new(secret.encode(), f"{expires}.{user}".encode("utf-8", "replace"), "sha256").hexdigest()


def is_known(conn: Connection, user_id: str) -> bool:
    """Return whether nothing is to be done by `know`: on file as verified, or not on file at all."""
    identity = identities.find(conn, CHANNEL, user_id)
    return (identity is not None and bool(identity.verified)) or customers.by_number(conn, user_id) is None


def know(conn: Connection, user_id: str, *, now: datetime, ids: Ids) -> None:
    """The shop vouches for ``user_id``: where that is the number of a customer on file, it is them.

    Whoever wrote under this id before the shop knew the number is joined to them.
    """
    known = customers.by_number(conn, user_id)
    if known is None:
        return
    identities.hold_customer(conn, CHANNEL, user_id)
    identity = identities.find(conn, CHANNEL, user_id)
    if identity is None:
        identities.add(
            conn, id=ids.new(), channel=CHANNEL, user_id=user_id, customer_id=known.id, now=now,
            verified=True, evidence=EVIDENCE,
        )  # fmt: skip
    elif not identity.verified:
        linking.link(conn, identity, known.id, evidence=EVIDENCE, now=now)


def kept_secret(path: Path) -> str:
    """Return the secret in ``path``, made at random where there is none yet; its owner alone may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    return path.read_text(encoding="ascii").strip()


def _moment(seconds: str) -> datetime | None:
    if not seconds.isascii() or not seconds.isdecimal() or len(seconds) > 11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
