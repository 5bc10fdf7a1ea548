"""How the tests read a message: on a Monday morning in Shanghai, with a small catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nlu.entities import Catalogue, EntityContext, find_all
from nlu.understanding import Entity, Language

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PRODUCTS = Catalogue(
    [
        ("TEA-001", ["桂花乌龙", "Osmanthus Oolong"]),
        ("TEA-002", ["乌龙", "oolong"]),
        ("CUP-01", ["白瓷杯", "White Cup", "小杯"]),
        ("CUP-02", ["青瓷杯", "小杯"]),
        ("SET-01", ["三件套茶具"]),
    ]
)


def read(
    text: str, *, asking: str | None = None, language: Language = "zh", now: datetime = MONDAY_MORNING
) -> tuple[Entity, ...]:
    return find_all(text, context=EntityContext(now=now, asking=asking, language=language, catalogue=PRODUCTS))


def values(text: str, entity: str, *, asking: str | None = None, language: Language = "zh") -> list[Any]:
    return [found.value for found in read(text, asking=asking, language=language) if found.entity == entity]


def named(text: str, *, asking: str | None = None) -> list[str]:
    return [found.entity for found in read(text, asking=asking)]
