"""Two who were one customer for a while stand as if they never had been."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_store.unit_of_work import Store
from tests.crm_store.people import nothing_kept
from tests.crm_store.two_worlds import PEOPLE, World, everything
from tests.servers.databases import examples

who = st.sampled_from(PEOPLE)


def step(name, *more):
    return st.tuples(st.just(name), who, *more)


profile = st.one_of(
    st.tuples(st.just("language"), st.sampled_from(["zh", "en"])),
    st.tuples(st.just("city"), st.sampled_from(["上海", "杭州"])),
    st.tuples(st.just("member"), st.booleans()),
)
steps = st.one_of(
    step("says", st.sampled_from(["你好", "hello"])), step("says", st.just("订单到哪了")), step("follows"),
    step("answered_by_li"), step("word", st.sampled_from(["care", "marketing"]), st.booleans()),
    st.tuples(st.just("tells"), who, profile).map(lambda told: (*told[:2], *told[2])),
    st.tuples(st.just("listed"), who, profile).map(lambda told: (*told[:2], *told[2])),
    step("attribute", st.sampled_from("ab"), st.integers(1, 3)), step("noted"), step("complains"),
    step("case_moves", st.sampled_from(["resolved", "closed", "open"])), step("earns", st.integers(1, 9)),
    step("remembers", st.just("likes"), st.sampled_from(["tea", "coffee"])),
    step("remembers", st.just("dislikes"), st.sampled_from(["tea", "coffee"])),
    step("remembers", st.just("shoe_size"), st.sampled_from(["38", "39"])),
    step("writes_down", st.sampled_from(["city", "address"]), st.sampled_from(["上海", "杭州"])),
    step("writes_down", st.just("phone"), st.just("+8613900139000")),
    step("born_on", st.sampled_from([5, 6])), step("called", st.sampled_from(["阿明", None])),
    step("put_by_li", st.sampled_from([2, 3, None])),
    step("tells_of", st.sampled_from(["小明", None]), st.sampled_from(["likes tea", "is six"])),
    step("tells_no_more_of", st.just("小明")),
    step("lives_in", st.sampled_from(["Asia/Tokyo", "Europe/Paris"])),
    step("bears", st.sampled_from(["vip", "new"])), step("bears_no_more", st.just("vip")),
    step("tagged_by_li", st.sampled_from(["vip", "new"])), step("untagged_by_li", st.just("vip")),
    step("word_here", st.booleans()), step("wishes", st.sampled_from(["T1", "T2"])),
    step("is_asked_and_answers", st.integers(1, 5)), step("is_promised"), step("promise_is_kept"),
    step("has_a_task_opened"), step("deal_opened_by_li"), step("gets_a_coupon"),
    step("orders"), step("leaves"), step("presses"),
    step("merge", who), step("merge", who), step("unmerge"),
)  # fmt: skip
lives = st.lists(steps, min_size=1, max_size=30)


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    return module_store


def in_both_worlds(conn, life):
    told = []
    for merging in (True, False):
        with nothing_kept(conn):
            World(conn, merging=merging).live(*life).end()
            told.append(everything(conn))
    return told


@pytest.mark.parametrize("most", [50, pytest.param(150, marks=pytest.mark.long)])
def test_merge_then_unmerge_is_as_if_nothing_had_been_whatever_came_meanwhile(store, most):
    @settings(max_examples=examples(store, most), deadline=None)
    @given(lives)
    @example([("merge", "bob", "ana"), ("merge", "ana", "cat"), ("says", "bob", "hello")])
    @example([("merge", "ana", "cat"), ("says", "ana", "hello"), ("says", "cat", "你好")])
    @example([("merge", "ana", "cat"), ("follows", "cat"), ("says", "cat", "hello")])
    @example([("merge", "cat", "dan"), ("says", "cat", "hello"), ("follows", "dan")])
    @example([("word", "ana", "care", True), ("merge", "bob", "ana"), ("word", "bob", "care", True)])
    @example([("merge", "bob", "ana"), ("tells", "ana", "language", "en"), ("merge", "ana", "dan")])
    @example([("tells_of", "ana", "小明", "is six"), ("merge", "bob", "ana"), ("tells_of", "bob", "小明", "likes tea")])
    @example([("lives_in", "ana", "Asia/Tokyo"), ("merge", "bob", "ana"), ("lives_in", "bob", "Asia/Tokyo")])
    @example([("merge", "bob", "ana"), ("bears", "bob", "vip"), ("bears", "ana", "vip")])
    @example(
        [("bears", "bob", "vip"), ("merge", "bob", "ana"), ("untagged_by_li", "ana", "vip"), ("bears", "bob", "vip")]
    )
    @example([("writes_down", "ana", "city", "上海"), ("merge", "bob", "ana"), ("writes_down", "bob", "city", "上海")])
    @example(
        [("writes_down", "ana", "address", "杭"), ("merge", "bob", "ana"), ("writes_down", "bob", "address", "杭")]
    )
    @example([("born_on", "ana", 5), ("merge", "bob", "ana"), ("born_on", "bob", 5)])
    @example([("called", "ana", "阿明"), ("merge", "bob", "ana"), ("called", "bob", "阿明")])
    @example([("wishes", "ana", "T1"), ("merge", "bob", "ana"), ("wishes", "bob", "T1")])
    @example([("word_here", "ana", False), ("merge", "bob", "ana"), ("word_here", "bob", False)])
    @example([("merge", "bob", "ana"), ("is_promised", "bob"), ("promise_is_kept", "bob"), ("gets_a_coupon", "bob")])
    @example([("merge", "bob", "ana"), ("is_asked_and_answers", "bob", 5), ("has_a_task_opened", "bob")])
    @example([("merge", "bob", "ana"), ("deal_opened_by_li", "bob")])
    def lived(life):
        joined, alone = store.run_now(in_both_worlds, life)
        assert joined == alone

    lived()
