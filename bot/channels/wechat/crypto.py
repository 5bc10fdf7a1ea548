"""WeChat's signatures, and the envelope that its messages come in (mode ``aes``).

A signature is the SHA-1 of its parts, sorted and joined. The envelope is AES-256-CBC
under the EncodingAESKey, its first half the initial vector, around: 16 random bytes,
the message's length in 4 bytes, the message, the AppID; padded to 32 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_RANDOM = 16
_LENGTH = 4
_BLOCK = 32


class EnvelopeBroken(Exception):
    """What is sealed is not for this account, or was not sealed with its key; the text quotes nothing."""


def is_signed(signature: str, *parts: str) -> bool:
    """Return whether ``signature`` (hex) is that of ``parts``; takes as long for a wrong one as for the right one."""
    expected = hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


class Envelope:
    """Opens what is sealed for one account."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._app_id = app_id.encode()

    def open(self, sealed: str) -> bytes:
        """Return the message inside ``sealed`` (base64). Its signature has to be checked before.

        Raises:
            EnvelopeBroken: it cannot be opened, or names another account.
        """
        try:
            encrypted = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise EnvelopeBroken("is no base64") from None
        if not encrypted or len(encrypted) % (AES.block_size // 8):
            raise EnvelopeBroken("is no whole number of blocks")
        decryptor = Cipher(AES(self._key), CBC(self._key[:16])).decryptor()
        content = _unpadded(decryptor.update(encrypted) + decryptor.finalize())
        start = _RANDOM + _LENGTH
        end = start + int.from_bytes(content[_RANDOM:start], "big")
        if len(content) < start or end > len(content):
            raise EnvelopeBroken("is shorter than it says")
        if not hmac.compare_digest(content[end:], self._app_id):
            raise EnvelopeBroken("is for another AppID")
        return content[start:end]


def _unpadded(content: bytes) -> bytes:
    size = content[-1]
    if not 0 < size <= _BLOCK or content[-size:] != bytes([size]) * size:
        raise EnvelopeBroken("was not sealed with this key")
    return content[:-size]
