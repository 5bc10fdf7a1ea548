"""Merging by hand and taking apart: who is found, what is refused, and what both did together meanwhile."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from crm_store import (
    checking,
    consents,
    conversations,
    customers,
    handoffs,
    history,
    identities,
    inbox,
    linking,
    merges,
    points,
    schedule,
    tickets,
)
from crm_store.errors import NotAllowed
from crm_store.merging import merge
from crm_store.origins import bringing
from crm_store.ports import Ulids, VirtualClock
from crm_store.showing import customer_json, find_customer
from crm_store.unit_of_work import Store
from crm_store.unmerging import unmerge
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, nothing_kept
from tests.servers.databases import examples

PHONE = "+8613800138000"
IDS = Ulids(VirtualClock(NOW), Random(7))
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


def into(conn, absorbed, survivor, *, now=NOW):
    return merge(conn, absorbed, survivor, evidence="agent", by="agent:li", now=now)


def apart(conn, number, *, now=LATER):
    return unmerge(conn, number, by="agent:li", now=now, ids=IDS)


def brought(conn, user, unit, *args, **kwargs):
    """Do something as a turn of this user's would."""
    way = identities.find(conn, "telegram", user)
    with bringing(way.side):
        return unit(conn, *args, **kwargs)


def kinds(store, who):
    return [entry.kind for entry in store.read_now(history.timeline, who)]


def faults(conn):
    looks = checking.checks()
    return [find for name, look in looks.items() if name not in ("form", "file") for find in look(conn)]


@pytest.fixture
def couple(store: Store) -> Store:
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "bob", number="C002")
    return store


def test_who_was_merged_is_found_by_their_old_id_number_and_channel(couple):
    couple.run_now(into, "bob", "ana")

    for name in ("bob", "C002", "telegram:bob", "ana", "C001"):
        assert couple.read_now(find_customer, name) == "ana", name


def test_after_the_unmerge_each_is_found_by_their_own(couple):
    number = couple.run_now(into, "bob", "ana")

    couple.run_now(apart, number)

    assert [couple.read_now(find_customer, name) for name in ("bob", "C002", "telegram:bob")] == ["bob"] * 3
    assert couple.read_now(find_customer, "C001") == "ana"


def test_the_history_of_both_tells_of_merge_and_unmerge_and_who_did_it(couple):
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(apart, number)

    told = [
        (entry.kind, entry.by, entry.data["merge"], entry.data["customer"])
        for who in ("ana", "bob")
        for entry in couple.read_now(history.timeline, who)
    ]
    assert told == [
        ("identity.merged", "agent:li", number, "C002"),
        ("identity.unmerged", "agent:li", number, "C002"),
        ("identity.unmerged", "agent:li", number, "C001"),
    ]


def test_a_merge_that_is_undone_keeps_nothing_of_anybody(couple):
    number = couple.run_now(into, "bob", "ana")

    couple.run_now(apart, number)

    left = couple.read_now(merges.by_id, number)
    assert (left.survivor, left.absorbed, left.joint, left.marks) == (None, None, None, None)
    assert (left.undone_by, left.undone_at) == ("agent:li", LATER)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda conn, first: into(conn, "ana", "ana"), "same_customer"),
        (lambda conn, first: into(conn, "bob", "cat"), "no_customer"),
        (lambda conn, first: into(conn, "cat", "nobody"), "no_customer"),
        (lambda conn, first: apart(conn, 99), "no_merge"),
        (lambda conn, first: apart(conn, first), "undo_first"),
    ],
    ids=["oneself", "of who is absorbed", "into nobody", "undo what is not there", "undo what a later one holds"],
)
def test_what_cannot_be_is_refused_with_a_word_and_changes_nothing(couple, wrong, code):
    couple.run_now(a_customer, "cat")
    first = couple.run_now(into, "bob", "ana")
    if code == "undo_first":
        couple.run_now(into, "ana", "cat")
    before = couple.read_now(customer_json, couple.read_now(merges.root, "ana"), NOW)

    with pytest.raises(NotAllowed) as refused:
        couple.run_now(wrong, first)

    assert refused.value.code == code
    assert couple.read_now(customer_json, couple.read_now(merges.root, "ana"), NOW) == before


def test_an_unmerge_done_twice_is_refused(couple):
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(apart, number)

    with pytest.raises(NotAllowed, match="undone already"):
        couple.run_now(apart, number)


def test_merges_within_one_another_come_apart_from_the_outside_in(couple):
    couple.run_now(a_customer, "cat")
    first = couple.run_now(into, "bob", "ana")
    second = couple.run_now(into, "ana", "cat")
    with pytest.raises(NotAllowed, match=f"undo merge {second} first"):
        couple.run_now(apart, first)

    couple.run_now(apart, second)
    couple.run_now(apart, first)

    for who in ("ana", "bob", "cat"):
        assert [one.user_id for one in couple.read_now(identities.of_customer, who)] == [who]
    assert couple.read_now(faults) == []


