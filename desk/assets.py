"""The files that a browser loads: read once, served under their own hash, so that they may be kept for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    media_type: str
    mark: str
    """The beginning of its SHA-256: another content has another address."""


def address_of(name: str) -> str:
    """Return where a page finds a file."""
    return f"/desk/static/{name}?{load()[name].mark}"


@cache
def load() -> dict[str, Asset]:
    """Return every file that is served, by its path below ``static/``."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if (media_type := _TYPES.get(path.suffix)) is not None:
            content = path.read_bytes()
            mark = hashlib.sha256(content).hexdigest()[:12]
            found[path.relative_to(STATIC).as_posix()] = Asset(content, media_type, mark)
    return found
