"""Occasions: whom a rule means, and when, in any stretch of time.

Everything here only reads. The occasions of a stretch are those of its pieces
together, however it is cut, so the clock may look as often or as seldom as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, select

from care.calendar import birthday_moments, birthdays_near, dates_near, moment_of, zone_named
from care.rules import BIRTHDAY, Rule
from care.settings import CareSettings
from crm_store import zones
from crm_store.customers import birthday_of, customers
from crm_store.history import history

_BORN = select(
    customers.c.id, customers.c.timezone, customers.c.phone, customers.c.feb29, customers.c.birth_year,
    customers.c.birth_month, customers.c.birth_day, customers.c.birth_calendar, customers.c.birth_leap,
).where(
    customers.c.birth_month == bindparam("month"),
    customers.c.birth_day.between(bindparam("first"), bindparam("last")),
    func.coalesce(customers.c.birth_calendar, "solar") == bindparam("calendar"),
)  # fmt: skip
_EVENT = select(
    history.c.id, history.c.at, history.c.customer_id, history.c.data, customers.c.timezone, customers.c.phone
).join(customers, customers.c.id == history.c.customer_id)
_EVENTS = _EVENT.where(
    history.c.kind == bindparam("kind"), history.c.at > bindparam("after"), history.c.at <= bindparam("until")
).order_by(history.c.at, history.c.id)
_EVENTS_OF = _EVENT.where(history.c.customer_id == bindparam("customer_id"), history.c.kind == bindparam("kind"))
_SINCE = select(history.c.data).where(
    history.c.customer_id == bindparam("customer_id"),
    history.c.id > bindparam("after"),
    history.c.kind == bindparam("kind"),
)
_FIRST_LOOK = timedelta(days=1)
_MOVED = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment at which a rule has something to say to a customer."""

    due_at: datetime
    rule: str
    customer_id: str
    key: str
    """Names the occasion for ever: ``CUSTOMER:birthday:2026``, ``complaint_follow_up:T-1042:RESOLVED_AT``."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What it is about: the date of a birthday, or the data of the event."""

    def order(self) -> tuple[datetime, str, str, str]:
        return self.due_at, self.rule, self.customer_id, self.key


def occasions(
    conn: Connection, rules: Mapping[str, Rule], *, since: datetime, until: datetime, settings: CareSettings
) -> list[Occasion]:
    """Return what is due in (since, until], in the order in which it is due."""
    found: list[Occasion] = []
    for rule in rules.values():
        if rule.on == BIRTHDAY:
            found += _birthdays(conn, rule, since, until, settings)
        else:
            found += _after_events(conn, rule, since, until, settings)
    return sorted(found, key=Occasion.order)


def next_due(
    conn: Connection, rules: Mapping[str, Rule], *, after: datetime, until: datetime, settings: CareSettings
) -> datetime | None:
    """Return the first moment in (after, until] at which something is due, or None."""
    since, step = after, _FIRST_LOOK
    while since < until:
        upto = min(since + step, until)
        if found := occasions(conn, rules, since=since, until=upto, settings=settings):
            return found[0].due_at
        since, step = upto, step * 2
    return None


def still_stands(conn: Connection, rule: Rule, customer_id: str, key: str) -> bool:
    """Return whether nothing has called the occasion off since (see `Rule.unless`)."""
    if rule.unless is None:
        return True
    events = conn.execute(_EVENTS_OF, {"customer_id": customer_id, "kind": rule.on})
    return not any(_key(rule, event) == key and _called_off(conn, rule, event) for event in events)


def _birthdays(
    conn: Connection, rule: Rule, since: datetime, until: datetime, settings: CareSettings
) -> Iterator[Occasion]:
    at = rule.at or settings.care_at
    for row in _born_near(conn, dates_near(since, until, at)):
        birthday = birthday_of(row)
        if birthday is None:
            continue
        moments = birthday_moments(
            birthday, at=at, zone=zone_named(zones.of_row(row), settings.zone), since=since, until=until,
            on_1_march=row.feb29 == "mar1",
        )  # fmt: skip
        for year, day, moment in moments:
            yield Occasion(moment, rule.name, row.id, f"{row.id}:{rule.name}:{year}", {"date": day.isoformat()})


def _born_near(conn: Connection, dates: tuple[Any, Any]) -> Iterable[Any]:
    found: dict[str, Any] = {}
    for days in birthdays_near(*dates):
        piece = {"calendar": days.calendar, "month": days.month, "first": days.first, "last": days.last}
        found.update((row.id, row) for row in conn.execute(_BORN, piece))
    return found.values()


def _after_events(
    conn: Connection, rule: Rule, since: datetime, until: datetime, settings: CareSettings
) -> Iterator[Occasion]:
    # The time of day, changed clocks, missing dates and quiet hours move what is due away
    # from the bare distance, by less than three days either way.
    distance = rule.delay or timedelta(days=rule.days)
    span = {"kind": rule.on, "after": since - distance - _MOVED, "until": until - distance + _MOVED}
    for event in conn.execute(_EVENTS, span):
        due_at = _due_after(rule, event.at, zone_named(zones.of_row(event), settings.zone), settings)
        if since < due_at <= until and rule.applies_to(event.data or {}) and not _called_off(conn, rule, event):
            yield Occasion(due_at, rule.name, event.customer_id, _key(rule, event), dict(event.data or {}))


def _due_after(rule: Rule, happened_at: datetime, zone: ZoneInfo, settings: CareSettings) -> datetime:
    if rule.delay is None:
        day = happened_at.astimezone(zone).date() + timedelta(days=rule.days)
        return moment_of(day, rule.at or settings.care_at, zone)
    due_at = happened_at + rule.delay
    local = due_at.astimezone(zone)
    if not settings.is_quiet(local.time()):
        return due_at
    later_today = local.time() < settings.quiet_until
    return moment_of(local.date() + timedelta(days=0 if later_today else 1), settings.quiet_until, zone)


def _called_off(conn: Connection, rule: Rule, event: Any) -> bool:
    if rule.unless is None:
        return False
    subject = (event.data or {}).get(rule.unless.same)
    since = {"customer_id": event.customer_id, "after": event.id, "kind": rule.unless.kind}
    return any((row.data or {}).get(rule.unless.same) == subject for row in conn.execute(_SINCE, since))


def _key(rule: Rule, event: Any) -> str:
    data = event.data or {}
    subject = data.get("number") or data.get("order_no") or f"#{event.id}"
    return f"{rule.name}:{subject}:{event.at.astimezone(UTC).isoformat()}"
