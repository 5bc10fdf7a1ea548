"""The roles as processes of their own on PostgreSQL: any number of each, stopped and killed at any moment."""

from __future__ import annotations

import os
import signal
from time import monotonic

import pytest

from tests.faults.apart import USERS, Open

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


async def test_a_conversation_runs_through_five_kinds_of_processes(open_shop: Open) -> None:
    shop = await open_shop()
    web, poll, *others = await shop.start("web", "poll", "worker", "worker", "clock")

    shop.telegram.customer_says(3001, "你好")
    await shop.telegram.wait_for_sent(1, within=30)
    said = await shop.installation.chat("wang", "你好", "我要找人工")
    stopped = [await one.stop() for one in (web, poll, *others)]

    assert "查订单" in str(shop.telegram.sent[0].buttons)
    assert said.count("\n") >= 2
    assert stopped == [0] * 5
    assert shop.count("inbox WHERE status = 'done'") == 3
    assert shop.count("outbox WHERE status <> 'sent'") == 0
    assert shop.count("conversations WHERE owner = 'queue'") == 1


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_stopped_in_mid_load_loses_none_and_doubles_none(
    open_shop: Open, by: signal.Signals
) -> None:
    shop = await open_shop()
    shop.all_say(times=5)
    _, first, _ = await shop.start("poll", "worker", "worker")
    await shop.telegram.wait_for_sent(40, within=60)
    shop.all_say(times=5)

    assert await first.stop(by) == 0
    await shop.until(lambda: shop.count("outbox WHERE status = 'sent'") == 200)

    assert shop.answered() == dict.fromkeys(USERS, 10)
    assert shop.count("inbox WHERE status = 'done'") == 200


async def test_a_role_that_is_killed_costs_nothing_but_an_answer_twice(open_shop: Open) -> None:
    shop = await open_shop(SHUKE_WORK__LEASE="PT3S")
    roles = ["poll", "worker", "web", "clock"]
    running = dict(zip(roles, await shop.start(*roles), strict=True))
    await shop.start("poll", "worker")  # those that take over
    said, doubled_before = 0, 0

    for role in roles:
        shop.all_say(times=3)
        await shop.telegram.wait_for_sent(said + doubled_before + 30, within=60)
        await running[role].kill()
        in_doubt = shop.count("outbox WHERE status = 'sending'")
        shop.all_say(times=3)
        began, said = monotonic(), said + 120
        await shop.until(lambda said=said: shop.count("inbox WHERE status = 'done'") == said)
        await shop.until(lambda said=said: shop.count("outbox WHERE status = 'sent'") == said)
        seconds = monotonic() - began

        doubled = len(shop.telegram.sent) - said - doubled_before
        doubled_before += doubled
        print(f"\n{role} killed: {in_doubt} answers in doubt, {doubled} sent twice; all after {seconds:.1f} s")
        assert 0 <= doubled <= in_doubt
        assert doubled == 0 or role == "worker"
        assert set(shop.answered()) == set(USERS)
        [running[role]] = await shop.start(role)


async def test_a_turn_that_takes_longer_than_the_drain_is_left_to_another_worker_at_once(open_shop: Open) -> None:
    shop = await open_shop(SHUKE_WORK__DRAIN="PT0.2S", SHUKE_WORK__LEASE="PT600S")
    _, first = await shop.start("poll", "worker")
    shop.telegram.fail_next("sendMessage", stall=True)
    shop.telegram.customer_says(3001, "你好")
    await shop.until(lambda: shop.telegram.calls["sendmessage"] == 1)

    await shop.start("worker")
    assert await first.stop() == 0
    await shop.telegram.wait_for_sent(1, within=20)

    assert shop.count("outbox WHERE status = 'sent'") == shop.count("outbox")


async def test_of_two_pollers_one_polls_and_the_other_takes_over_when_it_is_killed(open_shop: Open) -> None:
    shop = await open_shop()
    await shop.start("worker")
    [first] = await shop.start("poll")
    await first.until_said("election.won")
    [second] = await shop.start("poll")
    shop.telegram.customer_says(3001, "你好")
    await shop.telegram.wait_for_sent(1, within=30)
    silent = "election.won" not in second.printed

    await first.kill()
    began = monotonic()
    await second.until_said("election.won", within=10)
    shop.telegram.customer_says(3001, "谢谢")
    await shop.telegram.wait_for_sent(2, within=30)

    print(f"\nthe other polled after {monotonic() - began:.1f} s")
    assert silent


async def test_the_bot_is_paused_and_resumed_everywhere_at_once(open_shop: Open) -> None:
    shop = await open_shop()
    await shop.start("poll", "worker", "worker")
    shop.all_say(times=1)
    await shop.telegram.wait_for_sent(20, within=60)

    paused = await shop.installation.run("pause", "bot")
    for user in USERS:
        shop.telegram.customer_says(user, "你好")
    await shop.until(lambda: shop.count("inbox WHERE status = 'done'") == 40)
    sent_while_paused, waiting = len(shop.telegram.sent), shop.count("conversations WHERE owner = 'queue'")
    resumed = await shop.installation.run("resume", "bot")
    newcomers = range(4001, 4011)
    for user in newcomers:
        shop.telegram.customer_says(user, "你好")
    await shop.telegram.wait_for_sent(30, within=60)

    assert (paused.code, resumed.code) == (0, 0)
    assert (sent_while_paused, waiting) == (20, 20)
    assert shop.count("conversations WHERE owner = 'queue'") == 0
    assert [shop.answered()[user] for user in newcomers] == [1] * 10


async def test_a_second_signal_ends_a_process_at_once(open_shop: Open) -> None:
    shop = await open_shop(SHUKE_WORK__DRAIN="PT600S")
    _, worker = await shop.start("poll", "worker")
    shop.telegram.fail_next("sendMessage", stall=True)
    shop.telegram.customer_says(3001, "你好")
    await shop.until(lambda: shop.telegram.calls["sendmessage"] == 1)

    os.kill(worker.pid, signal.SIGTERM)
    await worker.until_said("stopping")
    code = await worker.stop(signal.SIGTERM)

    assert code == -signal.SIGTERM
