"""What is remembered: one truth at a time, told only while fresh and allowed, and gone once it is forgotten."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store import consents, history, memory
from crm_store.memory import Fact, Said
from crm_store.memory_kinds import KINDS, contradict
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples

IDS = Ulids(VirtualClock(NOW), Random(7))
LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    return empty_store


def learn(store, kind, value, source="in-1", *, confidence=0.9, now=NOW, **more):
    said = Said(source, words=f"words of {source}", channel="telegram")
    return store.run_now(memory.learn, "ana", kind, value, said, confidence=confidence, now=now, ids=IDS, **more)


def texts(store, now=NOW, **more):
    return [(one.kind, one.value) for one in store.read_now(memory.known, "ana", now, **more)]


def told(store, kind):
    return [entry.data for entry in store.read_now(history.timeline, "ana") if entry.kind == kind]


def agree(store, value=True, now=NOW):
    store.run_now(
        consents.set_consent, "ana", "sensitive", value, now=now, evidence="in-9", channel="telegram", words="可以记"
    )


def test_a_fact_is_kept_with_its_message_its_words_and_its_end(store):
    learned = learn(store, "likes", " 绿茶 ", expires_at=LATER)

    (fact,) = store.read_now(memory.known, "ana", NOW)
    assert learned.outcome == "learned"
    assert (fact.value, fact.source, fact.words, fact.confidence) == ("绿茶", "in-1", "words of in-1", 0.9)
    assert fact.as_json() == {
        "fact": "likes: 绿茶", "source": "in-1", "confidence": 0.9, "expires_at": LATER.isoformat()
    }  # fmt: skip
    assert [data["fact"] for data in told(store, "memory.learned")] == [fact.id]


def test_what_contradicts_an_older_fact_takes_its_place_and_says_so(store):
    old = learn(store, "shoe_size", "37").fact

    new = learn(store, "shoe_size", "38", "in-2", now=LATER)

    assert new.contradicts == (old,)
    assert told(store, "memory.learned")[-1]["contradicts"] == [old.id]
    assert texts(store, LATER) == [("shoe_size", "38")]


def test_somebody_no_longer_likes_what_they_dislike(store):
    learn(store, "likes", "Green tea")
    learn(store, "likes", "oolong", "in-2")

    learn(store, "dislikes", "green  TEA", "in-3", now=LATER)

    assert texts(store, LATER) == [("likes", "oolong"), ("dislikes", "green TEA")]


def test_what_was_said_earlier_and_learnt_later_does_not_count(store):
    learn(store, "shoe_size", "38")

    learned = learn(store, "shoe_size", "37", "in-0", said_at=NOW - timedelta(days=9))

    assert learned.outcome == "older"
    assert texts(store) == [("shoe_size", "38")]


def test_the_same_fact_again_is_surer_and_lasts_from_then(store):
    first = learn(store, "likes", "绿茶", confidence=0.5).fact

    again = learn(store, "likes", "绿茶", "in-2", confidence=0.5, now=LATER)

    (fact,) = store.read_now(memory.known, "ana", LATER)
    assert (again.outcome, fact.id, fact.confidence, fact.source) == ("confirmed", first.id, 0.75, "in-2")
    assert fact.expires_at == LATER + KINDS["likes"].lasts
    assert len(told(store, "memory.learned")) == 1


def test_the_same_message_handled_twice_teaches_once(store):
    learn(store, "likes", "绿茶", confidence=0.5)

    learn(store, "likes", "绿茶", confidence=0.5)

    (fact,) = store.read_now(memory.known, "ana", NOW)
    assert fact.confidence == 0.5


def test_a_stale_or_unsure_fact_is_not_told_as_true(store):
    learn(store, "likes", "绿茶", expires_at=LATER)
    learn(store, "likes", "乌龙", "in-2", confidence=0.3)

    used = store.run_now(memory.use, "ana", ("likes",), Said("in-3", by="bot"), now=NOW)
    used_later = store.run_now(memory.use, "ana", ("likes",), Said("in-4", by="bot"), now=LATER)

    assert [one.value for one in used] == ["绿茶"]
    assert used_later == []
    assert told(store, "memory.used") == [{"facts": [used[0].id], "kinds": ["likes"], "for": "in-3"}]
    assert texts(store, LATER) == [("likes", "乌龙")], "it may be asked about"


def test_nothing_sensitive_is_kept_before_its_owner_agrees(store):
    learned = learn(store, "health", "糖尿病")

    (row,) = store.read_now(lambda conn: conn.execute(select(memory.memory_facts)).all())
    assert learned.outcome == "pending"
    assert (row.value, row.words, row.status) == (None, None, "pending")
    assert texts(store) == []


def test_with_leave_it_is_kept_and_names_the_word_that_allowed_it(store):
    learn(store, "health", "糖尿病")
    agree(store)

    learned = learn(store, "health", "糖尿病")

    rows = store.read_now(lambda conn: conn.execute(select(memory.memory_facts)).all())
    (proof,) = store.read_now(consents.proofs, "ana")
    assert learned.outcome == "learned"
    assert [row.status for row in rows if row.consent_word is not None] == ["active"]
    assert (proof["purpose"], proof["words"], proof["said_on"], proof["evidence"]) == (
        "sensitive", "可以记", "telegram", "in-9",
    )  # fmt: skip
    assert texts(store) == [("health", "糖尿病")]


def test_leave_that_is_withdrawn_takes_what_it_allowed_along(store):
    agree(store)
    learn(store, "religion", "佛教")
    learn(store, "likes", "绿茶", "in-2")

    gone = store.run_now(memory.withdraw_sensitive, "ana", Said("in-3"), now=LATER)

    assert [one.value for one in gone] == ["佛教"]
    assert texts(store, LATER) == [("likes", "绿茶")]
    assert "佛教" not in dump(store)


def test_a_plain_no_hides_what_is_sensitive_at_once(store):
    agree(store)
    learn(store, "religion", "佛教")

    agree(store, False, LATER)

    assert texts(store, LATER) == []


def dump(store):
    return repr(store.read_now(lambda conn: conn.execute(select(memory.memory_facts)).all())) + repr(
        store.read_now(history.timeline, "ana")
    )


def test_what_is_forgotten_is_gone_with_what_it_had_replaced(store):
    learn(store, "shoe_size", "三十七")
    fact = learn(store, "shoe_size", "三十八", "in-2", now=LATER).fact

    gone = store.run_now(memory.forget, "ana", fact.id, Said("in-3"), now=LATER)

    assert [one.value for one in gone] == ["三十八"]
    assert texts(store, LATER) == []
    assert "三十" not in dump(store)
    assert len(told(store, "memory.forgotten")) == 2


def test_what_is_forgotten_is_not_learnt_again_from_the_same_message(store):
    fact = learn(store, "likes", "绿茶").fact
    store.run_now(memory.forget, "ana", fact.id, Said("in-2"), now=NOW)

    assert learn(store, "likes", "绿茶").outcome == "forgotten"
    assert learn(store, "likes", "绿茶", "in-5").outcome == "learned"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("忘掉我喜欢绿茶这件事", ["steak", "38"]),
        ("forget that I like Steak", ["绿茶", "38"]),
        ("忘掉我的鞋码", ["绿茶", "steak"]),
        ("forget the tea", ["绿茶", "steak", "38"]),
    ],
)
def test_words_name_what_is_to_be_forgotten(store, words, left):
    for number, (kind, value) in enumerate((("likes", "绿茶"), ("likes", "steak"), ("shoe_size", "38"))):
        learn(store, kind, value, f"in-{number}")

    store.run_now(memory.forget_words, "ana", words, Said("in-9"), now=NOW, names={"shoe_size": ("鞋码", "shoe size")})

    assert [value for _, value in texts(store)] == left


def test_everything_can_be_forgotten(store):
    learn(store, "likes", "绿茶")
    learn(store, "shoe_size", "38", "in-2")

    store.run_now(memory.forget_all, "ana", Said("in-3"), now=NOW)

    assert texts(store) == []


@pytest.mark.parametrize(
    ("wrong", "told_so"),
    [
        ({"kind": "weight"}, "there is no kind of fact 'weight'; use one of called"),
        ({"value": "  "}, "1 to 500 characters"),
        ({"confidence": 1.2}, "between 0 and 1"),
        ({"expires_at": NOW}, "ends after it was said"),
        ({"source": ""}, "needs its source"),
    ],
)
def test_a_fact_that_cannot_be_one_is_refused_with_the_mend(store, wrong, told_so):
    given = {"kind": "likes", "value": "绿茶", "source": "in-1"} | wrong

    with pytest.raises(ValueError, match=told_so):
        learn(store, given.pop("kind"), given.pop("value"), given.pop("source"), **given)


AT = st.integers(0, 50).map(lambda days: NOW + timedelta(days=days))
STEP = st.one_of(
    st.tuples(
        st.just("learn"), st.sampled_from(["shoe_size", "likes", "dislikes", "called", "religion"]),
        st.sampled_from(["a", "A ", "b", "c"]), st.integers(1, 6), AT,
    ),
    st.tuples(st.just("forget"), st.sampled_from(["a", "b", "c", "all"]), AT),
    st.tuples(st.just("agree"), st.booleans(), AT),
    st.tuples(st.just("settle"), AT),
)  # fmt: skip


def take(conn, step: tuple) -> None:
    match step:
        case ("learn", kind, value, source, at):
            said = Said(f"in-{source}")
            memory.learn(conn, "ana", kind, value, said, confidence=0.8, now=NOW, ids=IDS, said_at=at)
        case ("forget", "all", at):
            memory.forget_all(conn, "ana", Said("in-x"), now=at)
        case ("forget", words, at):
            memory.forget_words(conn, "ana", words, Said("in-x"), now=at)
        case ("agree", value, at):
            consents.set_consent(conn, "ana", "sensitive", value, now=at, evidence="in-y")
        case ("settle", at):
            memory.settle(conn, "ana", now=at)


def test_whatever_is_said_in_whatever_order_only_one_truth_stands(store):
    @settings(max_examples=examples(store, 80), deadline=None)
    @given(steps=st.lists(STEP, max_size=20))
    def whatever_is_said(steps):
        def unit(conn):
            with nothing_kept(conn):
                for step in steps:
                    take(conn, step)
                    check_facts(memory.every(conn, "ana"))

        store.run_now(unit)

    whatever_is_said()


def check_facts(facts: list[Fact]) -> None:
    active = [one for one in facts if one.status == "active"]
    for one in active:
        for other in active:
            assert one is other or not contradict(KINDS[one.kind], one.value, KINDS[other.kind], other.value)
    assert all(one.value for one in active)
    assert not any(one.value or one.words for one in facts if one.status in ("forgotten", "pending"))
    ids = {one.id for one in facts}
    assert all(one.superseded_by in ids for one in facts if one.status == "superseded")


def test_two_customers_who_become_one_remember_what_was_said_last(store):
    learn(store, "shoe_size", "37")
    store.run_now(a_customer, "stranger")
    said = Said("in-2")
    store.run_now(memory.learn, "stranger", "shoe_size", "38", said, confidence=1, now=LATER, ids=IDS)
    moved = {"customer_id": "ana"}
    store.run_now(lambda conn: conn.execute(memory.memory_facts.update().values(**moved)))

    store.run_now(memory.settle, "ana", now=LATER)

    assert texts(store, LATER) == [("shoe_size", "38")]