def test_a_link_that_merged_is_proof_no_more_once_it_is_undone(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "stranger")
    store.run_now(lambda conn: linking.link_phone(conn, identities.find(conn, "telegram", "stranger"), PHONE, now=NOW))
    (standing,) = store.read_now(merges.standing, "ana")

    store.run_now(apart, standing.id)

    stranger = store.read_now(identities.find, "telegram", "stranger")
    assert (stranger.customer_id, stranger.verified, stranger.evidence) == ("stranger", False, None)


def test_who_asked_for_a_person_goes_on_waiting_and_the_other_is_with_the_bot(couple):
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(
        brought, "bob", handoffs.request, conversation_id="t-ana", customer_id="ana", reason="asked", now=NOW
    )

    couple.run_now(apart, number)

    talks = {who: couple.read_now(conversations.of_customer, who) for who in ("ana", "bob")}
    assert (talks["bob"].id, talks["bob"].owner, talks["bob"].waiting_since) == ("t-bob", "queue", NOW)
    assert (talks["ana"].owner, talks["ana"].waiting_since) == ("bot", None)


def test_nobody_is_left_waiting_who_was_served_while_they_were_one(couple):
    for who in ("ana", "bob"):
        couple.run_now(handoffs.request, conversation_id=f"t-{who}", customer_id=who, reason="asked", now=NOW)
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(handoffs.take, "t-ana", "li", now=NOW)
    couple.run_now(handoffs.resolve, "t-ana", "li", ticket=None, now=NOW)

    couple.run_now(apart, number)

    assert {couple.read_now(conversations.of_customer, who).owner for who in ("ana", "bob")} == {"bot"}


@pytest.mark.parametrize(("speaker", "other"), [("ana", "bob"), ("bob", "ana")])
def test_the_turn_at_work_keeps_its_lease_and_the_other_talk_is_free(couple, speaker, other):
    number = couple.run_now(into, "bob", "ana")
    key = couple.run_now(inbox.store, an_inbound("9", speaker, conversation_id="t-ana"))
    claim = {"worker": "w", "now": NOW, "until": LATER, "before": key}
    assert couple.run_now(inbox.claim, "t-ana", **claim)

    couple.run_now(apart, number, now=NOW)

    assert couple.read_now(conversations.of_customer, speaker).lease_owner == "w"
    assert couple.read_now(conversations.of_customer, other).lease_owner is None
    assert couple.read_now(inbox.oldest_open, f"t-{speaker}").id == key


def test_a_cases_steps_go_with_it_whoever_takes_them(couple):
    def complain(conn):
        return tickets.open_ticket(
            conn, customer_id="bob", conversation_id="t-bob", channel=None, category="other", priority="low",
            order_no=None, summary="", now=NOW, ids=IDS, desk=DESK,
        ).number  # fmt: skip

    case = couple.run_now(complain)
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(tickets.move, case, "resolved", now=NOW, by="agent:li")

    couple.run_now(apart, number)

    assert [one.status for one in couple.read_now(tickets.of_customer, "bob")] == ["resolved"]
    assert "ticket.resolved" in kinds(couple, "bob")
    assert "ticket.resolved" not in kinds(couple, "ana")


def test_what_the_customer_says_of_our_messages_counts_for_both_and_then_for_who_said_it(couple):
    couple.run_now(consents.set_consent, "ana", "marketing", True, now=NOW, evidence="message")
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(brought, "bob", consents.set_consent, "ana", "marketing", False, now=LATER, evidence="message")
    assert not couple.read_now(consents.of_customer, "ana")["marketing"]

    couple.run_now(apart, number)

    assert couple.read_now(consents.of_customer, "ana")["marketing"]
    assert not couple.read_now(consents.of_customer, "bob")["marketing"]
    last = couple.read_now(history.timeline, "ana")[-1]
    assert (last.kind, last.data["value"], last.data["merge"]) == ("consent.changed", True, number)


def test_an_answer_leaves_by_who_spoke_last_of_the_two_whoever_is_part_of_whom(couple):
    couple.run_now(conversations.save_turn, "t-bob", state=None, identity_id="i-bob", now=NOW)
    couple.run_now(conversations.save_turn, "t-ana", state={"dialogue": "hers"}, identity_id="i-ana", now=LATER)

    couple.run_now(into, "bob", "ana")

    talk = couple.read_now(conversations.of_customer, "ana")
    assert (talk.identity_id, talk.state) == ("i-ana", {"dialogue": "hers"})


def test_what_named_the_others_talk_before_does_so_again(couple):
    """An identity that went from one to the other alone has left its messages in the other's talk."""
    couple.run_now(inbox.store, an_inbound("1", "bob", conversation_id="t-ana"))
    number = couple.run_now(into, "bob", "ana")

    couple.run_now(apart, number)

    assert couple.read_now(inbox.oldest_open, "t-ana").external_id == "1"


