"""Change what a customer's profile says: read back before it counts, and for the owner alone where it matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import history, profile, zones
from crm_store.birthdays import check_birthday
from crm_store.customers import Birthday
from crm_store.memory import Said
from flows.actions import ActionContext, action
from flows.engine.values import phrase
from flows.leap_days import asks_rule, rule_of
from flows.relationship.remembering import keep_fact
from nlu.facts_said import FactSaid
from nlu.profile_said import FIELDS, read_profile, value_of

OPEN = ("called", "language", "timezone")
"""What anybody may set for the talk that they have themselves; all else is the owner's."""
_ENTITIES = ("phone", "email", "birthday", "city", "language")
_NO_WORDS = ("跳过", "skip")


@action(
    "read_change",
    gives=("asks_owner", "known"),
    may_give=("field", "new", "days", "problem", "asks_rule"),
    only_reads=True,
)
def read_change(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return which ``field`` of the profile is to be changed, and to what.

    ``known`` is whether the new value is there, ``new`` is it as it is read back; ``days`` are the readings of
    a birthday that can be read in two ways, ``problem`` is true where a birthday can be none. ``asks_owner``
    says that only the owner may change it, ``asks_rule`` that a birthday is 29 February, which its owner keeps
    by their own rule in other years.
    """
    field, value = _wished(args)
    if field is None:
        return {"asks_owner": False, "known": False}
    found: dict[str, Any] = {"field": field, "asks_owner": field not in OPEN, "known": value is not None}
    if field == "birthday" and isinstance(value, dict):
        return found | _birthday(value, str(args.get("day") or ""), str(args.get("calendar") or ""), context.language)
    if value is not None:
        found["new"] = phrase(f"profile_{field}", value=_shown(field, value, context.language))
    return found


@action("change_profile", gives=("changed", "proved"), may_give=("new",))
def change_profile(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change it; ``changed`` is false where it was so already, ``proved`` where a new phone has yet to be."""
    field, value = _wished(args)
    if field is None or value is None or (field not in OPEN and not context.verified):
        return {"changed": False, "proved": True}
    read = read_change(context, args)
    said = Said(context.message, conversation_id=context.conversation_id, channel=context.channel)
    if field == "birthday":
        born = _chosen(value, str(args.get("day") or ""), str(args.get("calendar") or ""), context.language)
        changed = born is not None and profile.change_birthday(
            context.conn, context.customer_id, born, said, now=context.now,
            feb29=rule_of(args.get("kept_on")) if asks_rule(born) else None,
        )  # fmt: skip
    elif field == "called":
        keep_fact(context, FactSaid("called", str(value), str(value)), context.message)
        if _is_new(context):
            context.record("profile.changed", {"field": "called"})
        changed = True
    elif field == "timezone":
        changed = zones.say(context.conn, context.customer_id, str(value), said, now=context.now)
    else:
        changed = profile.change(context.conn, context.customer_id, field, str(value), said, now=context.now)
    return {"changed": changed, "proved": field != "phone" or not changed, "new": read.get("new")}


def _is_new(context: ActionContext) -> bool:
    """Return whether a fact was learnt from this very message, by the flow or before it."""
    newest = history.newest(context.conn, context.customer_id, ("memory.learned",), most=1)
    return bool(newest) and newest[0].data["source"] == context.message


def _wished(args: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return the field and its new value, as far as the flow knows them; what was said last counts."""
    said = read_profile(str(args.get("request") or ""))
    field = args.get("field") or said.field
    named = [name for name in _ENTITIES if args.get(name) is not None]
    if field is None or (field not in named and len(named) == 1 and said.value is None and not args.get("field")):
        field = named[0] if len(named) == 1 else field
    if field not in FIELDS:
        return None, None
    if field in named:
        return field, args.get(field)
    if (typed := args.get("value")) and str(typed) not in _NO_WORDS:
        return field, value_of(field, str(typed), asked=True)
    return field, said.value if said.field == field else None


def _birthday(value: Mapping[str, Any], day: str, calendar: str, language: str) -> dict[str, Any]:
    readings = value.get("ambiguous") or [value]
    born = _chosen(value, day, calendar, language)
    if born is not None:
        new = phrase("profile_birthday", value=_day(born, language))
        return {"known": True, "new": new, "asks_rule": asks_rule(born)}
    if len(readings) > 1:
        return {"known": False, "days": [_day(_born(one), language) for one in readings]}
    return {"known": False, "problem": True}


def _chosen(value: Any, day: str, calendar: str, language: str) -> Birthday | None:
    """Return the birthday that is meant: the reading that was chosen, in the calendar that was chosen."""
    if not isinstance(value, Mapping):
        return None
    readings = [_born(one) for one in value.get("ambiguous") or [value]]
    fitting = [one for one in readings if not day or _day(one, language) == day or len(readings) == 1]
    if len(fitting) != 1:
        return None
    born = fitting[0]
    if calendar:
        born = Birthday(born.month, born.day, born.year, calendar)
    try:
        check_birthday(born)
    except ValueError:
        return None
    return born


def _born(reading: Mapping[str, Any]) -> Birthday:
    return Birthday(
        int(reading["month"]), int(reading["day"]), reading.get("year"), str(reading.get("calendar") or "solar"),
        bool(reading.get("leap_month")),
    )  # fmt: skip


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def _day(born: Birthday, language: str) -> str:
    if language == "zh":
        year = f"{born.year}年" if born.year else ""
        leap = "闰" if born.leap_month else ""
        return f"{'农历' if born.calendar == 'lunar' else '公历'}{year}{leap}{born.month}月{born.day}日"
    lunar = " (lunar)" if born.calendar == "lunar" else ""
    month = f"lunar month {born.month}" if lunar else _MONTHS[born.month - 1]
    year = f" {born.year}" if born.year else ""
    return f"{born.day} {month}{year}" if not lunar else f"day {born.day} of {month}{year}"


def _shown(field: str, value: Any, language: str) -> str:
    if field == "language":
        own = {"zh": {"zh": "中文", "en": "英文"}, "en": {"zh": "Chinese", "en": "English"}}
        return own[language if language in own else "en"].get(str(value), str(value))
    return str(value)
