"""What of a timeline or a search somebody wants to see, as the forms of both say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from crm_store.terms import Asked, ask
from crm_store.timeline import GROUPS, OTHER, Filters
from desk.errors import Refused

KINDS = (*GROUPS, OTHER)
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields of the form, as they were filled in."""

    q: str = Query("")
    kind: str = Query("")
    channel: str = Query("")
    since: str = Query("")
    until: str = Query("")
    """Days of the shop, both included."""

    @property
    def asked(self) -> Asked | None:
        """The words that are looked for."""
        return ask(self.q.strip()[:LONGEST])

    def filters(self, zone: ZoneInfo) -> Filters:
        """Return what is asked for by more than words.

        Raises:
            Refused: a field holds what no form of ours sends.
        """
        if self.kind and self.kind not in KINDS:
            raise Refused(422, "form")
        return Filters(
            groups=(self.kind,) if self.kind else (),
            channels=(self.channel,) if self.channel else (),
            since=_begin(self.since, zone),
            until=_begin(self.until, zone, days_later=1),
        )

    def address(self, path: str, before: object) -> str:
        """Return where the next page of the same is."""
        given = {name: value for name in ("q", "kind", "channel", "since", "until") if (value := getattr(self, name))}
        return f"{path}?{urlencode(given | {'before': str(before)})}"


def _begin(day: str, zone: ZoneInfo, *, days_later: int = 0) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=days_later), time(), zone)
    except (ValueError, OverflowError):
        raise Refused(422, "form") from None
