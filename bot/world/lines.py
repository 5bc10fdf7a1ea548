"""A line of the virtual world's input, read and checked whole before anything of it happens."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from bot.channels.edge import storable
from bot.desk_actions import ACTIONS
from bot.errors import ShukeError
from bot.messages import Inbound
from crm_store.imports import KINDS
from crm_store.orders import STATUSES

CHANNELS = ("telegram", "wechat", "wecom", "webchat", "terminal")
ATTACHMENTS = ("photo", "voice", "sticker", "file", "location")
EVENTS = ("follow", "unfollow", "blocked", "delivered", "read", "clicked", "link")
SHOP_EVENTS = tuple(f"order.{status}" for status in STATUSES)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Where the world ends: a mistyped year must not run the care of a thousand years."""

_DEEPEST = 16
_EXAMPLE_MOMENT = "2026-11-23T09:00:00+08:00"
_WAYS_TO_SPEAK = ("text", "payload", "attachment", "contact", "event")
_FORMS = ("load", "shop", "show", "agent", "customer")


class LineRefused(ShukeError):
    """A line that the world cannot act on; the text says what is wrong with it and how to mend it."""


@dataclass(frozen=True, slots=True)
class Speaks:
    """A customer does something. ``inbound.external_id`` is empty where the line gives no message_id."""

    inbound: Inbound


@dataclass(frozen=True, slots=True)
class Acts:
    """An agent does something about a customer; ``channel`` is None where any will do."""

    agent: str
    action: str
    customer: str
    channel: str | None
    text: str | None
    ticket: str | None
    due: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Loads:
    """Rows of the shop's data, with the import's columns."""

    kind: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Happens:
    """The shop's own system says what became of an order."""

    event: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shows:
    """Somebody looks at a customer: a customer_id, an internal id or ``CHANNEL:USER``."""

    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """What a line asks for. ``customer`` and ``channel`` say whose state is told after it."""

    deed: Speaks | Acts | Loads | Happens | Shows | None = None
    at: datetime | None = None
    reset: bool = False
    customer: str | None = None
    channel: str | None = None

    @property
    def text(self) -> str | None:
        """The customer's words on this line; None where it has none (a button, a photo, an agent's line)."""
        return self.deed.inbound.text if isinstance(self.deed, Speaks) else None


