"""A conversation that is handed to a team, at the desk: over HTTP, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest
from sqlalchemy import select

from crm_store import accounts, teams
from crm_store.audit import audit
from crm_store.teams import TAKERS
from desk.roles import Role, may
from tests.desk.desks import Browser, DeskHouse
from tests.desk.test_inbox import ASKS, names, take

CHINESE = {"Accept-Language": "zh-CN"}


def a_team(desk: DeskHouse, name: str, *members: str) -> str:
    """Make a team, and return how the desk's form names it."""
    made = desk.house.write(teams.make, name, now=desk.now)
    for one in members:
        desk.house.write(teams.put_in, name, one, now=desk.now)
    return f"team:{made.id}"


async def hand(desk: DeskHouse, browser: Browser, to: str, *, user: str = "ana", text: str = "") -> str:
    """Have li take somebody and hand them on; returns the page of the conversation."""
    page = f"/desk/talks/{desk.customer(user)}"
    await take(desk, browser, user)
    answer = await browser.post(f"{page}/transfer", part=True, owner="agent:li", to=to, text=text)
    assert answer.status_code == 200, answer.text
    return page


async def test_what_is_handed_to_a_team_waits_for_it_with_what_they_have_to_know(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao, wu = await desk.agent("li"), await desk.agent("zhao"), await desk.agent("wu")
    returns = a_team(desk, "售后 After-sales", "li", "zhao", "wu")

    page = await hand(desk, li, returns, text="the cup came broken, twice")
    listed = [(await one.get("/desk/mentions")).text for one in (zhao, wu)]
    talk = (await zhao.get(page)).text
    await take(desk, zhao)

    assert all("@售后 After-sales the cup came broken, twice" in one for one in listed)
    assert talk.index("the cup came broken, twice") < talk.index("Handed on to team 售后 After-sales")
    assert "waiting for the team 售后 After-sales" in talk
    assert desk.house.talk("ana").owner == "agent:zhao"
    assert not any("cup" in text for text in desk.house.channel.texts())


async def test_everybody_sees_who_waits_for_a_team_and_its_filter_shows_them_alone(desk: DeskHouse) -> None:
    for user in ("ana", "ben"):
        await desk.house.says(user, ASKS)
    li, zhao, other = await desk.agent("li"), await desk.agent("zhao"), await desk.agent("other")
    returns, shipping = a_team(desk, "售后", "zhao"), a_team(desk, "发货", "other")
    await hand(desk, li, returns)

    for browser, mine in ((zhao, ["telegram:ana"]), (other, [])):
        everybody = (await browser.get("/desk/queue")).text
        assert sorted(names(everybody)) == ["telegram:ana", "telegram:ben"]
        assert '<span class="tag">售后</span>' in everybody
        assert names((await browser.get("/desk/queue?team=mine")).text) == mine
    filtered = (await li.get(f"/desk/queue?team={returns.removeprefix('team:')}")).text
    part = (await li.get(f"/desk/queue/lists?team={shipping.removeprefix('team:')}")).text

    assert names(filtered) == ["telegram:ana"]
    assert f'hx-get="/desk/queue/lists?team={returns.removeprefix("team:")}"' in filtered, "it stays so by itself"
    assert names(part) == []
    assert "Nobody waits for this team" in part
    assert "more behind" not in filtered + part
    assert "1 for your teams" in (await zhao.get("/desk/counts")).text
    assert "for your teams" not in (await other.get("/desk/counts")).text


async def test_nobody_is_kept_from_helping_who_waits_for_a_team_of_others(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, other = await desk.agent("li"), await desk.agent("other")
    desk.add("zhao")
    await hand(desk, li, a_team(desk, "售后", "zhao"))

    await take(desk, other)

    assert desk.house.talk("ana").owner == "agent:other"
    assert desk.house.talk("ana").team is None


@pytest.mark.parametrize("members", [(), ("gone",), ("auditor",)])
async def test_a_team_in_which_nobody_takes_conversations_is_refused_with_the_mend(
    desk: DeskHouse, members: tuple[str, ...]
) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")
    desk.add("auditor", "auditor")
    desk.add("gone")
    desk.house.write(accounts.disable, "gone", now=desk.now)
    team = a_team(desk, "售后", *members)
    await take(desk, li)

    page = f"/desk/talks/{desk.customer('ana')}"
    answer = await li.post(f"{page}/transfer", part=True, owner="agent:li", to=team, text="she waits")

    assert answer.status_code == 409
    assert "Nobody in the team 售后 takes conversations" in answer.text
    assert "shuke team in" in answer.text
    assert desk.house.talk("ana").owner == "agent:li"
    assert "she waits" not in (await li.get(page)).text, "half of it is not done either"


@pytest.mark.parametrize("to", ["team:", "team:99", "team:1 OR 1=1", "team:ended"])
async def test_a_team_that_is_not_there_is_refused(desk: DeskHouse, to: str) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")
    ended = a_team(desk, "售后", "li")
    desk.house.write(teams.end, "售后", by="user:root", now=desk.now)
    await take(desk, li)

    path = f"/desk/talks/{desk.customer('ana')}/transfer"
    answer = await li.post(path, owner="agent:li", to=ended if to == "team:ended" else to)

    assert answer.status_code == 422
    assert "no such team" in answer.text
    assert desk.house.talk("ana").owner == "agent:li"


async def test_only_who_has_a_conversation_hands_it_to_a_team_and_who_only_looks_never(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao, auditor = await desk.agent("li"), await desk.agent("zhao"), await desk.agent("eve", "auditor")
    team = a_team(desk, "售后", "zhao")
    await take(desk, li)
    path = f"/desk/talks/{desk.customer('ana')}/transfer"

    not_theirs = await zhao.post(path, owner="agent:li", to=team)
    only_looks = await auditor.post(path, owner="agent:li", to=team)

    assert (not_theirs.status_code, only_looks.status_code) == (409, 403)
    assert desk.house.talk("ana").owner == "agent:li"


async def test_a_hand_over_to_a_team_is_audited_with_who_and_to_whom(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")

    await hand(desk, li, a_team(desk, "售后", "li"))

    (kept,) = desk.house.read(lambda conn: conn.execute(select(audit).where(audit.c.action == "transfer")).all())
    assert (kept.by, kept.data, kept.customer_id) == ("agent:li", {"to": "售后"}, desk.customer("ana"))


async def test_the_desk_speaks_of_teams_in_chinese_too(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")
    page = await hand(desk, li, a_team(desk, "售后", "li"))

    talk = (await li.get(page, headers=CHINESE)).text
    queue = (await li.get("/desk/queue", headers=CHINESE)).text

    assert "客户在等“售后”团队" in talk
    assert "转给“售后”团队" in talk
    assert "我的团队" in queue


async def test_whoever_sees_the_people_sees_their_teams(desk: DeskHouse) -> None:
    admin = await desk.agent("root", "admin")
    a_team(desk, "售后 After-sales", "root")
    a_team(desk, "发货")

    page = (await admin.get("/desk/people")).text

    assert "<b>售后 After-sales</b> root" in page
    assert "<b>发货</b> nobody yet" in page


async def test_where_there_are_no_teams_nothing_speaks_of_them(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")
    await take(desk, li)

    assert 'id="teams"' not in (await li.get("/desk/queue?team=mine")).text
    assert "team:" not in (await li.get(f"/desk/talks/{desk.customer('ana')}")).text


def test_the_roles_that_count_in_a_team_are_those_that_take_conversations() -> None:
    assert tuple(role for role in get_args(Role) if may(role, "take")) == TAKERS
