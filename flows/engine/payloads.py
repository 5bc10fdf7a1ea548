"""What a pressed button says: ``/intent``, ``/intent{"slot":"value"}`` or ``/set{"slot":"value"}``.

Only an event that the channel calls a payload is read so: the same characters
typed by a customer are text like any other.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.engine.model import Slot

MAX_BYTES = 64  # Telegram's limit on callback data
SET = "set"

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", *"一二三四五六", *"123456")
_ORDINAL = re.compile(r"(?:the )?(first|second|third|fourth|fifth|sixth)(?: one)?|第([一二三四五六1-6])[个种张项]?吧?")
_SHAPE = re.compile(r"/([a-z][a-z0-9_]{0,48})(\{.*\})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button's meaning: a command (an intent, or ``set``) and slot values."""

    command: str
    slots: Mapping[str, Any]


def read_payload(payload: str) -> Pressed | None:
    """Return what a payload says, or None where it is none of ours."""
    if len(payload.encode("utf-8", "replace")) > MAX_BYTES:
        return None
    match = _SHAPE.fullmatch(payload)
    if match is None:
        return None
    command, inside = match.groups()
    if inside is None:
        return None if command == SET else Pressed(command, {})
    try:
        slots = json.loads(inside, parse_constant=_no_constant)
    except ValueError:
        return None
    return Pressed(command, slots)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def typed_option(options: Sequence[tuple[str, str]], text: str) -> str | None:
    """Return the payload of the button whose title, or whose number, is typed ("第二个", "the second one"); or None.

    Channels without buttons show them numbered; a Chinese keyboard types １ as well as 1.
    """
    typed = unicodedata.normalize("NFKC", text).strip().rstrip(".。、)").casefold()
    if (ordinal := _ORDINAL.fullmatch(typed)) is not None:
        typed = next(str(at % 6 + 1) for at, word in enumerate(_ORDINALS) if word in ordinal.groups())
    for number, (title, payload) in enumerate(options, start=1):
        if typed and typed in (str(number), unicodedata.normalize("NFKC", title).strip().casefold()):
            return payload
    return None


def only_offered(slot: str, options: Sequence[tuple[str, str]]) -> Any:
    """Return the one value that the buttons shown last offer for a slot; None where there is none, or a choice."""
    pressed = [read_payload(payload) for _, payload in options]
    values = [one.slots[slot] for one in pressed if one is not None and one.command == SET and slot in one.slots]
    return values[0] if len(values) == 1 else None


def accepts(slot: Slot, value: Any) -> bool:
    """Return whether a button may give this value to the slot."""
    if slot.type == "bool":
        return isinstance(value, bool)
    if slot.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if slot.type == "choice":
        return value in slot.values
    return isinstance(value, str) and value != ""
