"""What the desk says, in the language that whoever sits there has chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from crm_store.identities import ERASED

LANGUAGES = ("zh", "en")
_ANONYMOUS = re.compile(r"(?:webchat:)?anon:.*(.{4})")
FAMILIES = (
    "action", "category", "channel", "consent", "coupon", "deal", "event", "evidence", "facet", "fact", "flow",
    "intent", "item", "kept", "kind", "language", "match", "matter", "message", "month", "mood", "order", "pages",
    "pause", "priority", "purpose", "reason", "relation", "role", "rule", "said", "scrub", "skip", "stage", "state",
    "status", "step", "switch", "tier", "type", "weekday", "when", "wrong",
)  # fmt: skip
"""Sections whose keys come from data: ``reason.angry``. What has no word there is shown as it is."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, and how it writes times; moments are shown in the shop's zone."""

    language: str
    texts: Mapping[str, str]
    zone: ZoneInfo

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its values filled in.

        Raises:
            KeyError: there is no such text.
        """
        return self.texts[key].format(**values)

    def named(self, family: str, key: str | None) -> str:
        """Return what something is called, or its own name where the family has none."""
        return self.texts.get(f"{family}.{key}", str(key or ""))

    def matter(self, text: str) -> str:
        """Return what a task or a promise is about; its first word may be a name of ours (``order.cancel A10293``)."""
        first, blank, rest = text.partition(" ")
        return self.named("matter", first) + blank + rest

    def called(self, name: str | None) -> str:
        """Return what somebody is called on a page: who has no name on the web has only a number nobody can read."""
        if name is not None and ERASED in name:
            return self("privacy.forgotten")
        if name is None or not (found := _ANONYMOUS.fullmatch(name)):
            return name or ""
        return self("desk.visitor", end=found[1])

    def ago(self, moment: datetime | str, now: datetime) -> str:
        """Return how long ago a moment was, as people say it."""
        return self("time.ago", span=self.span(now - _moment(moment)))

    def since(self, moment: datetime | str, now: datetime) -> str:
        """Return how much time has passed since a moment."""
        return self.span(now - _moment(moment))

    def span(self, length: timedelta) -> str:
        """Return a length of time in its two largest units, minutes at least."""
        minutes = max(int(length.total_seconds()) // 60, 0)
        if minutes < 1:
            return self("time.moment")
        if minutes < 60:
            return self("time.minutes", n=minutes)
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            return self("time.hours", n=hours, minutes=f"{minutes:02}")
        return self("time.days", n=hours // 24, hours=hours % 24)

    def day(self, moment: datetime | str) -> str:
        """Return the day of a moment."""
        local = _moment(moment).astimezone(self.zone)
        weekday = self(f"weekday.{local.weekday()}")
        return self("time.day", year=local.year, month=self(f"month.{local.month}"), day=local.day, weekday=weekday)

    def clock(self, moment: datetime | str) -> str:
        """Return the time of day of a moment."""
        return f"{_moment(moment).astimezone(self.zone):%H:%M}"

    def short(self, moment: datetime | str, now: datetime) -> str:
        """Return a moment as short as it is clear: the time of day for today, else with its day."""
        local, today = _moment(moment).astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def words(language: str, zone: ZoneInfo) -> Words:
    """Return the words of a language, ``zh`` or ``en``."""
    return Words(language, texts_of(language), zone)


@cache
def texts_of(language: str) -> Mapping[str, str]:
    """Return every text of a language by its key, such as ``queue.title``."""
    path = Path(__file__).with_name(f"{language}.yml")
    sections: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, texts in sections.items() for key, text in texts.items()}


def preferred(accepted: str | None, default: str) -> str:
    """Return the language that a browser likes best (``Accept-Language``) of those that we speak."""
    liked: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        name, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if (language := name[:2].lower()) in LANGUAGES:
            liked.append((weight, language))
    best = max(liked, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] > 0 else default


def _moment(moment: datetime | str) -> datetime:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment
