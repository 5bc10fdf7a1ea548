"""What is counted on the way of a message, who may read it, and when an installation calls itself ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport
from prometheus_client import generate_latest

from bot.errors import ChannelBusy, ChannelRefused
from bot.metrics import Metrics
from bot.monitoring import Late
from bot.nlu_figures import NluFigures
from bot.web import build_app
from crm_store import inbox, outbox, switches
from nlu.client import RasaAddress, RasaClient
from nlu.errors import NluUnavailable
from nlu.rasa_pool import RasaPool
from tests.bot.house import House
from tests.crm_store.people import an_inbound, an_outbound

KEY = "a-key-of-sixteen-letters"
LATE = Late(inbox=timedelta(minutes=5), outbox=timedelta(minutes=5))


def never(_address: RasaAddress) -> RasaClient:
    raise AssertionError("there is no Rasa to open a client for")


def an_app(house: House, **more: Any) -> FastAPI:
    return build_app(
        house.store, nlu_ready=lambda: True, metrics=house.parts.metrics, late=LATE, clock=house.clock, ids=house.ids,
        **more,
    )  # fmt: skip


async def ask(app: FastAPI, path: str, *, of: str = "127.0.0.1", **headers: str) -> httpx.Response:
    transport = ASGITransport(app, client=(of, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def scraped(house: House) -> dict[str, float]:
    answer = await ask(an_app(house), "/metrics")
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def read(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


class TestCounting:
    async def test_a_turn_is_counted_with_its_steps_its_understanding_and_its_answer(self, house: House) -> None:
        await house.says("ana", "hello")

        found = await scraped(house)

        assert found['shuke_turns_total{outcome="answered"}'] == 1
        for step in ("understand", "write", "deliver", "finish"):
            assert found[f'shuke_turn_seconds_count{{step="{step}"}}'] == 1
        assert found['shuke_nlu_seconds_count{source="rules"}'] == 1
        assert found['shuke_nlu_seconds_count{source="rasa"}'] == 0
        assert found['shuke_messages_total{channel="telegram",fate="sent",kind="reply"}'] == 1
        assert found['shuke_messages_received_total{channel="telegram",duplicate="no"}'] == 1

    async def test_what_comes_twice_is_counted_as_a_duplicate_and_makes_no_turn(self, house: House) -> None:
        await house.says("ana", "hello", id="1")
        await house.says("ana", "hello", id="1")

        found = await scraped(house)

        assert found['shuke_messages_received_total{channel="telegram",duplicate="yes"}'] == 1
        assert found['shuke_turns_total{outcome="answered"}'] == 1

    async def test_whom_a_person_answers_and_receipts_are_counted_apart(self, house: House) -> None:
        await house.says("ana", "hello")
        house.take("li", "ana")
        await house.says("ana", "are you there?")
        await house.does("ana", "read")

        found = await scraped(house)

        assert found['shuke_turns_total{outcome="silent"}'] == 1
        assert found['shuke_turns_total{outcome="noted"}'] == 1

    async def test_failed_turns_are_counted_and_given_up_ones_apart(self, house: House) -> None:
        async def deaf(*_: object, **__: object) -> None:
            raise KeyError("broken")

        house.understand = deaf
        await house.says("ana", "hello")
        for _ in range(6):
            await house.later(seconds=90)

        found = await scraped(house)

        assert found['shuke_turns_total{outcome="failed"}'] == 4
        assert found['shuke_turns_total{outcome="given_up"}'] == 1

    @pytest.mark.parametrize(
        ("failure", "fate"),
        [
            (ChannelRefused("never"), "failed"),
            (ChannelBusy("later", retry_after=timedelta(seconds=5)), "postponed"),
        ],
    )
    async def test_what_a_platform_does_not_take_is_counted_by_its_fate(
        self, house: House, failure: Exception, fate: str
    ) -> None:
        house.channel.fail_next(failure)
        await house.says("ana", "hello")

        found = await scraped(house)

        assert found[f'shuke_messages_total{{channel="telegram",fate="{fate}",kind="reply"}}'] == 1

    async def test_care_skipped_at_the_last_moment_is_counted_by_its_reason(self, house: House) -> None:
        await house.says("ana", "hello")
        identity = house.identity("ana")
        about = {"customer_id": identity.customer_id, "identity_id": identity.id, "conversation_id": None}
        greeting = {"kind": "care", "rule": "birthday", "due_at": house.clock.now(), "created_at": house.clock.now()}
        house.write(outbox.queue, [an_outbound("greeting", **about, **greeting)])
        house.write(lambda conn: conn.exec_driver_sql("DELETE FROM consents"))
        await house.sweep()

        found = await scraped(house)

        assert found['shuke_care_total{outcome="skipped",reason="no_consent"}'] == 1
        assert found['shuke_messages_total{channel="telegram",fate="skipped",kind="care"}'] == 1

    async def test_no_label_holds_what_a_customer_said_or_who_they_are(self, house: House) -> None:
        await house.says("ana-canary", "my canary is blue", display_name="Canarelli")
        answer = await ask(an_app(house), "/metrics")

        for mark in ("canary", "Canarelli", house.identity("ana-canary").customer_id):
            assert mark not in answer.text

    def test_the_breaker_is_asked_when_somebody_looks(self) -> None:
        metrics = Metrics()
        answers = iter([False, True])
        metrics.watch_breaker(lambda: next(answers))

        states = [metrics.registry.get_sample_value("shuke_nlu_breaker_open") for _ in range(2)]

        assert states == [0.0, 1.0]

    async def test_what_came_of_the_texts_put_to_rasa_is_told(self) -> None:
        pool = RasaPool(tuple, open_client=never, deadline=timedelta(seconds=1), now=lambda: 0.0)
        metrics = Metrics()
        metrics.registry.register(NluFigures(pool))

        with pytest.raises(NluUnavailable):
            await pool.classify("my canary is blue")

        told = generate_latest(metrics.registry).decode()
        assert 'shuke_nlu_asked_total{outcome="away"} 1.0' in told
        assert 'shuke_nlu_asked_total{outcome="answered"} 0.0' in told
        assert 'shuke_nlu_rasas{state="left_alone"} 0.0' in told
        assert "shuke_nlu_waiting 0.0" in told
        assert "canary" not in told

    def test_a_step_that_fails_is_timed_too(self) -> None:
        ticks = iter([10.0, 12.5])
        metrics = Metrics(now=lambda: next(ticks))

        with pytest.raises(KeyError), metrics.step("write"):
            raise KeyError

        assert metrics.registry.get_sample_value("shuke_turn_seconds_sum", {"step": "write"}) == 2.5


class TestTables:
    async def test_what_waits_is_told_by_number_and_age(self, house: House) -> None:
        await house.says("ana", "hello")
        ago = house.clock.now() - timedelta(seconds=90)
        identity = house.identity("ana")
        house.write(inbox.store, an_inbound("x", conversation_id="t", received_at=ago))
        about = {"customer_id": identity.customer_id, "identity_id": identity.id}
        house.write(outbox.queue, [an_outbound("x", **about, created_at=ago, due_at=ago)])
        house.write(switches.pause, "care", now=ago, by="user:li")

        found = await scraped(house)

        assert found["shuke_database_up"] == 1
        assert (found["shuke_inbox_open"], found["shuke_inbox_oldest_seconds"]) == (1, 90)
        assert found['shuke_outbox_undelivered{channel="telegram"}'] == 1
        assert found['shuke_outbox_oldest_seconds{channel="telegram"}'] == 90
        assert found["shuke_outbox_overdue_seconds"] == 90
        assert (found['shuke_paused{what="care"}'], found['shuke_paused{what="bot"}']) == (1, 0)
        assert found["shuke_store_commits_total"] > 3
        assert found["shuke_store_waiting"] == 0
        assert found["process_resident_memory_bytes"] > 0

    async def test_who_waits_for_a_person_is_told_with_the_longest_wait(self, house: House) -> None:
        await house.says("ana", "I want to talk to a human")
        house.clock.move_to(house.clock.now() + timedelta(minutes=3))

        found = await scraped(house)

        assert (found["shuke_queue_conversations"], found["shuke_queue_longest_wait_seconds"]) == (1, 180)

    async def test_without_its_database_the_figures_of_the_tables_are_taken_back(self, house: House) -> None:
        app = an_app(house)
        await house.says("ana", "I want to talk to a human")
        before = read((await ask(app, "/metrics")).text)
        house.store.close()

        after = read((await ask(app, "/metrics")).text)

        assert before["shuke_queue_conversations"] == 1
        assert after["shuke_database_up"] == 0
        assert after["shuke_queue_conversations"] != after["shuke_queue_conversations"], "no number"
        assert after['shuke_turns_total{outcome="answered"}'] == 1


class TestWhoMayRead:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
    async def test_this_machine_may(self, house: House, address: str) -> None:
        assert (await ask(an_app(house, metrics_key=KEY), "/metrics", of=address)).status_code == 200

    @pytest.mark.parametrize("address", ["10.0.0.8", "203.0.113.9", "2001:db8::1", "nobody"])
    async def test_another_one_may_not_without_the_key(self, house: House, address: str) -> None:
        app = an_app(house, metrics_key=KEY)

        assert (await ask(app, "/metrics", of=address)).status_code == 403
        for wrong in (f"Bearer {KEY}x", "Bearer", f"Basic {KEY}", KEY):
            assert (await ask(app, "/metrics", of=address, authorization=wrong)).status_code == 403
        assert (await ask(app, "/metrics", of=address, authorization=f"bearer {KEY}")).status_code == 200

    async def test_where_no_key_is_set_none_opens(self, house: House) -> None:
        for given in ("Bearer ", "Bearer None"):
            assert (await ask(an_app(house), "/metrics", of="10.0.0.8", authorization=given)).status_code == 403

    @pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via"])
    async def test_whom_a_proxy_on_this_machine_speaks_for_may_not(self, house: House, header: str) -> None:
        assert (await ask(an_app(house), "/metrics", **{header: "127.0.0.1"})).status_code == 403


class TestReadiness:
    async def test_who_keeps_up_is_ready_without_rasa_too(self, house: House) -> None:
        app = build_app(house.store, nlu_ready=lambda: False, clock=house.clock)
        answer = await ask(app, "/readyz")

        assert answer.status_code == 200
        assert answer.json()["nlu"] == "rules"

    @pytest.mark.parametrize(("waited", "status"), [(300, 200), (301, 503)])
    async def test_a_message_that_nobody_handles_makes_us_unready(self, house: House, waited: int, status: int) -> None:
        house.write(inbox.store, an_inbound("x", received_at=house.clock.now() - timedelta(seconds=waited)))

        answer = await ask(an_app(house), "/readyz")

        assert (answer.status_code, answer.json()["ready"]) == (status, status == 200)
        assert answer.json()["queues"]["inbox_oldest_s"] == waited

    async def test_an_answer_that_nobody_sends_makes_us_unready_and_one_that_is_tried_again_does_not(
        self, house: House
    ) -> None:
        app = an_app(house)
        await house.says("ana", "hello")
        house.channel.fail_next(ChannelBusy("away", retry_after=timedelta(hours=1)))
        await house.says("ana", "hello again")
        house.clock.move_to(house.clock.now() + timedelta(minutes=50))
        tried = await ask(app, "/readyz")
        house.clock.move_to(house.clock.now() + timedelta(minutes=20))
        due = await ask(app, "/readyz")

        assert tried.status_code == 200
        assert due.status_code == 503
        assert due.json()["queues"]["outbox_overdue_s"] > 300


class TestRequests:
    async def test_each_request_has_a_name_of_ours_in_its_answer_and_in_what_is_logged_for_it(
        self, house: House
    ) -> None:
        router = APIRouter()
        seen: list[Any] = []

        @router.get("/hook")
        async def hook() -> None:
            seen.append(structlog.contextvars.get_contextvars()["request"])

        app = an_app(house, routers=[router])
        answers = [await ask(app, "/hook", x_request_id="evil") for _ in range(2)]

        assert [answer.headers["x-request-id"] for answer in answers] == seen
        assert len({*seen, "evil"}) == 3

    async def test_whatever_is_logged_in_a_turn_names_its_message(self, house: House) -> None:
        seen: list[str] = []
        understand: Callable[..., Any] = house.understand

        async def listening(text: str, **how: Any) -> Any:
            seen.append(structlog.contextvars.get_contextvars()["turn"])
            return await understand(text, **how)

        house.understand = listening
        await house.says("ana", "hello")
        await house.says("ana", "hello")

        assert seen == [row.ref for row in house.rows(inbox.inbox)]
        assert "turn" not in structlog.contextvars.get_contextvars()
