"""Somebody proves to be known: everything of theirs moves, once, and the talk goes on."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import func, select, update

from crm_store import (
    approvals,
    audit,
    consents,
    conversations,
    coupons,
    customers,
    history,
    identities,
    inbox,
    learning,
    linking,
    memory,
    opportunities,
    orders,
    outbox,
    points,
    promises,
    related,
    surveys,
    tags,
    take_backs,
    tasks,
    tickets,
    wishes,
    zones,
)  # fmt: skip
from crm_store.approvals import NewApproval
from crm_store.memory import Said
from crm_store.models import metadata
from crm_store.ports import Ulids, VirtualClock
from crm_store.promises import NewPromise
from crm_store.tasks import NewTask
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, an_outbound

PHONE = "+8613800138000"
NOT_OF_ONE = {"webhook_deliveries"}
"""The shop is told of what was said of a customer in the order in which it was, whoever they have become since."""
IDS = Ulids(VirtualClock(NOW), Random(7))


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


def identity_of(conn, user_id):
    return identities.find(conn, "telegram", user_id)


def link_by_phone(conn, user_id, phone=PHONE, now=NOW):
    return linking.link_phone(conn, identity_of(conn, user_id), phone, now=now)


def link_to(conn, user_id, known):
    return linking.link(conn, identity_of(conn, user_id), known, evidence="import", now=NOW)


def a_full_life(conn, id, **fields):
    """A customer of whom there is something in every table that knows customers."""
    a_customer(conn, id, **fields)
    inbox.store(conn, an_inbound(f"{id}-1", id))
    outbox.queue(conn, [an_outbound(f"{id}-1", id)])
    history.record(conn, at=NOW, kind="message.in", by="customer", customer_id=id, conversation_id=f"t-{id}", text="hi")
    tickets.open_ticket(
        conn, customer_id=id, conversation_id=f"t-{id}", channel="telegram", category="delivery", priority="normal",
        order_no=None, summary="late", now=NOW, ids=IDS, desk=DESK,
    )  # fmt: skip
    points.earn(conn, id, 100, at=NOW, ids=IDS)
    points.spend(conn, id, 30, at=NOW)
    points.earn(conn, id, 10, at=NOW, ids=IDS, order_no=f"A-{id}")
    take_backs.take_back(conn, id, 10, order_no=f"A-{id}", at=NOW, ids=IDS)
    coupons.define(conn, coupons.Offer("tea", "product", sku="TEA-001"))
    coupons.issue(conn, id, "tea", at=NOW, ids=IDS, reference=f"gift:{id}")
    taken = {"customer_id": id, "order_no": f"A-{id}", "points": 10, "owed": 0, "lapsed": 0, "forgiven": 0, "at": NOW}
    conn.execute(points.take_backs.insert(), {"id": f"back-{id}", **taken})
    coupons.define(conn, coupons.Offer("tea", "product", sku="TEA-1"))
    coupons.issue(conn, id, "tea", at=NOW, ids=IDS, reference=f"gift:{id}")
    orders.add(conn, order_no=f"A-{id}", customer_id=id, status="paid", ordered_at=NOW)
    consents.set_marketing(conn, id, True, now=NOW, evidence="message")
    audit.record(conn, at=NOW, by="agent:li", action="see_customer", customer_id=id)
    said = Said("in-1")
    memory.learn(conn, id, "likes", f"what {id} likes", said, confidence=1, now=NOW, ids=IDS)
    related.add(conn, id, "child", said, now=NOW, ids=IDS, name="Bo")
    tags.add(conn, id, "vip", now=NOW, by="agent:li")
    opportunities.open_one(conn, id, "a sofa", Decimal(1), "CNY", now=NOW, by="agent:li", ids=IDS)
    zones.say(conn, id, "Asia/Shanghai", said, now=NOW)
    about = {"customer_id": id, "conversation_id": f"t-{id}"}
    promise = NewPromise(due_at=NOW + timedelta(days=1), by="agent:li", text="a refund", **about)
    promises.make(conn, promise, now=NOW, ids=IDS)
    task = NewTask(f"call:{id}", "call_back", "call them", NOW + timedelta(days=1), **about)
    tasks.open_task(conn, task, now=NOW, ids=IDS, by="agent:li")
    approvals.request(conn, NewApproval(f"refund:{id}", about="129 CNY", by="agent:li", **about), now=NOW, ids=IDS)
    surveys.send(conn, key=f"csat:{id}", question="csat", now=NOW, id=IDS.new(), **about)
    said = {"ref": f"said-{id}", "text": "where is it", "kind": "message.in", "by": "customer"}
    history.record(conn, at=NOW, **said, **about)
    wishes.wish(conn, id, "TEA-1", now=NOW, ids=IDS)
    learning.propose(conn, f"said-{id}", "track_order", customer_id=id, by="agent:li", now=NOW)


def counts(store):
    def count(conn):
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }

    return store.read_now(count)


def dump(store):
    def all_rows(conn):
        return {table.name: sorted(map(repr, conn.execute(select(table)))) for table in metadata.sorted_tables}

    return store.read_now(all_rows)


def talk_of(store, customer_id):
    return store.read_now(conversations.of_customer, customer_id)


def set_talk(conn, customer_id, **columns):
    talks = conversations.conversations
    conn.execute(update(talks).where(talks.c.customer_id == customer_id).values(**columns))


def test_a_stranger_whose_phone_is_on_file_brings_everything_along(store):
    store.run_now(a_full_life, "ana", number="C001", phone=PHONE)
    store.run_now(a_full_life, "stranger", name="A.")
    before = counts(store)

    assert store.run_now(link_by_phone, "stranger") == "ana"

    more = {"customers": -1, "conversations": -1, "consents": -2, "history": 2, "history_unindexed": 2, "merges": 1}
    assert counts(store) == {name: count + more.get(name, 0) for name, count in before.items()}, (
        "one customer, one talk, one word for each purpose, and two lines in the history about it"
    )
    for table in metadata.sorted_tables:
        if "customer_id" in table.c and table.name not in NOT_OF_ONE:
            owners = set(
                store.read_now(lambda conn, table=table: conn.execute(select(table.c.customer_id)).scalars().all())
            )
            assert owners == {"ana"}, table.name
    assert store.read_now(points.balance, "ana", NOW) == 140
    assert store.read_now(identity_of, "stranger").verified


def test_what_waits_in_the_strangers_talk_is_handled_in_the_one_that_goes_on(store):
    store.run_now(a_full_life, "ana", number="C001", phone=PHONE)
    store.run_now(a_full_life, "stranger")

    store.run_now(link_by_phone, "stranger")

    waiting = store.read_now(lambda conn: conn.execute(select(inbox.inbox.c.conversation_id)).scalars().all())
    assert waiting == ["t-ana", "t-ana"]
    talks = {entry.conversation_id for entry in store.read_now(history.timeline, "ana")} - {None}
    assert talks == {"t-ana"}


def test_the_talk_that_is_going_on_goes_on(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "stranger")
    later = NOW + timedelta(minutes=5)
    store.run_now(set_talk, "ana", state={"dialogue": "old"}, turns=3, last_in_at=later)
    store.run_now(
        set_talk, "stranger", state={"dialogue": "asking the order number"}, turns=2, last_in_at=NOW,
        lease_owner="worker", lease_until=later,
    )  # fmt: skip

    store.run_now(link_by_phone, "stranger")

    talk = talk_of(store, "ana")
    assert (talk.id, talk.state, talk.identity_id) == ("t-ana", {"dialogue": "asking the order number"}, "i-stranger")
    assert (talk.turns, talk.last_in_at) == (3 + 2 + 1, later), "the merge counts, for whoever has loaded a talk"
    assert (talk.lease_owner, talk.lease_until) == ("worker", later), "the turn at work keeps its claim"


@pytest.mark.parametrize(
    ("kept", "running", "afterwards"),
    [
        ("bot", "bot", "bot"), ("bot", "queue", "queue"), ("bot", "agent:li", "agent:li"), ("queue", "bot", "queue"),
        ("queue", "agent:li", "agent:li"), ("agent:wu", "queue", "agent:wu"), ("agent:wu", "bot", "agent:wu"),
        ("agent:wu", "agent:li", "agent:wu"),
    ],
)  # fmt: skip
def test_nobody_who_has_a_person_or_waits_for_one_is_given_back_to_the_bot(store, kept, running, afterwards):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "stranger")
    store.run_now(set_talk, "ana", owner=kept, waiting_since=NOW if kept == "queue" else None)
    store.run_now(set_talk, "stranger", owner=running, waiting_since=NOW if running == "queue" else None)

    store.run_now(link_by_phone, "stranger")

    talk = talk_of(store, "ana")
    assert talk.owner == afterwards
    assert talk.waiting_since == (NOW if afterwards == "queue" else None)


def test_a_known_customer_who_never_wrote_takes_the_strangers_talk_over(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE, talks=False)
    store.run_now(a_full_life, "stranger")

    store.run_now(link_by_phone, "stranger")

    assert talk_of(store, "ana").id == "t-stranger"


def test_linking_twice_changes_nothing(store):
    store.run_now(a_full_life, "ana", number="C001", phone=PHONE)
    store.run_now(a_full_life, "stranger")
    store.run_now(link_by_phone, "stranger")
    once = dump(store)

    assert store.run_now(link_by_phone, "stranger") == "ana"

    assert dump(store) == once


def test_a_phone_that_nobody_has_makes_the_stranger_known_by_it(store):
    store.run_now(a_full_life, "stranger")

    assert store.run_now(link_by_phone, "stranger") == "stranger"

    assert store.read_now(customers.by_id, "stranger").phone == PHONE
    assert store.read_now(identity_of, "stranger").verified
    once = dump(store)
    store.run_now(link_by_phone, "stranger")
    assert dump(store) == once


def test_a_phone_that_two_have_proves_nothing(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "bob", number="C002", phone=PHONE)
    store.run_now(a_customer, "stranger")

    assert store.run_now(link_by_phone, "stranger") == "stranger"


def test_what_the_stranger_told_fills_what_the_shop_did_not_know(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE, name="陈小姐", attributes={"a": 1})
    store.run_now(
        a_customer, "stranger", name="A.", language="en", birth_month=3, birth_day=5, attributes={"a": 2, "b": 2}
    )

    store.run_now(link_by_phone, "stranger")

    ana = store.read_now(customers.by_id, "ana")
    assert (ana.name, ana.language, ana.phone) == ("陈小姐", "en", PHONE)
    assert customers.birthday_of(ana) == customers.Birthday(3, 5)
    assert ana.attributes == {"a": 1, "b": 2}


def test_a_birthday_on_file_is_not_mixed_with_the_strangers(store):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE, birth_month=8, birth_day=9)
    store.run_now(a_customer, "stranger", birth_year=1990, birth_month=3, birth_day=5)

    store.run_now(link_by_phone, "stranger")

    assert customers.birthday_of(store.read_now(customers.by_id, "ana")) == customers.Birthday(8, 9)


@pytest.mark.parametrize(
    ("known", "stranger", "afterwards"),
    [
        # (value, evidence, minutes)
        ((True, "import", 9), (False, "message", 1), False),
        ((False, "import", 9), (True, "message", 1), True),
        ((False, "message", 1), (True, "message", 9), True),
        ((True, "message", 9), (False, "message", 1), True),
        ((False, "message", 1), (True, "import", 9), False),
        (None, (True, "message", 1), True),
        ((True, "import", 1), None, True),
    ],
)
def test_a_customers_own_later_word_on_our_messages_counts(store, known, stranger, afterwards):
    store.run_now(a_customer, "ana", number="C001", phone=PHONE)
    store.run_now(a_customer, "stranger")
    for who, word in (("ana", known), ("stranger", stranger)):
        if word is not None:
            value, evidence, minutes = word
            at = NOW + timedelta(minutes=minutes)
            store.run_now(consents.set_consent, who, "marketing", value, now=at, evidence=evidence)

    store.run_now(link_by_phone, "stranger")

    assert store.read_now(consents.of_customer, "ana")["marketing"] is afterwards
    told = [entry.data["value"] for entry in store.read_now(history.timeline, "ana") if entry.kind == "consent.changed"]
    assert told[-1] is afterwards, "the history ends with the word that counts"


def test_a_customer_with_a_number_is_never_emptied(store):
    store.run_now(a_full_life, "ana", number="C001")
    store.run_now(a_full_life, "bob", number="C002", phone=PHONE)

    assert store.run_now(link_by_phone, "ana") == "bob"

    assert store.read_now(identity_of, "ana").customer_id == "bob"
    assert store.read_now(points.balance, "ana", NOW) == 70
    assert [order.order_no for order in store.read_now(orders.of_customer, "ana")] == ["A-ana"]
    assert "message.in" in [entry.kind for entry in store.read_now(history.timeline, "ana")]


def test_the_talk_goes_with_an_identity_that_moves_alone(store):
    store.run_now(a_full_life, "ana", number="C001")
    store.run_now(a_customer, "bob", number="C002", phone=PHONE, talks=False)
    store.run_now(set_talk, "ana", state={"dialogue": "points"})

    store.run_now(link_by_phone, "ana")

    talk = talk_of(store, "bob")
    assert (talk.identity_id, talk.state) == ("i-ana", {"dialogue": "points"})
    assert talk_of(store, "ana") is None


def test_what_was_said_on_another_identity_does_not_go_with_one_that_moves(store):
    def second_identity(conn):
        identities.add(conn, id="i-web", channel="telegram", user_id="ana2", customer_id="ana", now=NOW, verified=True)

    store.run_now(a_full_life, "ana", number="C001")
    store.run_now(second_identity)
    store.run_now(a_customer, "bob", number="C002", phone=PHONE)
    store.run_now(a_customer, "cat", number="C003", phone="+8613800138001", talks=False)
    store.run_now(set_talk, "ana", state={"dialogue": "points"})

    store.run_now(link_by_phone, "ana2")
    assert talk_of(store, "ana").state == {"dialogue": "points"}
    assert talk_of(store, "bob").state is None

    store.run_now(link_to, "ana2", "ana")
    store.run_now(link_by_phone, "ana2", "+8613800138001")
    talk = talk_of(store, "cat")
    assert (talk.identity_id, talk.state) == ("i-web", None), "somebody new there can be answered"
