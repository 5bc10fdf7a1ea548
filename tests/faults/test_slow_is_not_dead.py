"""A turn that outlasts its lease, as on a machine that slept, is not taken for a dead one by its own process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from crm_store.unit_of_work import Store
from tests.bot.house import LEASE, FakeChannel, House, new_house


class Held:
    """Holds up whoever comes until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, *_: Any, **__: Any) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture
def house(empty_store: Store, tmp_path: Path) -> House:
    return new_house(empty_store, tmp_path)


async def sweep_after_the_lease(house: House) -> None:
    house.clock.move_to(house.clock.now() + LEASE * 2)
    await house.worker.sweep()


async def test_an_answer_under_way_longer_than_its_lease_is_sent_once(house: House) -> None:
    house.channel.gate = held = Held()
    await house.intake(house.message("ana", "hello"))
    await held.reached.wait()

    await sweep_after_the_lease(house)
    held.open.set()
    await house.quiet()

    assert len(house.channel.tried) == 1


async def test_a_message_being_understood_longer_than_its_lease_is_not_taken_up_again(house: House) -> None:
    held, understood, understand = Held(), 0, house.understand

    async def slowly(text: str, **how: Any) -> Any:
        nonlocal understood
        understood += 1
        await held()
        return await understand(text, **how)

    house.understand = slowly
    await house.intake(house.message("ana", "hello"))
    await held.reached.wait()

    await sweep_after_the_lease(house)
    held.open.set()
    await house.quiet()

    assert understood == 1
    assert len(house.channel.sent) == 1


async def test_another_process_does_take_it_for_dead(house: House) -> None:
    house.channel.gate = held = Held()
    await house.intake(house.message("ana", "hello"))
    await held.reached.wait()
    other = house.beside("another", FakeChannel())

    await sweep_after_the_lease(other)
    held.open.set()
    await house.quiet()

    assert len(other.channel.sent) == 1
