"""Choices as numbered lines, for channels that have no buttons.

The numbers are those by which `flows.engine.payloads.typed_option` knows a choice that is typed.
"""

from __future__ import annotations

from collections.abc import Iterable


def numbered(text: str, titles: Iterable[str]) -> str:
    """Return ``text`` with each title on a line of its own: ``1. …``."""
    return "\n".join((text, *(f"{number}. {title}" for number, title in enumerate(titles, start=1))))