def test_who_is_left_is_answered_where_they_spoke_last_when_the_way_of_the_talk_has_gone(couple):
    couple.run_now(a_customer, "cat", number="C003", talks=False)
    for way in ("b3", "b2", "b4"):
        couple.run_now(identities.add, id=way, channel="wechat", user_id=way, customer_id="bob", now=NOW)
    for way in ("b3", "b4", "b2"):
        couple.run_now(history.record, at=NOW, kind="message.in", by="customer", customer_id="bob", identity_id=way)
    number = couple.run_now(into, "bob", "ana")
    couple.run_now(
        lambda conn: linking.link(
            conn, identities.find(conn, "telegram", "bob"), "cat", evidence="import", now=NOW
        )
    )  # fmt: skip

    couple.run_now(apart, number)

    assert couple.read_now(conversations.of_customer, "bob").identity_id == "b2"


def test_a_message_that_waits_is_taken_up_though_its_sender_has_moved_on_alone(couple):
    couple.run_now(a_customer, "cat", number="C003", talks=False)
    couple.run_now(inbox.store, an_inbound("1", "cat", conversation_id="t-bob"))

    couple.run_now(into, "bob", "ana")

    assert couple.read_now(inbox.oldest_open, "t-ana").external_id == "1"


class TestGreetings:
    """An occasion is (customer, rule, year)."""

    @staticmethod
    def greet(conn, who, by="bob"):
        occasion = f"{who}:birthday:2026"
        claimed = schedule.claim(conn, "birthday", occasion, now=NOW, outcome="queued")
        if claimed:
            history.record(
                conn, at=NOW, kind="care.queued", by="care", customer_id=who, identity_id=f"i-{by}",
                data={"rule": "birthday", "occasion": occasion},
            )  # fmt: skip
        return claimed

    def test_who_was_greeted_before_is_not_greeted_again_as_somebody_else(self, couple):
        assert couple.run_now(self.greet, "bob")

        couple.run_now(into, "bob", "ana")

        assert not couple.run_now(self.greet, "ana")

    def test_who_was_not_greeted_themselves_still_is_after_an_unmerge(self, couple):
        couple.run_now(self.greet, "bob")
        number = couple.run_now(into, "bob", "ana")

        couple.run_now(apart, number)

        assert not couple.run_now(self.greet, "bob")
        assert couple.run_now(self.greet, "ana", "ana")

    def test_who_was_greeted_as_somebody_else_is_not_greeted_again_after_an_unmerge(self, couple):
        number = couple.run_now(into, "bob", "ana")
        assert couple.run_now(self.greet, "ana", "bob")

        couple.run_now(apart, number)

        assert not couple.run_now(self.greet, "bob")


who = st.sampled_from(["ana", "bob"])
spending = st.lists(
    st.tuples(st.sampled_from(["earn", "spend"]), who, st.integers(1, 40), st.integers(0, 9)), max_size=20
)


def spend_together(conn, before, between):
    with nothing_kept(conn):
        for who in ("ana", "bob"):
            a_customer(conn, who)
        _move_points(conn, before)
        number = into(conn, "bob", "ana")
        _move_points(conn, between)
        left = points.balance(conn, "ana", NOW)
        whose = {row.id: row.side or "ana" for row in conn.execute(select(points.lots))}

        apart(conn, number)

        assert sum(points.balance(conn, who, NOW) for who in ("ana", "bob")) == left
        assert {row.id: row.customer_id for row in conn.execute(select(points.lots))} == whose
        spent = select(func.count()).select_from(points.entries).join(points.lots)
        assert conn.execute(spent.where(points.entries.c.customer_id != points.lots.c.customer_id)).scalar() == 0
        assert list(checking.checks()["points"](conn)) == []


def _move_points(conn, moves):
    for what, who, number, days in moves:
        way = identities.find(conn, "telegram", who)
        with bringing(way.side):
            if what == "earn":
                ends = NOW + timedelta(days=days) if days else None
                points.earn(conn, way.customer_id, number, at=NOW, ids=IDS, expires_at=ends)
            elif points.balance(conn, way.customer_id, NOW) >= number:
                points.spend(conn, way.customer_id, number, at=NOW)


def test_what_was_spent_stays_with_the_lot_it_was_taken_from_whoever_spent_it(module_store):
    @settings(max_examples=examples(module_store, 60), deadline=None)
    @given(spending, spending)
    def spent(before, between):
        module_store.run_now(spend_together, before, between)

    spent()


def test_a_customer_with_many_rows_is_merged_in_as_many_statements_as_one_with_few(couple):
    def statements(conn, absorbed):
        seen = []

        def count(*_):
            seen.append(1)

        event.listen(conn, "after_cursor_execute", count)
        number = into(conn, absorbed, "ana")
        merged = len(seen)
        apart(conn, number)
        event.remove(conn, "after_cursor_execute", count)
        return merged, len(seen) - merged

    def live_long(conn):
        for moment in range(200):
            history.record(conn, at=NOW, kind="note", by="system", customer_id="cat", text=str(moment))
            customers.change(conn, "cat", city=str(moment))

    couple.run_now(a_customer, "cat", number="C003")
    couple.run_now(live_long)

    assert couple.run_now(statements, "cat") == couple.run_now(statements, "bob")
