"""A team has a name that calls nobody else, keeps who waits for it in sight of all, and ends without losing them."""

from random import Random

import pytest

from crm_store import accounts, agents, conversations, handoffs, history, mentions, merging, teams, unmerging
from crm_store.errors import NotAllowed
from crm_store.ports import Ulids, VirtualClock
from tests.crm_store.people import NOW, a_customer

LATER = NOW.replace(minute=NOW.minute + 5)


@pytest.fixture
def shop(empty_store):
    for name in ("li", "zhao", "小王"):
        empty_store.run_now(agents.ensure, name, now=NOW)
    empty_store.run_now(a_customer, "ana")
    return empty_store


def hand_to(shop, team):
    shop.run_now(handoffs.take, "t-ana", "li", now=NOW)
    shop.run_now(handoffs.transfer_to_team, "t-ana", "li", team.id, team.name, now=NOW)


def test_a_team_is_found_by_its_name_and_by_each_word_of_it(shop):
    made = shop.run_now(teams.make, " 售后  After-sales ", now=NOW)

    assert made.name == "售后 After-sales"
    for said in ("售后 after-sales", "售后", "AFTER-SALES", "ａｆｔｅｒ-sales"):
        assert shop.read_now(teams.find, said) == made


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "@售后", "a\nb!", "售后 <b>", "li", "售后 Li"])
def test_a_name_that_is_none_or_calls_an_agent_is_refused_with_what_to_do(shop, name):
    with pytest.raises(NotAllowed, match=r"such as 售后|another name"):
        shop.run_now(teams.make, name, now=NOW)

    assert shop.read_now(teams.everyone) == []


def test_no_word_calls_two_teams_also_after_a_renaming(shop):
    shop.run_now(teams.make, "售后 After-sales", now=NOW)
    shop.run_now(teams.make, "发货", now=NOW)

    for refused in (lambda: shop.run_now(teams.make, "after-sales", now=NOW),
                    lambda: shop.run_now(teams.rename, "发货", "售后")):  # fmt: skip
        with pytest.raises(NotAllowed, match="another name"):
            refused()
    renamed = shop.run_now(teams.rename, "售后", "After-sales 退换")

    assert [one.name for one in shop.read_now(teams.everyone)] == ["After-sales 退换", "发货"]
    assert renamed.words == ("After-sales", "退换")


def test_an_agent_is_in_any_number_of_teams_once_in_each(shop):
    for name in ("售后", "发货"):
        shop.run_now(teams.make, name, now=NOW)
        for _ in range(2):
            shop.run_now(teams.put_in, name, "li", now=NOW)
    shop.run_now(teams.put_in, "发货", "zhao", now=NOW)

    assert [(one.name, one.members) for one in shop.read_now(teams.of_agent, "li")] == [
        ("发货", ("li", "zhao")), ("售后", ("li",)),
    ]  # fmt: skip
    shop.run_now(teams.take_out, "发货", "li")
    assert [one.name for one in shop.read_now(teams.of_agent, "li")] == ["售后"]
    with pytest.raises(NotAllowed, match="is not in"):
        shop.run_now(teams.take_out, "发货", "li")
    with pytest.raises(NotAllowed, match="no such agent"):
        shop.run_now(teams.put_in, "发货", "nobody", now=NOW)


def test_who_takes_conversations_is_told_from_who_is_only_in_the_team(shop):
    for name, role in (("gone", "agent"), ("auditor", "auditor"), ("lead", "supervisor")):
        shop.run_now(accounts.add, name, role=role, password_hash="x", now=NOW)
    shop.run_now(accounts.disable, "gone", now=NOW)
    shop.run_now(teams.make, "售后", now=NOW)
    for name in ("gone", "auditor", "lead", "li"):
        shop.run_now(teams.put_in, "售后", name, now=NOW)

    (team,) = shop.read_now(teams.everyone)

    assert team.members == ("auditor", "gone", "lead", "li")
    assert team.takers == ("lead", "li")


def test_who_waits_for_a_team_is_in_the_queue_and_no_longer_once_somebody_takes_them(shop):
    team = shop.run_now(teams.make, "售后", now=NOW)
    hand_to(shop, team)

    waiting = shop.read_now(conversations.of_customer, "ana")
    counted = shop.read_now(conversations.waiting_for)
    shop.run_now(handoffs.take, "t-ana", "zhao", now=LATER)
    taken = shop.read_now(conversations.of_customer, "ana")

    assert (waiting.owner, waiting.team, waiting.waiting_since) == ("queue", team.id, NOW)
    assert counted == {team.id: 1}
    assert (taken.owner, taken.team) == ("agent:zhao", None)


def test_the_history_keeps_who_handed_what_to_which_team(shop):
    hand_to(shop, shop.run_now(teams.make, "售后 After-sales", now=NOW))

    (step,) = [one for one in shop.read_now(history.timeline, "ana") if one.kind == "handoff.transferred"]

    assert (step.by, step.at, step.data["to"]) == ("agent:li", NOW, "售后 After-sales")


def test_what_waits_for_a_team_that_ends_waits_for_everybody_and_no_less_long(shop):
    hand_to(shop, shop.run_now(teams.make, "售后", now=NOW))

    opened = shop.run_now(teams.end, "售后", by="user:root", now=LATER)

    talk = shop.read_now(conversations.of_customer, "ana")
    assert opened == 1
    assert (talk.owner, talk.team, talk.waiting_since) == ("queue", None, NOW)
    assert shop.read_now(history.timeline, "ana")[-1].kind == "handoff.team_ended"
    assert shop.read_now(teams.everyone) == []
    assert shop.run_now(teams.make, "售后", now=LATER).members == (), "the name is free again"


def test_a_merge_and_an_unmerge_leave_a_customer_waiting_for_their_team(shop):
    team = shop.run_now(teams.make, "售后", now=NOW)
    shop.run_now(a_customer, "bob")
    hand_to(shop, team)

    number = shop.run_now(merging.merge, "ana", "bob", by="agent:li", evidence="agent", now=NOW)
    joint = shop.read_now(conversations.of_customer, "bob")
    shop.run_now(unmerging.unmerge, number, by="agent:li", now=LATER, ids=Ulids(VirtualClock(LATER), Random(7)))
    apart = {who: shop.read_now(conversations.of_customer, who) for who in ("ana", "bob")}

    assert (joint.owner, joint.team) == ("queue", team.id)
    assert (apart["ana"].owner, apart["ana"].team) == ("queue", team.id)
    assert (apart["bob"].owner, apart["bob"].team) == ("bot", None)


def test_a_note_that_calls_a_team_calls_each_in_it_once_and_not_its_writer(shop):
    shop.run_now(teams.make, "售后 After-sales", now=NOW)
    for name in ("li", "zhao", "小王"):
        shop.run_now(teams.put_in, "售后", name, now=NOW)
    key = shop.run_now(history.record, at=NOW, kind="note", by="agent:li", customer_id="ana", text="x")

    called = [
        shop.run_now(mentions.note, key, words, by="li", now=NOW)
        for words in ("@售后请看一下", "@After-sales and @zhao, please", "@小王 @售后", "@After-salesman", "售后")
    ]

    assert called == [["zhao", "小王"], ["zhao", "小王"], ["小王", "zhao"], [], []]
