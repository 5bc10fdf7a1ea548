"""Phones, e-mail addresses and attributes, unreadable in the database's files where the shop has set a key.

    SHUKE_PRIVACY_STORE_KEY=<key>[,<older key>…]      # 64 bytes each, in base64; `shuke db seal --new-key` makes one

Sealed by AES-SIV (RFC 5297): authenticated, and the same text always gives the same seal, so
that whoever has the key finds a phone by equality as before, and by an index. Who has the
file alone learns no more than which two are equal, as from a keyed hash. Text of before
there was a key is read as it is, until `seal_all` has gone over it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Dialect, String
from sqlalchemy.types import JSON, TypeDecorator

from crm_store.errors import StoreError

MARK = "sealed:"
_KEY_BYTES = 64
_SEALED = "sealed"


class SealError(StoreError):
    """Something sealed cannot be opened, or a key is none; the text says the mend."""


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    cipher: AESSIV


_keys: tuple[_Key, ...] = ()


def use(keys: Sequence[str]) -> None:
    """Seal by the first of these keys from now on, in this process, and open by any; none leaves text as it is.

    Raises:
        SealError: one is not 64 bytes in base64.
    """
    global _keys
    _keys = tuple(_read(key) for key in keys)


def new_key() -> str:
    """Return a key made at random."""
    return base64.b64encode(AESSIV.generate_key(512)).decode()


def present() -> str | None:
    """Return how text begins that is sealed by the present key; None without one."""
    return f"{MARK}{_keys[0].name}:" if _keys else None


def seal(text: str) -> str:
    """Return a text sealed by the present key; as it is, without one."""
    if not _keys:
        return text
    sealed = _keys[0].cipher.encrypt(text.encode(), [MARK.encode()])
    return f"{MARK}{_keys[0].name}:{base64.urlsafe_b64encode(sealed).decode()}"


def opened(text: str) -> str:
    """Return what was sealed, or the text itself where it wasn't.

    Raises:
        SealError: its key is not among ours, or it was tampered with.
    """
    if not text.startswith(MARK):
        return text
    name, _, sealed = text.removeprefix(MARK).partition(":")
    key = next((one for one in _keys if one.name == name), None)
    if key is None:
        raise SealError(f"the database is sealed with key {name}; set SHUKE_PRIVACY_STORE_KEY to it")
    try:
        return key.cipher.decrypt(base64.urlsafe_b64decode(sealed), [MARK.encode()]).decode()
    except (InvalidTag, binascii.Error):
        raise SealError(f"something sealed with key {name} was changed in the database; put a backup back") from None


def _read(text: str) -> _Key:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise SealError("SHUKE_PRIVACY_STORE_KEY: is no key; ./shuke db seal --new-key makes one")
    return _Key(hashlib.sha256(key).hexdigest()[:8], AESSIV(key))


class Sealed(TypeDecorator[str]):
    """A text that is sealed in the database where there is a key."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else opened(value)


class SealedJson(TypeDecorator[dict[str, Any]]):
    """An object that is sealed as a whole in the database where there is a key."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        # An object of this one name is wrapped without a key too: it looks as if it had been sealed.
        if value is None or not (_keys or value.keys() == {_SEALED}):
            return value
        return {_SEALED: seal(orjson.dumps(value).decode())}

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        if isinstance(value, dict) and value.keys() == {_SEALED} and str(value[_SEALED]).startswith((MARK, "{")):
            found: dict[str, Any] = orjson.loads(opened(value[_SEALED]))
            return found
        whole: dict[str, Any] | None = value
        return whole


class SealedInPassing(SealedJson):
    """Sealed as `SealedJson`, of what is soon written anew or deleted: from before there was a key it may stay."""

    cache_ok = True
