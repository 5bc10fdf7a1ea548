"""Turns at work: what a dead worker left is taken up, and stopping loses nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.holding import AtWork, keep_leases
from bot.worker import MOST_AT_ONCE
from crm_store import conversations
from crm_store.unit_of_work import Store
from crm_store.wakes import OUTBOX
from tests.bot.house import LEASE, FakeChannel, House, new_house


class Gate:
    """Understands once it is opened; counts who waits."""

    def __init__(self, house: House) -> None:
        self._understand = house.understand
        self.open = asyncio.Event()
        self.waiting = 0
        self.reached = asyncio.Condition()
        house.understand = self

    async def __call__(self, text: str, **how: Any) -> Any:
        async with self.reached:
            self.waiting += 1
            self.reached.notify_all()
        await self.open.wait()
        self.waiting -= 1
        return await self._understand(text, **how)

    async def until_waiting(self, count: int) -> None:
        async with asyncio.timeout(10), self.reached:
            await self.reached.wait_for(lambda: self.waiting >= count)


async def test_a_message_of_a_worker_that_died_is_taken_up_once_its_lease_is_over(house: House) -> None:
    dead = house.beside("the dead")
    await dead.intake.receive(dead.message("ana", "hello"))  # claimed, and its turn never begun
    await dead.intake.receive(dead.message("ana", "hello"))

    await house.later(seconds=LEASE.total_seconds())
    assert house.channel.sent == []
    await house.later(milliseconds=1)

    assert len(house.channel.sent) == 2
    assert [status for _, status, _ in house.inbox()] == ["done", "done"]
    assert house.talk("ana").lease_until is None


async def test_a_sweep_takes_up_what_nobody_claimed(house: House) -> None:
    gate = Gate(house)
    await house.intake(house.message("ana", "hello"))
    await gate.until_waiting(1)
    await house.intake(house.message("ana", "hello"))  # stored behind the turn under way

    gate.open.set()
    await house.quiet()
    await house.sweep()

    assert len(house.channel.sent) == 2


async def test_stopping_finishes_the_turns_in_flight_and_those_behind_them(house: House) -> None:
    gate = Gate(house)
    for user in ("ana", "bo"):
        for _ in range(3):
            await house.intake(house.message(user, "hello"))
    await gate.until_waiting(2)

    stopping = asyncio.create_task(house.worker.stop())
    gate.open.set()
    await stopping

    assert len(house.channel.sent) == 6
    assert all(status == "done" for _, status, _ in house.inbox())


async def test_stopping_in_the_middle_of_a_sweep_waits_for_what_the_sweep_took_up(house: House) -> None:
    dead = house.beside("the dead")
    for user in ("ana", "bo", "chen"):
        await dead.intake.receive(dead.message(user, "hello"))
    house.clock.move_to(house.clock.now() + LEASE + timedelta(seconds=1))

    running = asyncio.create_task(house.worker.run())
    await asyncio.sleep(0)  # the sweep has begun and waits for the store
    await house.worker.stop()
    await running

    assert len(house.channel.sent) == 3
    assert all(house.talk(user).lease_until is None for user in ("ana", "bo", "chen"))


async def test_what_takes_longer_than_the_drain_is_left_to_others_at_once(house: House) -> None:
    impatient = house.beside("impatient", given={"work": {"drain": 0.01}})
    gate = Gate(impatient)
    running = asyncio.create_task(impatient.worker.run())
    await impatient.intake(impatient.message("ana", "hello"))
    await gate.until_waiting(1)

    await impatient.worker.stop()
    left = house.talk("ana").lease_owner
    await house.sweep()

    assert running.cancelled() or running.done()
    assert left is None
    assert len(house.channel.sent) == 1
    assert house.inbox() == [("ana-1", "done", 0)]


async def test_a_sending_that_takes_longer_than_the_drain_is_tried_by_another_at_once(house: House) -> None:
    stuck = FakeChannel()
    reached = asyncio.Event()

    async def never(_message: Any) -> None:
        reached.set()
        await asyncio.Future[None]()

    stuck.gate = never
    impatient = house.beside("impatient", stuck, given={"work": {"drain": 0.01}})
    await impatient.intake(impatient.message("ana", "hello"))
    async with asyncio.timeout(10):
        await reached.wait()

    await impatient.worker.stop()
    await house.later(microseconds=1)
    await house.later(seconds=1)

    assert len(house.channel.sent) == 1
    assert [status for _, status, _ in house.outbox()] == ["sent"]


async def test_an_answer_over_a_channel_of_another_process_is_sent_by_that_one_alone(house: House) -> None:
    able = house.channel.capabilities
    worker = house.beside("worker", FakeChannel("other"), elsewhere={"telegram": able})
    woken = asyncio.Event()
    house.store.wakes.listen(OUTBOX, lambda _key: woken.set())
    inbound = house.message("ana", "hello")

    await worker.hears(inbound)
    await worker.sweep()
    before = [status for _, status, _ in house.outbox()]
    async with asyncio.timeout(10):
        await woken.wait()
    await house.delivery.sweep()

    assert before == ["queued"]
    assert worker.channel.tried == []
    assert len(house.channel.sent) == 1
    assert house.channel.sent[0].buttons, "the worker knew what the channel can do"


async def test_a_worker_sweeps_when_it_is_woken(house: House) -> None:
    slow = house.beside("slow", given={"work": {"sweep_every": 3600}})
    swept = asyncio.Queue[None]()
    sweep = slow.delivery.sweep

    async def noting(*given: Any) -> int:
        swept.put_nowait(None)
        return await sweep(*given)

    slow.delivery.sweep = noting  # type: ignore[method-assign]
    running = asyncio.create_task(slow.worker.run())
    async with asyncio.timeout(10):
        await swept.get()
        slow.worker.wake()
        await swept.get()
        await slow.worker.stop()
        await running


async def test_a_sweep_that_fails_is_followed_by_the_next(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house = house.beside("there", given={"work": {"sweep_every": 0.001}})
    sweeps = asyncio.Queue[None]()

    async def failing(*_: Any) -> int:
        sweeps.put_nowait(None)
        raise OSError("the customer's words")

    house.delivery.sweep = failing  # type: ignore[method-assign]
    running = asyncio.create_task(house.worker.run())
    async with asyncio.timeout(10):
        for _ in range(3):
            await sweeps.get()
        await house.worker.stop()
        await running

    assert "the customer's words" not in capsys.readouterr().out


async def test_no_more_than_so_many_conversations_are_served_at_once(house: House) -> None:
    gate = Gate(house)
    for number in range(MOST_AT_ONCE + 5):
        await house.intake(house.message(f"user{number}", "hello"))
    await gate.until_waiting(MOST_AT_ONCE)
    most = gate.waiting

    gate.open.set()
    await house.quiet()

    assert most == MOST_AT_ONCE
    assert len(house.channel.sent) == MOST_AT_ONCE + 5


async def test_a_turn_whose_outcome_cannot_be_written_is_taken_up_again_and_its_answer_is_not_lost(
    house: House,
) -> None:
    finish, house.store.run = house.store.run, breaking(house)  # type: ignore[method-assign]
    await house.says("ana", "hello")
    house.store.run = finish  # type: ignore[method-assign]
    assert house.outbox()[0][:2] == ("reply", "sending")

    await house.later(seconds=LEASE.total_seconds() + 1)

    assert house.outbox()[0][:2] == ("reply", "sent")
    assert len(await house.says("ana", "hello")) == 1


def breaking(house: House) -> Any:
    """A store that fails where a turn's outcome is written."""
    run = house.store.run

    async def fail(unit: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(unit, "__name__", "") == "finish":
            raise OSError("the disk is full")
        return await run(unit, *args, **kwargs)

    return fail


async def test_what_is_slow_keeps_its_lease_and_nobody_else_takes_it_up(house: House) -> None:
    gate = Gate(house)
    await house.intake(house.message("ana", "hello"))
    await gate.until_waiting(1)
    until = house.talk("ana").lease_until
    house.clock.move_to(house.clock.now() + LEASE * 0.9)

    house.write(
        keep_leases,
        AtWork([house.talk("ana").id]),
        worker="here",
        now=house.clock.now(),
        until=house.clock.now() + LEASE,
    )

    assert house.talk("ana").lease_until == until + LEASE * 0.9
    other = house.beside("another")
    house.clock.move_to(house.clock.now() + LEASE * 0.9)
    await other.sweep()
    assert house.channel.sent == []
    gate.open.set()
    await house.quiet()
    assert len(house.channel.sent) == 1


async def test_leases_of_what_is_at_work_are_kept_regularly(store: Store, tmp_path: Path) -> None:
    house = new_house(store, tmp_path, given={"work": {"lease": 0.06}})
    gate = Gate(house)
    await house.intake(house.message("ana", "hello"))
    await gate.until_waiting(1)
    talk, until = house.talk("ana").id, house.talk("ana").lease_until
    house.clock.move_to(house.clock.now() + timedelta(milliseconds=50))
    running = asyncio.create_task(house.worker.run())

    async with asyncio.timeout(10):  # what the worker does is seen when it is committed
        while await store.read(lambda conn: conversations.by_id(conn, talk).lease_until) <= until:
            pass

    gate.open.set()
    await house.quiet()
    await running
    assert len(house.channel.sent) == 1


@pytest.mark.timeout(20)  # the loop itself would hang, and no timeout of its own would come
async def test_stopping_in_the_very_moment_in_which_the_last_turn_ends_returns(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(claimed: Any) -> None:
        return None

    receipt = await house.intake.receive(house.message("ana", "hello"))
    monkeypatch.setattr(house.worker, "_take_turn", at_once)

    assert receipt.claimed is not None
    house.worker.start(receipt.claimed)
    await asyncio.create_task(house.worker.stop())
