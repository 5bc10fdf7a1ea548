"""Who waits for news is rung for, and nobody else."""

from __future__ import annotations

import asyncio

from bot.channels.webchat.bell import Bell, Ear
from crm_store.wakes import TALK, Wakes


async def rings(ear: Ear) -> bool:
    """Return whether it rang, once the loop has told of every wake."""
    await asyncio.sleep(0)
    return ear._news.is_set()


async def test_a_wake_rings_for_its_own_talk_and_one_without_a_name_for_everybody() -> None:
    wakes = Wakes()
    bell = Bell(wakes)
    with bell.ear("ana") as ana, bell.ear("ben") as ben:
        bell.tell_talk(ana, "t-ana")

        wakes.post(TALK, "t-ana")
        named = await rings(ana), await rings(ben)
        ana._news.clear()
        wakes.post(TALK)
        unnamed = await rings(ana), await rings(ben)

    assert named == (True, False)
    assert unnamed == (True, True)
