"""What people at the desk have: the queue, who it is, notes, teams and roles."""

from __future__ import annotations

import json

from crm_store import customers, teams, tickets
from desk.roles import ROLES, may
from tests.bot.worlds import Talk
from tests.capabilities.shops import complain, shuke
from tests.desk.desks import DeskHouse


async def test_the_queue_is_ordered_by_value_and_waiting_and_nobody_starves(desk: DeskHouse) -> None:
    """Number 18: a VIP comes before others who came a little sooner, and never before who waits for long."""
    await desk.house.says("early", "I want to talk to a person")
    await desk.house.later(minutes=14)
    await desk.house.says("late", "I want to talk to a person")
    await desk.house.later(minutes=5)
    await desk.house.says("vip", "I want to talk to a person")
    for user in ("early", "late", "vip"):
        tier = "diamond" if user == "vip" else "regular"
        desk.house.write(customers.change, desk.customer(user), name=user, tier=tier)
    browser = await desk.agent("li")

    page = (await browser.get("/desk/queue")).text

    at = {user: page.index(f'class="name">{user}<') for user in ("early", "late", "vip")}
    assert sorted(at, key=lambda user: at[user]) == ["early", "vip", "late"]


def test_whoever_takes_over_sees_what_came_before(shop: Talk, store_url: str) -> None:
    """Number 35: the present talk, and the case of last month with its order."""
    number = complain(shop)
    shop(agent="li", action="resolve", customer="u1")
    shop.say("u1", "A10293到哪了", at="2026-02-04T10:00:00+08:00")
    shop.say("u1", "转人工")

    queue = shuke(store_url, "agent", "zhao")
    shop(agent="zhao", action="take", customer="u1")
    screen = shuke(store_url, "agent", "zhao", "show", "telegram:u1")
    page = json.loads(shuke(store_url, "--json", "agent", "zhao", "show", "telegram:u1"))

    assert all(told in queue for told in ("telegram:u1", "王芳", "asked", "转人工"))
    assert all(
        told in screen for told in ("王芳", "A10293到哪了", "转人工", number, "杯子收到就是碎的", "A10293 shipped")
    )
    assert "zhao has the conversation: asked, asked for at 02-04 10:00" in screen
    assert [(one["number"], one["status"], one["summary"]) for one in page["tickets"]] == [
        (number, "resolved", "杯子收到就是碎的")
    ]
    assert [order["order_no"] for order in page["orders"]] == ["A10293"]


async def test_past_problems_are_on_the_desks_screen_when_a_customer_is_handed_over(
    desk: DeskHouse,
) -> None:
    """Number 35, in the browser: last month's case and its order stand beside the talk of today."""
    await desk.house.says("ana", "my cup arrived broken")
    await desk.house.says("ana", "skip")
    await desk.house.says("ana", "yes")
    (case,) = desk.house.read(tickets.of_customer, desk.customer("ana"))
    desk.house.write(tickets.move, case.number, "resolved", now=desk.now, by="agent:li")
    await desk.house.later(days=30)
    await desk.house.says("ana", "it happened again, I want to talk to a person")
    zhao = await desk.agent("zhao")

    queue = (await zhao.get("/desk/queue")).text
    screen = (await zhao.get(f"/desk/talks/{desk.customer('ana')}")).text

    assert "it happened again" in queue
    for told in (case.number, "my cup arrived broken", "resolved", "it happened again", "Asked for a person"):
        assert told in screen


async def test_notes_call_colleagues_and_a_hand_over_keeps_the_context(desk: DeskHouse) -> None:
    """Number 41."""
    await desk.house.says("ana", "I want to talk to a person")
    li, zhao = await desk.agent("li"), await desk.agent("zhao")
    talk = f"/desk/talks/{desk.customer('ana')}"

    await li.post(f"{talk}/note", text="@zhao she asked for an invoice twice")
    listed = (await zhao.get("/desk/mentions")).text
    await li.post(f"{talk}/take", owner="queue")
    await li.post(f"{talk}/transfer", owner="agent:li", to="zhao", text="send it today")
    screen = (await zhao.get(talk)).text

    assert "she asked for an invoice twice" in listed
    assert desk.house.talk("ana").owner == "agent:zhao"
    for told in ("I want to talk to a person", "she asked for an invoice twice", "send it today", "Handed on to zhao"):
        assert told in screen
    assert not any("invoice" in text for text in desk.house.channel.texts())


async def test_a_team_gets_a_conversation_with_its_context(desk: DeskHouse) -> None:
    """Number 41, where it is handed to several at once."""
    await desk.house.says("ana", "I want to talk to a person")
    li, zhao, wu = await desk.agent("li"), await desk.agent("zhao"), await desk.agent("wu")
    team = desk.house.write(teams.make, "售后 After-sales", now=desk.now)
    for member in ("zhao", "wu"):
        desk.house.write(teams.put_in, "售后", member, now=desk.now)
    talk = f"/desk/talks/{desk.customer('ana')}"

    await li.post(f"{talk}/note", text="@售后 she asked for an invoice twice")
    await li.post(f"{talk}/take", owner="queue")
    await li.post(f"{talk}/transfer", owner="agent:li", to=f"team:{team.id}", text="send it today")
    called = [(await one.get("/desk/mentions")).text for one in (zhao, wu)]
    waits = [(await one.get("/desk/queue?team=mine")).text for one in (zhao, wu)]
    await wu.post(f"{talk}/take", owner="queue")
    screen = (await wu.get(talk)).text

    assert all("she asked for an invoice twice" in one and "send it today" in one for one in called)
    assert all("telegram:ana" in one for one in waits)
    assert desk.house.talk("ana").owner == "agent:wu"
    for told in ("I want to talk to a person", "send it today", "Handed on to team 售后 After-sales"):
        assert told in screen


async def test_roles_bound_what_each_may_do_and_every_look_is_kept(desk: DeskHouse) -> None:
    """Number 78."""
    await desk.house.says("ana", "I want to talk to a person")
    customer = desk.customer("ana")
    browsers = {role: await desk.agent(f"the-{role}", role) for role in ROLES}

    answers = {
        role: [
            (await browser.get(f"/desk/talks/{customer}")).status_code,
            (await browser.post(f"/desk/talks/{customer}/note", text="hello")).status_code,
            (await browser.get("/desk/audit")).status_code,
        ]
        for role, browser in browsers.items()
    }
    audit = (await browsers["auditor"].get("/desk/audit")).text

    for role, (looked, noted, audited) in answers.items():
        assert (looked == 200) == may(role, "see_talk")
        assert (noted == 303) == may(role, "note")
        assert (audited == 200) == may(role, "see_audit")
    for role in ROLES:
        assert (f"<td>the-{role}</td><td>looked at the conversation" in audit) == may(role, "see_talk")
