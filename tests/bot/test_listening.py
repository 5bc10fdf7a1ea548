"""The shop's own names are known as they stand, and made ready no more often than they change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection

from bot.listening import FRESH_FOR, Listening
from bot.settings import build
from bot.wiring import build_understander
from crm_store import catalogue
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from nlu.entities import Catalogue
from nlu.understanding import Understanding

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


async def hear(listening: Listening, text: str, clock: VirtualClock) -> Understanding:
    return await listening(text, asking=None, language="zh", timezone="Asia/Shanghai", now=clock.now())


def add_oolong(conn: Connection) -> None:
    catalogue.add(conn, sku="T1", name_zh="桂花乌龙", category="tea")


def products(found: Understanding) -> list[Any]:
    return [one.value for one in found.entities if one.entity == "product"]


async def test_a_new_product_is_known_by_name_within_a_minute(empty_store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    listening = Listening(build_understander(build({}, root=tmp_path), None), empty_store, clock)
    before = await hear(listening, "桂花乌龙有吗", clock)

    await empty_store.run(add_oolong)
    clock.move_to(NOON + FRESH_FOR)
    after = await hear(listening, "桂花乌龙有吗", clock)

    assert products(before) == []
    assert products(after) == ["T1"]


async def test_names_that_have_not_changed_are_not_made_ready_again(empty_store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    listening = Listening(build_understander(build({}, root=tmp_path), None), empty_store, clock)
    await empty_store.run(add_oolong)
    await listening.read_names()

    with patch("bot.listening.Catalogue", wraps=Catalogue) as made:
        await listening.read_names()

    assert made.call_count == 0
    assert products(await hear(listening, "桂花乌龙有吗", clock)) == ["T1"]
