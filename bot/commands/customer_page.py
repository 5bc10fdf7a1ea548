"""A customer on one screen, as whoever takes over reads it: lines of text from `crm_store.taking_over.page`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_store.conversations import BOT, QUEUE
from crm_store.showing import SHORT_ID

_BY_WIDTH = 10
_WORDS = 60
_TOLD = {
    "typed_phone": "whose phone was typed at {at}",
    "typed_email": "whose e-mail address was typed at {at}",
    "same_phone": "who has the same phone on file",
    "same_email": "who has the same e-mail address on file",
}
"""Whom a customer may be, by what tells it (`crm_store.suggesting`)."""


def lines(page: Mapping[str, Any], zone: ZoneInfo, *, now: datetime) -> Iterator[str]:
    """Yield the lines of a page; moments are written in ``zone``."""
    name = page["name"] or "no name yet"
    tier = " ".join(filter(None, [page["tier"], "member" if page["member"] else "no member"]))
    yield " · ".join(filter(None, [name, page["customer_id"], tier, page["language"], page["timezone"]]))
    for one in page["identities"]:
        marks = "verified" if one["verified"] else "not verified"
        yield f"  {one['channel']}:{one['user_id']}  {marks}{'' if one['reachable'] else ', has left or blocked us'}"
    for maybe in page["suggestions"]:
        told = _TOLD[maybe["by"]].format(at=short(maybe["at"], zone))
        yield f"  perhaps {maybe['customer']}, {told}; nothing proves it"
    yield "  consent: " + ", ".join(f"{name} {'yes' if given else 'no'}" for name, given in page["consent"].items())
    yield _standing(page, zone, now)
    if moods := page["mood"]:
        felt = ", ".join(f"{mood['sentiment']:+.1f}" for mood in moods)
        yield f"mood of the last messages, newest first (-1 to +1): {felt}; urgency {moods[0]['urgency']:.1f}"
    yield from _cases(page["tickets"], zone)
    yield from _orders(page["orders"], zone)
    expiring = page["points_expiring"]
    until = f", {expiring['points']:,} of them until {short(expiring['at'], zone)}" if expiring else ""
    yield f"points: {page['points']:,}{until}"
    yield "last messages:" if page["timeline"] else "last messages: none"
    for entry in page["timeline"]:
        name = f"  {entry['id'][-SHORT_ID:]}" if "id" in entry else ""
        # What has several lines stays in its column.
        words = _told(entry, zone).replace("\n", "\n" + " " * (_BY_WIDTH + 16))
        yield f"  {short(entry['at'], zone)}  {entry['by']:<{_BY_WIDTH}} {words}{name}"


def short(moment: str, zone: ZoneInfo) -> str:
    """Return a moment given as ISO 8601 as ``11-23 03:06`` in ``zone``."""
    return f"{datetime.fromisoformat(moment).astimezone(zone):%m-%d %H:%M}"


def lasted(span: timedelta) -> str:
    """Return a span as people say it: ``12 min``, ``3 h 05 min``, ``2 d 4 h``."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def cut(words: str | None) -> str:
    """Return words on one line, cut where they are long."""
    flat = " ".join((words or "").split())
    return flat if len(flat) <= _WORDS else f"{flat[: _WORDS - 1]}…"


def why_here(reason: str | None, handed_on_by: str | None) -> str:
    """Say in some words how a conversation came to people."""
    ways = [reason, f"handed on by {handed_on_by}" if handed_on_by else None]
    return ", ".join(filter(None, ways)) or "taken by a colleague"


def _standing(page: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    handoff, owner = page["handoff"], page["owner"]
    if owner == BOT or handoff is None:
        return "the bot has the conversation"
    why = why_here(handoff["reason"], handoff["handed_on_by"])
    if owner == QUEUE:
        waited = lasted(now - datetime.fromisoformat(handoff["waiting_since"]))
        whom = f"the team {handoff['team']}" if handoff["team"] else "a person"
        return f"waits for {whom} since {short(handoff['waiting_since'], zone)} ({waited}): {why}"
    asked = f", asked for at {short(handoff['asked_at'], zone)}" if handoff["asked_at"] else ""
    asleep = f"; snoozed until {short(page['snoozed_until'], zone)}" if page["snoozed_until"] else ""
    return f"{owner.removeprefix('agent:')} has the conversation: {why}{asked}{asleep}"


def _cases(cases: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[str]:
    yield "cases:" if cases else "cases: none"
    for case in sorted(cases, key=lambda one: one["status"] != "open"):
        due = f", answer due {short(case['due_at'], zone)}" if case["status"] == "open" else ""
        about = f", order {case['order_no']}" if case["order_no"] else ""
        yield (
            f"  {case['number']} {case['status']}: {case['category']}, {case['priority']}{about}, "
            f"opened {short(case['opened_at'], zone)}{due}: {cut(case['summary'])}"
        )


def _orders(orders: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[str]:
    yield "last orders:" if orders else "last orders: none"
    for order in orders:
        items = ", ".join(f"{item['quantity']} {item['sku']}" for item in order["items"])
        parcel = " ".join(filter(None, [order["carrier"], order["tracking_no"]]))
        eta = f"expected {short(order['eta'], zone)}" if order["eta"] and order["status"] == "shipped" else None
        parts = filter(None, [f"ordered {short(order['ordered_at'], zone)}", items, parcel, eta])
        yield f"  {order['order_no']} {order['status']}: {', '.join(parts)}"


def _told(entry: Mapping[str, Any], zone: ZoneInfo) -> str:
    kind, data = entry["kind"], entry.get("data") or {}
    match kind.partition("."):
        case ("message", ".", "failed"):
            return f"(could not be delivered: {data.get('reason')})"
        case ("message", ".", _):
            return _said(entry)
        case ("note", _, _):
            return f"(note) {entry['text']}"
        case ("care", ".", _):
            return f"({data.get('rule')}) {entry.get('text', '')}"
        case ("ticket", ".", step):
            due = f", due {short(data['due_at'], zone)}" if step in ("opened", "reopened") else ""
            return f"({data['number']} {step}: {data['category']}, {data['priority']}{due})"
        case ("handoff", ".", "transferred"):
            return f"(handed on to {data['to']})"
        case ("handoff", ".", "requested"):
            return f"(waits for a person: {data['reason']})"
        case ("handoff", ".", "returned"):
            return f"(back to the bot: {data['reason']})"
        case ("handoff", _, _):
            return "(takes over)"
    return f"(order {data.get('order_no')} {kind.partition('.')[2]})"


def _said(entry: Mapping[str, Any]) -> str:
    if entry.get("text"):
        return str(entry["text"])
    if "pressed" in entry:
        return f"[{entry['pressed']}]"
    data = entry.get("data") or {}
    return f"({data.get('attachment') or ', '.join(data) or 'nothing'})"