def read_line(raw: bytes) -> Line:
    """Read a line of JSON.

    Raises:
        LineRefused: it is no JSON object in UTF-8, or not one that asks for something.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as exc:
        raise LineRefused(f"is not UTF-8 at byte {exc.start + 1}; save the input as UTF-8") from None
    except json.JSONDecodeError as exc:
        raise LineRefused(f"is no JSON at column {exc.colno}: {exc.msg}; write one object a line") from None
    except RecursionError:
        _refuse_depth()
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise LineRefused("holds a number that is too long; write it as text") from None
    if not isinstance(value, dict):
        raise LineRefused(f"is a JSON {_json_name(value)}; a line has to be an object")
    return line_of(value)


def line_of(given: Mapping[str, Any]) -> Line:
    """Return what a line asks for; keys that mean nothing here are ignored.

    Raises:
        LineRefused: naming the key, what is wrong with it and the mend.
    """
    # A key with null is a key left out.
    line = {key: value for key, value in _clean(given, 0).items() if value is not None}
    at = _moment(line["at"]) if "at" in line else None
    reset = line.get("reset", False)
    if not isinstance(reset, bool):
        raise LineRefused('reset has to be true; write {"reset": true}')
    if reset:
        return Line(at=at, reset=True)
    form = next((form for form in _FORMS if form in line), None)
    if form == "load":
        return Line(_load(line), at)
    if form == "shop":
        return Line(_shop(line), at)
    if form == "show":
        return Line(_show(line), at)
    if form == "agent":
        acts = _agent(line)
        return Line(acts, at, customer=acts.customer, channel=acts.channel)
    if form == "customer":
        return _customer(line, at)
    if at is None:
        raise LineRefused("asks for nothing; give at, customer, agent, load, shop, show or reset")
    return Line(at=at)


def _customer(line: Mapping[str, Any], at: datetime | None) -> Line:
    user = _words(line, "customer", "the user's name on the channel")
    channel = _one_of(line.get("channel", "telegram"), "channel", CHANNELS)
    ways = [way for way in _WAYS_TO_SPEAK if way in line]
    if not ways and at is not None:
        return Line(at=at, customer=user, channel=channel)
    if ways == ["text", "attachment"]:
        ways = ["attachment"]  # the text is its caption
    if len(ways) != 1:
        does = "several things at once" if ways else "nothing"
        raise LineRefused(f"the customer does {does}; give one of {', '.join(_WAYS_TO_SPEAK)}")
    about: dict[str, Any] = {"channel": channel, "account": "world", "external_id": _message_id(line), "user_id": user}
    inbound = Inbound(**about, **_said(line, ways))
    return Line(Speaks(inbound), at, customer=user, channel=channel)


def _said(line: Mapping[str, Any], ways: list[str]) -> dict[str, Any]:
    """Return what the line makes of an `Inbound`, beside who sends it."""
    match ways[0]:
        case "text":
            return {"kind": "text", "text": _text(line, "text")}
        case "payload":
            return {"kind": "payload", "payload": _words(line, "payload", "a button's payload")}
        case "attachment":
            kind = _one_of(_part(line, "attachment", "kind"), "attachment.kind", ATTACHMENTS)
            return {"kind": "attachment", "attachment": kind, "text": _text(line, "text") if "text" in line else None}
        case "contact":
            phone = _part(line, "contact", "phone")
            if not isinstance(phone, str) or not phone:
                raise LineRefused('contact has no phone; write {"contact": {"phone": "+8613800001234"}}')
            return {"kind": "contact", "contact_phone": phone}
        case _:
            event = _one_of(line["event"], "event", EVENTS)
            data = {key: _words(line, key, "a text") for key in ("message", "token") if key in line}
            return {"kind": "event", "event": event, "data": data}


def _agent(line: Mapping[str, Any]) -> Acts:
    return Acts(
        agent=_words(line, "agent", "the agent's name"),
        action=_one_of(line.get("action"), "action", ACTIONS),
        customer=_words(line, "customer", "the customer that the agent acts for"),
        channel=_one_of(line["channel"], "channel", CHANNELS) if "channel" in line else None,
        text=_text(line, "text") if "text" in line else None,
        ticket=_words(line, "ticket", "a ticket's number") if "ticket" in line else None,
        due=_words(line, "due", f"a time such as {_EXAMPLE_MOMENT}") if "due" in line else None,
        item=_words(line, "item", "the id of a promise, a task or an approval") if "item" in line else None,
    )


def _load(line: Mapping[str, Any]) -> Loads:
    rows = line.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LineRefused("rows has to be a list of objects with the import's columns")
    return Loads(_one_of(line["load"], "load", tuple(KINDS)), tuple(rows))


def _shop(line: Mapping[str, Any]) -> Happens:
    data = line.get("data")
    if not isinstance(data, dict):
        raise LineRefused("data has to be an object with the columns of an order row")
    return Happens(_one_of(line["shop"], "shop", SHOP_EVENTS), data)


def _show(line: Mapping[str, Any]) -> Shows:
    _one_of(line["show"], "show", ("customer",))
    return Shows(_words(line, "id", "a customer_id, an internal id or CHANNEL:USER"))


def _message_id(line: Mapping[str, Any]) -> str:
    given = line.get("message_id", "")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise LineRefused("message_id has to be a text")
    return str(given)


def _moment(given: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise LineRefused(f"at is no time; write one such as {_EXAMPLE_MOMENT}") from None
    if moment.tzinfo is None:
        raise LineRefused(f"at has no time zone; write one such as {_EXAMPLE_MOMENT}")
    if moment >= LATEST:
        raise LineRefused(f"at lies too far ahead; this world ends with the year {LATEST.year - 1}")
    return moment


def _part(line: Mapping[str, Any], key: str, part: str) -> Any:
    value = line[key]
    return value.get(part) if isinstance(value, dict) else None


def _one_of(value: Any, key: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise LineRefused(f"{key} is none of ours; use one of {', '.join(known)}")
    return value


def _text(line: Mapping[str, Any], key: str) -> str:
    value = line[key]
    if not isinstance(value, str):
        raise LineRefused(f"{key} has to be a text")
    return value


def _words(line: Mapping[str, Any], key: str, meaning: str) -> str:
    value = line.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LineRefused(f"{key} has to be {meaning}, as text")
    return value


def _clean(value: Any, depth: int) -> Any:
    """Return the value without what a database cannot hold."""
    if depth > _DEEPEST:
        _refuse_depth()
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _clean(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, depth + 1) for one in value]
    return value


def _refuse_depth() -> NoReturn:
    raise LineRefused(f"is nested deeper than {_DEEPEST} levels; write it flat")


def _no_number(constant: str) -> NoReturn:
    raise LineRefused(f"holds {constant}, which is no JSON; leave it out or write null")


def _json_name(value: Any) -> str:
    names = {list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
