"""Looking for words: in the whole shop and with one customer, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from crm_store import guarding, history, search, search_index
from crm_store.history import history as table
from crm_store.terms import ask
from crm_store.timeline import Filters
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

DAY = timedelta(days=1)


@pytest.fixture
def store(empty_store):
    empty_store.run_now(a_customer, "ana", number="C1")
    empty_store.run_now(a_customer, "bob", number="C2")
    return empty_store


def say(store, text=None, *, who="ana", days=0, kind="message.in", **columns):
    return store.run_now(
        history.record, at=NOW + days * DAY, kind=kind, by="customer", customer_id=who, text=text, **columns
    )


def look(store, typed, **how):
    """What the whole shop's search finds, and what both customers' do together: the same."""
    found = store.run_now(search.find, ask(typed), **how).entries
    theirs = [
        entry for who in ("ana", "bob") for entry in store.read_now(search.find_with, ask(typed), who, **how).entries
    ]
    assert sorted(entry.id for entry in found) == sorted(entry.id for entry in theirs)
    return [entry.text for entry in found]


@pytest.mark.parametrize("typed", ["退", "退款", "退款到账", "退款到賬", "退款到账 谢谢"])
def test_chinese_words_of_one_two_and_four_characters_are_found(store, typed):
    say(store, "请问退款到账要多久？谢谢")
    say(store, "茶很香", who="bob")

    assert look(store, typed) == ["请问退款到账要多久？谢谢"]


def test_words_of_other_scripts_are_found_by_how_they_begin(store):
    say(store, "When is my DELIVERY due?")
    say(store, "undelivered", who="bob")

    assert look(store, "deliver") == ["When is my DELIVERY due?"]


def test_characters_in_another_order_are_not_what_was_asked_for(store):
    say(store, "退款到了，款到账")
    say(store, "退款到账了")

    assert look(store, "退款到账") == ["退款到账了"]


def test_the_latest_comes_first_and_the_next_page_goes_on(store):
    for number in range(25):
        say(store, f"退款 {number}", who="bob" if number % 2 else "ana", days=number)

    seen, before = [], None
    for _ in range(5):
        found = store.run_now(search.find, ask("退款"), before=before, most=10)
        seen += [entry.text for entry in found.entries]
        if (before := found.next) is None:
            break

    assert seen == [f"退款 {number}" for number in reversed(range(25))]


def test_pages_of_one_customer_are_in_true_order(store):
    for days in (3, 1, 2, 5, 4):
        say(store, f"退款 {days}", days=days)

    first = store.read_now(search.find_with, ask("退款"), "ana", most=2)
    second = store.read_now(search.find_with, ask("退款"), "ana", before=first.next, most=9)

    assert [entry.text for entry in first.entries + second.entries] == [f"退款 {days}" for days in (5, 4, 3, 2, 1)]
    assert second.next is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(groups=("notes",)), ["退款 note"]),
        (Filters(groups=("messages", "notes")), ["退款 note", "退款 wechat", "退款 old"]),
        (Filters(channels=("wechat",)), ["退款 wechat"]),
        (Filters(since=NOW - 2 * DAY), ["退款 note", "退款 wechat"]),
        (Filters(since=NOW - 70 * DAY, until=NOW - DAY), ["退款 old"]),
        (Filters(since=NOW - 4000 * DAY, until=NOW - DAY), ["退款 old"]),
    ],
    ids=["kind", "kinds", "channel", "from", "month", "years"],
)
def test_a_search_is_filtered_as_a_timeline_is(store, filters, expected):
    say(store, "退款 old", days=-60, channel="telegram")
    say(store, "退款 wechat", channel="wechat", who="bob")
    say(store, "退款 note", kind="note")

    assert look(store, "退款", filters=filters) == expected


def test_events_are_found_by_what_people_call_things(store):
    say(store, kind="ticket.opened", data={"number": "T-7", "summary": "茶杯碎了", "category": "delivery"})

    for typed in ("T-7", "茶杯", "碎"):
        assert look(store, typed) == [None]
    assert look(store, "category") == []
    assert look(store, "delivery") == [], "codes are filtered by, not looked for"


def test_what_nobody_asked_for_by_words_is_not_a_word(store):
    say(store, "hello", channel="telegram")

    assert look(store, "messages") == []
    assert look(store, "telegram") == []


def test_a_search_finds_what_was_written_down_just_before(store):
    store.run_now(search.find, ask("退款"))
    say(store, "退款呢")

    assert look(store, "退款") == ["退款呢"]


def test_after_many_entries_at_once_a_search_says_how_many_are_missing(store):
    rows = [history.entry(at=NOW, kind="note", by="import", customer_id="ana", text="退款") for _ in range(2_500)]
    store.run_now(lambda conn: conn.execute(history.ADD, rows))

    found = store.run_now(search.find, ask("退款"))
    while store.run_now(search_index.catch_up):
        pass

    assert found.missing == 2_500 - search.CATCHES_UP
    assert store.run_now(search.find, ask("退款")).missing == 0


def test_what_is_erased_is_found_no_more_at_once(store):
    say(store, "我的电话是13800138000")
    say(store, "退款到哪里了")
    assert look(store, "13800138000")

    def erase(conn):
        with guarding.opened(conn, "erasure"):
            conn.execute(update(table).where(table.c.text.contains("电话")).values(text="已删除", data=None))
            conn.execute(delete(table).where(table.c.text.contains("退款")))

    store.run_now(erase)

    assert look(store, "13800138000") == []
    assert look(store, "退款") == []
    assert look(store, "删除") == ["已删除"]
    assert store.read_now(search_index.waiting) == 0


def test_what_was_erased_is_nowhere_in_the_file_of_sqlite_after_a_scrub(sqlite_url):
    store = Store(sqlite_url)
    store.run_now(a_customer, "ana")
    canaries = [say(store, "canary 13800138000"), say(store, "canary 说了")]
    store.run_now(search_index.catch_up)
    for number in range(50):
        say(store, f"茶 {number}")
        store.run_now(search_index.catch_up)

    def left(conn):
        blocks = "SELECT count(*) FROM history_terms_data WHERE instr(block, CAST('canary' AS BLOB))"
        return conn.exec_driver_sql(blocks).scalar()

    def erase(conn):
        with guarding.opened(conn, "erasure"):
            conn.execute(delete(table).where(table.c.id.in_(canaries)))

    store.run_now(erase)
    assert store.read_now(left)
    store.run_now(search_index.scrub)

    assert not store.read_now(left)
    store.close()


def test_an_entry_that_goes_over_to_another_customer_is_found_with_them(store):
    say(store, "退款呢")
    store.run_now(lambda conn: conn.execute(update(table).values(customer_id="bob")))

    assert [entry.customer_id for entry in store.run_now(search.find, ask("退款")).entries] == ["bob"]
    assert look(store, "退款") == ["退款呢"]


def test_the_index_can_be_made_anew(store):
    say(store, "退款呢")
    assert look(store, "退款") == ["退款呢"]

    store.run_now(search_index.begin_anew)

    assert store.read_now(search_index.waiting) == 1
    assert look(store, "退款") == ["退款呢"]


def test_a_frequent_word_that_is_rarely_what_was_asked_for_is_told_in_parts(store):
    """The characters of what is typed may stand in every entry, and together in none: no search reads them all."""
    for number in range(400):
        say(store, f"退款到了，款到账 {number}", days=-number)
    while store.run_now(search_index.catch_up):
        pass

    found = store.run_now(search.find, ask("退款到账"), most=10)

    assert found.entries == []
    assert found.next is not None
