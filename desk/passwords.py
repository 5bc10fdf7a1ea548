"""Passwords: hashed by Argon2, off the event loop and a few at a time, since each takes 64 MiB while it is hashed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from random import Random

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256
"""Characters; longer ones would let a stranger have us hash what they like."""
AT_ONCE = 2
MOST_WAITING = 16


class TooBusy(Exception):
    """Too many passwords wait to be looked at; nothing was looked at."""


def generated(chance: Random) -> str:
    """Return a password that nobody has thought of: 118 bits in six groups of four letters and digits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(chance.choice(letters) for _ in range(4)) for _ in range(6))


def hashed(password: str) -> str:
    """Return the hash to keep of a password; takes some tens of milliseconds."""
    return PasswordHasher().hash(password)


class Passwords:
    """Looks at passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._waiting = 0
        # Looked at where there is no such account: that has to take as long as where there is.
        self._nobodys = self._hasher.hash("the password of nobody")

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Return whether ``password`` is the one of the hash ``kept``; None takes as long, and is never right.

        Raises:
            TooBusy: too many others wait.
        """
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._threads, self._verified, password, kept or self._nobodys)
        finally:
            self._waiting -= 1
        return right and kept is not None

    async def newer(self, password: str, kept: str) -> str | None:
        """Return a new hash of a right password where ``kept`` was made with other parameters than today's."""
        if not self._hasher.check_needs_rehash(kept):
            return None
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)

    def _verified(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
