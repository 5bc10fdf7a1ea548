"""What the HTTP server takes from whom: how much, how fast, by path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ports import Rate

KIB = 1024
UNLIMITED_PATHS = ("/healthz", "/readyz", "/metrics")
"""Asked by machines of the operator, again and again."""
MOST_ADDRESSES = 20_000
"""Callers counted one by one; whoever comes on top of them shares one count."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one address may do below ``path``, with any method or ``posting`` alone."""

    name: str
    path: str
    body: int
    """Bytes that the body of a request may have."""
    rate: Rate
    posting: bool = False
    shared: bool = False
    """Counted in the database too, for all processes and over restarts: where guessing would pay."""


_USUAL = Rate(every=timedelta(seconds=1) / 20, burst=100)
_CHAT_READS = Rate(every=timedelta(seconds=1) / 50, burst=400)
_CHAT_FILES = Rate(every=timedelta(seconds=1) / 200, burst=2000)
RULES = (
    # A password costs a third of a second to check; nobody mistypes theirs ten times a minute.
    Rule("sign-in", "/desk/sign-in", 16 * KIB, Rate(every=timedelta(seconds=12), burst=10), posting=True, shared=True),
    # An office, or a phone company's customers of one town, share an address. Fifty who each write every ten
    # seconds send 5 a second, which the chat itself allows an address (in the database, for all processes);
    # twice that here keeps a flood from costing transactions, and never speaks before the chat does.
    Rule("chat sends", "/chat/", 64 * KIB, Rate(every=timedelta(seconds=1) / 10, burst=200), posting=True),
    # Where no line can be kept open a page asks every 4 seconds: that is 200 pages, and 400 that come back at once.
    Rule("chat reads", "/chat/messages", 64 * KIB, _CHAT_READS),
    Rule("chat reads", "/chat/stream", 64 * KIB, _CHAT_READS),
    # From memory, some 11 for each page that opens anew: 180 of them in the same second.
    Rule("chat files", "/chat", 64 * KIB, _CHAT_FILES),
    Rule("chat files", "/widget.js", 64 * KIB, _CHAT_FILES),
    # All the people of a shop may come from one address, each with pages that keep themselves up to date.
    Rule("desk", "/desk", 64 * KIB, Rate(every=timedelta(seconds=1) / 100, burst=400)),
    # A platform calls from few addresses, for all of its customers at once.
    Rule("hooks", "/hooks/", 1024 * KIB, Rate(every=timedelta(seconds=1) / 100, burst=400)),
    Rule("api", "/api/", 1024 * KIB, _USUAL),
    Rule("other", "/", 64 * KIB, _USUAL),
)
"""The first that fits holds; the last one fits all."""


def rule_for(method: str, path: str, rules: Sequence[Rule] = RULES) -> Rule:
    """Return the rule for a request."""
    posts = method not in ("GET", "HEAD", "OPTIONS")
    return next(rule for rule in rules if path.startswith(rule.path) and (posts or not rule.posting))


class Counts:
    """What this process has let through, by rule and caller: the pre-filter that costs no transaction.

    The same algorithm as `crm_store.budgets`, in memory.
    """

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._full_at: dict[tuple[str, str], float] = {}

    def take(self, rule: Rule, caller: str, *, now: datetime) -> timedelta:
        """Count a request; return zero, or how long to wait, and then it is not counted."""
        present, every = now.timestamp(), rule.rate.every.total_seconds()
        key = self._key(rule, caller, present)
        full_at = max(self._full_at.get(key, present), present) + every
        if (too_early := full_at - present - rule.rate.burst * every) > every / 1000:
            return timedelta(seconds=too_early)
        self._full_at[key] = full_at
        return timedelta(0)

    def _key(self, rule: Rule, caller: str, present: float) -> tuple[str, str]:
        key = rule.name, caller
        if key in self._full_at or len(self._full_at) < self._most:
            return key
        self._full_at = {known: full_at for known, full_at in self._full_at.items() if full_at > present}
        return key if len(self._full_at) < self._most else (rule.name, "everybody else")


def in_whole_seconds(wait: timedelta) -> str:
    """Return a wait as Retry-After has it."""
    return str(math.ceil(wait.total_seconds()))
