"""What an erasure leaves of an event's data: the figures and codes that reports count by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_KEPT: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "alert": "kind",
        "care": "rule reason message",
        "consent": "purpose value",
        "coupon": "value rule coupon",
        "flow": "flow",
        "goodwill": "number worth currency coupon points approved",
        "handoff": "reason",
        "memory": "fact kind confidence",
        "message": "kind answers reason message",
        "opportunity": "opportunity stage value",
        "order": "order_no status",
        "points": "points balance owed lapsed forgiven",
        "profile": "field",
        "promise": "promise kind due_at",
        "feedback": "kind score scale",
        "mood": "after_s",
        "survey": "question score",
        "ticket": "number category priority due_at open_s order_no",
        "tier": "from to",
    }.items()
}
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
# Whom somebody may be: that alone would say who a tombstone was.
REMOVED = ("identity.suggested",)
"""Kinds of entries that an erasure takes out altogether."""


def reduced(kind: str, data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what may stay of an event's data; None where nothing may."""
    names = _KEPT.get(kind.partition(".")[0], frozenset())
    left = {name: value for name, value in (data or {}).items() if name in names and _says_nothing(value)}
    return left or None


def _says_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return _CODE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)
