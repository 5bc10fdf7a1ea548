"""Wakes reach whoever listens, on their own loop, and nobody else."""

import asyncio

from crm_store.wakes import OUTBOX, TALK, Wakes


async def test_a_wake_reaches_those_who_listen_to_its_topic_with_its_key():
    wakes, heard = Wakes(), asyncio.Queue()
    wakes.listen(TALK, heard.put_nowait)

    wakes.post(OUTBOX)
    await asyncio.to_thread(wakes.post, TALK, "c1")

    assert await heard.get() == "c1"
    assert heard.empty()


async def test_whoever_has_stopped_listening_hears_nothing():
    wakes, heard, others = Wakes(), [], asyncio.Queue()
    unlisten = wakes.listen(TALK, heard.append)
    wakes.listen(TALK, others.put_nowait)

    unlisten()
    wakes.post(TALK, "c1")
    await others.get()

    assert heard == []
