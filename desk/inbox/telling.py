"""One entry of the history, in words that a colleague reads at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from desk.inbox.relabelling import Meant, meant_by
from desk.words import Words

TALK_KINDS = (
    "message.",
    "note",
    "ticket.",
    "handoff.",
    "order.",
    "care.sent",
    "conversation.",
    "promise.",
    "approval.",
    "consent.",
)
"""What a conversation shows; the customer's own page has everything."""

NO_STATES: Mapping[str, Any] = MappingProxyType({})
_NAMED = {
    "category": "category",
    "priority": "priority",
    "reason": "reason",
    "purpose": "purpose",
    "kind": "fact",
    "stage": "deal",
    "by": "match",
    "channel": "channel",
    "evidence": "evidence",
}
_MATTERS = ("text", "about")
"""What a promise, a task or an approval is about, where the history tells of one."""
_MOMENTS = ("due_at", "new_due_at", "until")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as it is shown: what somebody said (``in``, ``out``, ``note``) or what happened (``event``)."""

    key: int
    side: Literal["in", "out", "note", "event"]
    at: datetime
    by: str
    """``customer``, ``bot``, ``care`` or the like, or a colleague's name."""
    agent: bool
    text: str
    channel: str | None
    ref: str | None
    state: str = ""
    """What became of what a colleague wrote, and of what could not be delivered."""
    bad: bool = False
    meant: Meant | None = None
    """What a customer's message was taken for, where a conversation is shown."""


def tell(
    entries: Iterable[Any],
    titles: Mapping[str, str],
    t: Words,
    *,
    talk_only: bool = False,
    states: Mapping[str, Any] = NO_STATES,
    lessons: Mapping[str, Any] | None = None,
) -> list[Told]:
    """Return entries of the history as they are shown.

    ``titles`` are those of the buttons by payload, ``states`` the messages' in the outbox by reference. Given
    ``lessons``, what people say that messages meant, it is told what each was taken for.
    """
    return [
        _told(entry, titles, t, states, lessons)
        for entry in entries
        if not talk_only or entry.kind.startswith(TALK_KINDS)
    ]  # fmt: skip


def _told(
    entry: Any, titles: Mapping[str, str], t: Words, states: Mapping[str, Any], lessons: Mapping[str, Any] | None
) -> Told:  # fmt: skip
    side: Literal["in", "out", "note", "event"]
    match entry.kind:
        case "message.in":
            side, text = "in", _said(entry, titles, t)
        case "message.out" | "care.sent" if entry.text:
            side, text = "out", entry.text
        case "note":
            side, text = "note", entry.text or ""
        case _:
            side, text = "event", _event(entry, t)
    agent = entry.by.startswith(("agent:", "user:"))
    by = entry.by.partition(":")[2] if agent else t.named("message", entry.by)
    found = states.get(entry.ref) if side == "out" else None
    state, bad = _state(found, t, agent=agent) if found is not None else ("", False)
    meant = meant_by(entry, lessons.get(entry.ref), t) if lessons is not None else None
    return Told(entry.id, side, entry.at, by, agent, text, entry.channel, entry.ref, state, bad, meant)


def _state(found: Any, t: Words, *, agent: bool) -> tuple[str, bool]:
    """Return how a message stands, and whether it never arrived; that one of the bot's was sent goes without saying."""
    why = t.named("skip", found.error)
    if found.status in ("failed", "skipped"):
        return t("state.failed", why=why), True
    if found.status == "queued" and why:
        return t("state.queued_again", why=why), False
    if found.status == "sent" and not agent:
        return "", False
    return t(f"state.{found.status}"), False


def _said(entry: Any, titles: Mapping[str, str], t: Words) -> str:
    if entry.text:
        return str(entry.text)
    data = entry.data or {}
    if (payload := data.get("payload")) is not None:
        return t("talk.pressed", title=titles.get(payload, payload))
    if (kind := data.get("attachment")) is not None:
        kind = kind.get("kind", "") if isinstance(kind, dict) else kind
        return t("talk.attachment", kind=t.named("message", str(kind)))
    return t("talk.attachment", kind=", ".join(t.named("message", name) for name in data) or "?")


def _event(entry: Any, t: Words) -> str:
    data = entry.data or {}
    values: defaultdict[str, str] = defaultdict(str)
    for name, value in data.items():
        if name in _NAMED:
            values[name] = t.named(_NAMED[name], value)
        elif name in _MATTERS:
            values[name] = t.matter(str(value or ""))
        elif name == "flow":
            values[name] = t.named("flow", value)
        elif name in _MOMENTS and value:
            values[name] = t.short(str(value), entry.at)
        elif name == "value" and isinstance(value, bool):
            values[name] = t.named("consent", "yes" if value else "no")
        elif not isinstance(value, dict | list) and value is not None:
            values[name] = str(value)
    if entry.kind == "handoff.transferred":
        to = data.get("to")
        values["to"] = t("talk.team", name=to) if data.get("team") else t.named("message", to)
    wording = t.texts.get(f"event.{entry.kind}")
    if wording is not None:
        return wording.format_map(values).strip()
    return " · ".join([entry.kind, *(f"{name} {value}" for name, value in values.items())])
