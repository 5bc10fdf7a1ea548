"""What a customer may ask for, at the desk: a copy once to who asked for it, and to be forgotten, asked twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from bot.messages import Outbound
from crm_store import audit, customers, search_index
from crm_store.privacy import erasures
from crm_store.privacy.erasing import is_erased
from desk.roles import ROLES, Role, may
from tests.bot.test_erasing_in_flight import everything
from tests.crm_store.planting import CANARY, canaries
from tests.desk.desks import Browser, DeskHouse


@pytest.fixture
async def ana(desk: DeskHouse) -> str:
    """C0042 Ana López, who has said the planted word."""
    await desk.house.says("ana", f"hello, I am {CANARY}")
    desk.house.write(customers.change, desk.customer("ana"), customer_no="C0042", name="Ana López")
    return desk.customer("ana")


async def export(browser: Browser, customer: str) -> httpx.Response:
    return await browser.post(f"/desk/customers/{customer}/export")


async def erase(browser: Browser, customer: str, who: str) -> httpx.Response:
    return await browser.post(f"/desk/customers/{customer}/erase", who=who)


def audited(desk: DeskHouse, action: str) -> list[tuple[str, str]]:
    return [(one.by, one.customer_id) for one in desk.house.read(audit.latest) if one.action == action]


class TestExport:
    async def test_a_copy_goes_to_who_asked_for_it_is_kept_nowhere_and_is_audited(
        self, desk: DeskHouse, ana: str
    ) -> None:
        mei = await desk.agent("mei", "supervisor")

        answer = await export(mei, ana)

        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="customer-{ana}-')
        assert answer.headers["cache-control"] == "no-store"
        told = json.loads(answer.content)
        assert told["page"]["customer_id"] == "C0042"
        assert CANARY in json.dumps(told["held"]["history"], ensure_ascii=False)
        assert not list(desk.house.root.rglob("customer-*"))
        assert audited(desk, "export_customer") == [("agent:mei", ana)]

    async def test_there_is_nobody_to_export(self, desk: DeskHouse) -> None:
        mei = await desk.agent("mei", "supervisor")

        assert (await export(mei, "nobody")).status_code == 404
        assert audited(desk, "export_customer") == []


class TestErasure:
    @pytest.mark.parametrize("typed", ["C0042", " c0042 ", "Ana López", "ana  lópez"])
    async def test_who_is_named_is_forgotten_and_the_proof_is_shown(
        self, desk: DeskHouse, ana: str, typed: str
    ) -> None:
        mei = await desk.agent("mei", "supervisor")
        asked = (await mei.get(f"/desk/customers/{ana}/erase")).text

        proof = await erase(mei, ana, typed)

        assert "C0042 or Ana López" in asked
        assert proof.status_code == 200
        kept = desk.house.read(erasures.every)[0]
        assert kept.proof["sha256"] in proof.text
        assert kept.by == "agent:mei"
        assert audited(desk, "erase_customer") == [("agent:mei", ana)]
        desk.house.write(search_index.scrub)
        assert canaries(desk.house.read(everything)) == []

    @pytest.mark.parametrize("typed", ["", "C004", "Ana", "Bob", "yes"])
    async def test_who_is_named_otherwise_is_not(self, desk: DeskHouse, ana: str, typed: str) -> None:
        mei = await desk.agent("mei", "supervisor")
        await mei.get(f"/desk/customers/{ana}/erase")

        answer = await erase(mei, ana, typed)

        assert answer.status_code == 409
        assert "Nothing was deleted" in answer.text
        assert not desk.house.read(is_erased, ana)
        assert audited(desk, "erase_customer") == []

    async def test_who_has_neither_number_nor_name_is_named_by_their_way_to_us(self, desk: DeskHouse) -> None:
        await desk.house.says("bob", "hello")
        mei, bob = await desk.agent("mei", "supervisor"), desk.customer("bob")

        await erase(mei, bob, "bob")

        assert desk.house.read(is_erased, bob)

    async def test_the_proof_can_be_looked_at_again_and_erasing_again_changes_nothing(
        self, desk: DeskHouse, ana: str
    ) -> None:
        mei = await desk.agent("mei", "supervisor")
        await erase(mei, ana, "C0042")
        hashed = desk.house.read(erasures.every)[0].proof["sha256"]

        shown = [
            (await mei.get(f"/desk/customers/{ana}/erase")).text, (await erase(mei, ana, "whatever")).text,
        ]  # fmt: skip
        page = (await mei.get(f"/desk/customers/{ana}")).text

        assert [hashed in text for text in shown] == [True, True]
        assert len(desk.house.read(erasures.every)) == 1
        assert "What is left are amounts, counts and times" in page
        assert "/export" not in page

    async def test_who_is_being_answered_is_not_forgotten_at_that_moment(self, desk: DeskHouse, ana: str) -> None:
        leaving, may_leave = asyncio.Event(), asyncio.Event()

        async def gate(_message: Outbound) -> None:
            leaving.set()
            await may_leave.wait()

        mei = await desk.agent("mei", "supervisor")
        desk.house.channel.gate = gate
        await desk.house.intake(desk.house.message("ana", "hello"))
        await leaving.wait()

        during = await erase(mei, ana, "C0042")
        may_leave.set()
        await desk.house.quiet()
        after = await erase(mei, ana, "C0042")

        assert (during.status_code, after.status_code) == (409, 200)
        assert "being answered just now" in during.text
        assert desk.house.read(is_erased, ana)

    async def test_nobody_is_erased_who_is_not_there(self, desk: DeskHouse) -> None:
        mei = await desk.agent("mei", "supervisor")

        assert (await erase(mei, "nobody", "nobody")).status_code == 404
        assert (await mei.get("/desk/customers/nobody/erase")).status_code == 404

    async def test_it_is_asked_in_chinese_too(self, desk: DeskHouse, ana: str) -> None:
        mei = await desk.agent("mei", "supervisor")
        await mei.post("/desk/language", language="zh")

        asked = (await mei.get(f"/desk/customers/{ana}/erase")).text
        proof = (await erase(mei, ana, "C0042")).text

        assert "要彻底删除 C0042 · Ana López 吗" in asked
        assert "删除证明" in proof


@pytest.mark.parametrize("role", ROLES)
async def test_only_who_may_finds_the_buttons(desk: DeskHouse, ana: str, role: Role) -> None:
    li = await desk.agent("li", role)

    page = (await li.get(f"/desk/customers/{ana}")).text
    answers: list[Any] = [await export(li, ana), await erase(li, ana, "C0042")]

    allowed = role in ("supervisor", "admin")
    assert (may(role, "export_customer"), may(role, "erase_customer")) == (allowed, allowed)
    assert ("/export" in page, "/erase" in page) == (allowed, allowed)
    assert [one.status_code for one in answers] == [200 if allowed else 403] * 2
    assert desk.house.read(is_erased, ana) == allowed
