"""What an agent may do with a conversation, and what each refusal says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.desk_actions import ACTIONS, ActionRefused, AgentAction, Done, act
from crm_store import mentions, teams, tickets
from crm_store.agents import agents
from crm_store.errors import NotAllowed
from crm_store.outbox import outbox
from tests.bot.house import House

SOON = "2026-01-05T18:00:00+08:00"


def does(house: House, action: str, text: str | None = None, *, agent: str = "li", **more: Any) -> Done:
    customer = house.identity("ana").customer_id
    wanted = AgentAction(agent, action, customer, text, **more)
    done: Done = house.write(act, wanted, now=house.clock.now(), ids=house.ids)
    return done


def refused(house: House, action: str, text: str | None = None, **more: Any) -> str:
    before = house.talk("ana"), len(house.outbox()), house.kinds()
    with pytest.raises((ActionRefused, NotAllowed)) as refusal:
        does(house, action, text, **more)
    assert (house.talk("ana"), len(house.outbox()), house.kinds()) == before  # and nothing has changed
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.fixture
async def ana(house: House) -> House:
    """A house in which Ana waits for a person."""
    await house.says("ana", "I want to talk to a person")
    house.channel.sent.clear()
    return house


def open_ticket(house: House) -> str:
    def unit(conn: Connection) -> str:
        return tickets.open_ticket(
            conn, customer_id=house.identity("ana").customer_id, conversation_id=house.talk("ana").id,
            channel="telegram", category="service", priority="normal", order_no=None, summary="slow",
            now=house.clock.now(), ids=house.ids, desk=house.settings.desk_hours,
        ).number  # fmt: skip

    return str(house.write(unit))


async def test_who_takes_a_conversation_has_it_and_is_known_from_then_on(ana: House) -> None:
    does(ana, "take")

    assert ana.talk("ana").owner == "agent:li"
    assert [row.name for row in ana.rows(agents)] == ["li"]
    [taken] = ana.entries("handoff.taken")
    assert (taken.by, taken.data) == ("agent:li", {"reason": "agent", "agent": "li", "previous": "queue"})


async def test_taking_what_one_has_changes_nothing_and_a_colleague_may_take_it_over(ana: House) -> None:
    does(ana, "take")
    does(ana, "take")
    does(ana, "take", agent="zhao")

    assert ana.talk("ana").owner == "agent:zhao"
    assert [entry.data["previous"] for entry in ana.entries("handoff.taken")] == ["queue", "agent:li"]


async def test_a_reply_is_sent_recorded_and_takes_the_conversation(ana: House) -> None:
    does(ana, "reply", "  Hello, this is Li.\n")
    await ana.sweep()

    assert ana.channel.texts() == ["Hello, this is Li."]
    assert ana.channel.sent[0].kind == "agent"
    assert ana.talk("ana").owner == "agent:li"
    said = ana.entries("message.out")[-1]
    assert (said.by, said.text, said.ref) == ("agent:li", "Hello, this is Li.", ana.channel.sent[0].id)


async def test_replies_leave_in_their_order_behind_the_bots_last_words(house: House) -> None:
    await house.says("ana", "hello")
    for number in range(5):
        does(house, "reply", f"reply {number}")
    for _ in range(5):
        await house.sweep()

    assert house.channel.texts()[1:] == [f"reply {number}" for number in range(5)]


async def test_a_reply_longer_than_a_channel_takes_goes_out_in_pieces_and_whole(ana: House) -> None:
    long = "您好。" * 3_000

    does(ana, "reply", long)

    rows = [row for row in ana.rows(outbox) if row.kind == "agent"]
    assert len(rows) == 14
    assert all(len(row.body["text"].encode()) <= 2048 for row in rows)
    assert "".join(row.body["text"] for row in rows) == long


async def test_a_note_is_kept_for_the_house_and_sent_to_nobody(ana: House) -> None:
    does(ana, "note", "likes green tea")
    await ana.sweep()

    assert ana.channel.sent == []
    assert [entry.text for entry in ana.entries("note")] == ["likes green tea"]
    assert ana.talk("ana").owner == "queue"


async def test_what_is_returned_is_the_bots_again(ana: House) -> None:
    does(ana, "take")
    does(ana, "return")

    assert ana.talk("ana").owner == "bot"
    assert len(await ana.says("ana", "hello")) == 1


@pytest.mark.parametrize(("to", "owner"), [("zhao", "agent:zhao"), (None, "queue"), ("  ", "queue")])
async def test_a_conversation_is_handed_to_a_colleague_or_back_into_the_queue(
    ana: House, to: str | None, owner: str
) -> None:
    does(ana, "take")
    does(ana, "transfer", to)

    assert ana.talk("ana").owner == owner
    assert (ana.talk("ana").waiting_since is not None) == (owner == "queue")


@pytest.mark.parametrize(("text", "hours"), [(None, 24), (SOON, 9)])
async def test_a_conversation_is_snoozed_until_a_time_or_for_a_day(ana: House, text: str | None, hours: int) -> None:
    does(ana, "take")
    does(ana, "snooze", text)

    assert ana.talk("ana").snoozed_until == ana.clock.now() + timedelta(hours=hours)


async def test_who_resolves_closes_the_conversation_and_its_open_tickets(ana: House) -> None:
    first, second = open_ticket(ana), open_ticket(ana)
    does(ana, "take")
    does(ana, "resolve")

    assert ana.talk("ana").owner == "bot"
    assert ana.talk("ana").closed_at == ana.clock.now()
    assert [entry.data["number"] for entry in ana.entries("ticket.resolved")] == [first, second]


async def test_one_ticket_may_be_resolved_alone(ana: House) -> None:
    open_ticket(ana)
    second = open_ticket(ana)
    does(ana, "resolve", ticket=second)

    assert [entry.data["number"] for entry in ana.entries("ticket.resolved")] == [second]


async def test_a_conversation_is_handed_to_a_team_with_what_they_have_to_know(ana: House) -> None:
    ana.write(teams.make, "售后 After-sales", now=ana.clock.now())
    does(ana, "take", agent="zhao")
    ana.write(teams.put_in, "售后", "zhao", now=ana.clock.now())
    does(ana, "take")

    assert does(ana, "transfer", "the cup is broken", team="售后") == Done("agent:li", "queue")

    assert [one.text for one in ana.entries("note")] == ["@售后 After-sales the cup is broken"]
    assert ana.read(mentions.unseen, "zhao") == 1
    [handed] = ana.entries("handoff.transferred")
    assert (handed.by, handed.data["to"]) == ("agent:li", "售后 After-sales")


async def test_what_a_team_cannot_get_is_refused_with_the_mend_and_nothing_is_noted(ana: House) -> None:
    ana.write(teams.make, "售后", now=ana.clock.now())
    does(ana, "take")

    assert "shuke team in 售后 NAME" in refused(ana, "transfer", "broken", team="售后")
    assert "shuke team list" in refused(ana, "transfer", "broken", team="发货")
    ana.write(teams.put_in, "售后", "li", now=ana.clock.now())
    assert "take it first" in refused(ana, "transfer", "broken", team="售后", agent="zhao")


@pytest.mark.parametrize("action", ["return", "transfer", "snooze"])
async def test_what_one_does_not_have_one_cannot_give_away(ana: House, action: str) -> None:
    assert refused(ana, action) == "the conversation is with queue, not with li; take it first"


@pytest.mark.parametrize(
    ("action", "text", "told"),
    [
        ("reply", None, 'a reply needs a text; add "text"'),
        ("reply", "  \n", 'a reply needs a text; add "text"'),
        ("note", "", 'a note needs a text; add "text"'),
        ("approve", None, "nothing waits for an approval"),
        ("promise", "a refund", 'a promise needs a time such as 2026-01-09T18:00:00+08:00; add "due"'),
        ("keep", "R-77", "there is no such promise of this customer that is open"),
        ("done", None, "there is no such task of this customer that is open"),
        ("ask", None, "what is to be approved? Add the words"),
        ("hug", None, f"there is no action 'hug'; use one of {', '.join(ACTIONS)}"),
        ("snooze", "tomorrow", 'a snooze ends at a time such as 2026-01-06T09:00:00+08:00; correct "text"'),
        ("snooze", "2026-01-05T18:00:00", 'a snooze ends in the future, with its time zone; correct "text"'),
        ("snooze", "2026-01-05T08:59:00+08:00", 'a snooze ends in the future, with its time zone; correct "text"'),
    ],
)
async def test_what_cannot_be_done_is_refused_in_one_line(ana: House, action: str, text: str | None, told: str) -> None:
    if action == "snooze":
        does(ana, "take")

    assert refused(ana, action, text) == told


@pytest.mark.parametrize("agent", ["", "  ", "li\nzhao"])
async def test_an_agent_has_a_name_of_one_line(ana: House, agent: str) -> None:
    assert refused(ana, "take", agent=agent) == "an agent needs a name, such as li"


async def test_a_ticket_that_is_not_this_customers_or_is_solved_is_not_resolved(ana: House) -> None:
    number = open_ticket(ana)
    does(ana, "resolve", ticket=number)

    assert refused(ana, "resolve", ticket="T-9999") == "the customer has no ticket T-9999"
    assert refused(ana, "resolve", ticket=number) == f"ticket {number} is resolved and cannot become resolved"


async def test_who_never_wrote_has_no_conversation(house: House) -> None:
    await house.says("ana", "hello")
    wanted = AgentAction("li", "take", "nobody")

    with pytest.raises(ActionRefused, match="this customer has no conversation; they have not written yet"):
        house.write(act, wanted, now=house.clock.now(), ids=house.ids)


async def test_each_action_tells_who_had_the_conversation_and_who_has_it(ana: House) -> None:
    number = open_ticket(ana)

    assert does(ana, "note", "tea") == Done("queue", "queue")
    assert does(ana, "reply", "hello") == Done("queue", "agent:li")
    tomorrow = ana.clock.now() + timedelta(hours=24)
    assert does(ana, "snooze") == Done("agent:li", "agent:li", until=tomorrow)
    assert does(ana, "transfer", "zhao") == Done("agent:li", "agent:zhao")
    assert does(ana, "take") == Done("agent:zhao", "agent:li")
    assert does(ana, "return") == Done("agent:li", "bot")
    assert does(ana, "resolve") == Done("bot", "bot", resolved=(number,))
