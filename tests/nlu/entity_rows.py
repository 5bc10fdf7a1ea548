"""The rows of ``data/entities.yml`` and its kind, made ready to be compared with what is found.

Values are written as: ``amount 199.50 CNY``; ``points 500``, ``quantity 2``; ``rating 4.5/5``;
``birthday solar 1990-03-05``, ``birthday lunar leap ?-04-08``, two readings joined by ``or``;
``time 2026-11-24T15:00`` in the zone of the part; all else as text. ``phone !no_such_number``
has no value but that problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from nlu.entities import Catalogue, EntityContext, find_all
from nlu.understanding import Entity

FOLDER = Path(__file__).parent / "data"
OPEN, CLOSE = "⟦", "⟧"
_NOW = "2026-11-23T09:00:00 Asia/Shanghai"

type Thing = tuple[str, Any, int, int, str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """What was said, in which circumstances, and the things that it names: entity, value, start, end, problem."""

    what: str
    said: str
    context: EntityContext
    named: tuple[Thing, ...]

    def found(self) -> tuple[Thing, ...]:
        return tuple(_as_thing(entity) for entity in find_all(self.said, context=self.context))


def rows_of(name: str) -> list[Row]:
    """Return the rows of a file in the data folder."""
    document = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    catalogue = Catalogue(document["catalogue"].items())
    return [row for part in document["parts"] for row in _rows(part, catalogue)]


def _rows(part: dict[str, Any], catalogue: Catalogue) -> Iterator[Row]:
    moment, zone = part.get("now", _NOW).split()
    context = EntityContext(
        now=datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)),
        asking=part.get("asking"),
        language=part.get("language", "zh"),
        region=part.get("region", "CN"),
        catalogue=catalogue,
    )
    for marked, *things in part["rows"]:
        said, spans = _without_marks(marked)
        named = [_thing(thing, span, context) for thing, span in zip(things, spans, strict=True)]
        yield Row(part["what"], said, context, tuple(named))


def _without_marks(marked: str) -> tuple[str, list[tuple[int, int]]]:
    first, *pieces = marked.split(OPEN)
    said, spans = first, []
    for piece in pieces:
        inside, after = piece.split(CLOSE)
        spans.append((len(said), len(said) + len(inside)))
        said += inside + after
    return said, spans


def _thing(written: str, span: tuple[int, int], context: EntityContext) -> Thing:
    entity, form = written.split(" ", 1)
    if form.startswith("!"):
        return entity, None, *span, form[1:]
    return entity, _value(entity, form, context), *span, None


def _value(entity: str, form: str, context: EntityContext) -> Any:
    match entity:
        case "amount":
            value, currency = form.split()
            return {"value": value, "currency": currency}
        case "points" | "quantity":
            return int(form)
        case "rating":
            value, scale = form.split("/")
            return {"value": float(value), "scale": int(scale)}
        case "birthday":
            readings = [_birthday(reading) for reading in form.split(" or ")]
            return readings[0] if len(readings) == 1 else {"ambiguous": readings}
        case "time":
            return datetime.fromisoformat(form).replace(tzinfo=context.now.tzinfo).isoformat()
        case _:
            return form


def _birthday(form: str) -> dict[str, Any]:
    calendar, *leap, day = form.split()
    year, month, day_of_month = day.split("-")
    return {
        "calendar": calendar,
        "year": None if year == "?" else int(year),
        "month": int(month),
        "day": int(day_of_month),
        "leap_month": bool(leap),
    }


def _as_thing(entity: Entity) -> Thing:
    return entity.entity, entity.value, entity.start, entity.end, entity.problem
