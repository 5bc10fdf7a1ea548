"""What somebody at the desk may set for themselves."""

from __future__ import annotations

import pytest

from crm_store import agents, audit
from desk.roles import ROLES, Role
from tests.desk.desks import DeskHouse


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_chooses_what_customers_read_as_their_name(desk: DeskHouse, role: Role) -> None:
    li = await desk.agent("li", role)

    kept = await li.post("/desk/me", display_name="  小李  Li ")

    assert "Customers read 小李 Li." in kept.text
    assert desk.house.read(agents.display_name, "li") == "小李 Li"
    assert 'value="小李 Li"' in (await li.get("/desk/me")).text
    newest, *_ = desk.house.read(audit.latest)
    assert (newest.by, newest.action) == ("agent:li", "set_display_name")


async def test_an_empty_one_is_the_name_to_sign_in_by_again(desk: DeskHouse) -> None:
    li = await desk.agent("li")
    await li.post("/desk/me", display_name="小李")

    kept = await li.post("/desk/me", display_name=" ")

    assert "Customers read li." in kept.text
    assert desk.house.read(agents.display_name, "li") is None


@pytest.mark.parametrize("chosen", ["x" * 41, "a\u200bb", "a\x07b"])
async def test_what_is_too_long_or_cannot_be_seen_is_refused(desk: DeskHouse, chosen: str) -> None:
    li = await desk.agent("li")

    refused = await li.post("/desk/me", display_name=chosen)

    assert refused.status_code == 422
    assert "more than 40 characters" in refused.text
    assert desk.house.read(agents.display_name, "li") is None


async def test_it_is_somebodys_own_alone(desk: DeskHouse) -> None:
    desk.add("zhao")
    li = await desk.agent("li")

    await li.post("/desk/me", display_name="小李", name="zhao")

    assert desk.house.read(agents.display_name, "zhao") is None


async def test_it_is_asked_in_chinese_too(desk: DeskHouse) -> None:
    li = await desk.agent("li")
    await li.post("/desk/language", language="zh")

    assert "客户看到的名字" in (await li.get("/desk/me")).text
