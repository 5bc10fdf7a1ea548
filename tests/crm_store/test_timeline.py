"""One customer's timeline: in true order, by filters, a page at a time."""

from datetime import timedelta
from random import Random

import pytest

from crm_store import history, timeline
from crm_store.timeline import GROUPS, Filters, Place
from tests.crm_store.people import NOW, a_customer

DAY = timedelta(days=1)


@pytest.fixture
def store(empty_store):
    empty_store.run_now(a_customer, "ana")
    empty_store.run_now(a_customer, "bob")
    return empty_store


def tell(store, *, days=0, kind="message.in", who="ana", **columns):
    store.run_now(history.record, at=NOW + days * DAY, kind=kind, by="customer", customer_id=who, **columns)


def texts(entries):
    return [entry.text for entry in entries]


def test_what_is_written_down_late_stands_where_it_happened(store):
    tell(store, days=1, text="second")
    tell(store, days=3, text="fourth")
    tell(store, days=2, text="third", kind="order.paid")
    tell(store, days=0, text="first", kind="order.created")

    assert texts(store.read_now(timeline.page, "ana")) == ["fourth", "third", "second", "first"]


def test_pages_together_are_the_whole_timeline_though_many_things_happen_in_one_moment(store):
    chance = Random(3)
    for number in range(60):
        tell(store, days=chance.randrange(4), text=str(number))
    tell(store, text="somebody else's", who="bob")

    seen, before = [], None
    while rows := store.read_now(timeline.page, "ana", before=before, most=7):
        seen += rows
        before = Place.read(str(timeline.place_of(rows[-1])))

    assert sorted(map(int, texts(seen))) == list(range(60))
    assert [(row.at, row.id) for row in seen] == sorted(((row.at, row.id) for row in seen), reverse=True)


def test_what_comes_in_while_somebody_reads_shifts_no_page(store):
    for number in range(6):
        tell(store, days=number, text=str(number))
    first = store.read_now(timeline.page, "ana", most=3)

    tell(store, days=9, text="new")

    rest = store.read_now(timeline.page, "ana", before=timeline.place_of(first[-1]), most=9)
    assert texts(first) + texts(rest) == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(groups=("messages",)), ["late", "wechat", "hello"]),
        (Filters(groups=("orders",)), ["paid"]),
        (Filters(groups=("orders", "points")), ["earned", "paid"]),
        (Filters(groups=("tickets",)), ["opened"]),
        (Filters(groups=("promises",)), ["to do", "promised"]),
        (Filters(groups=("opportunities",)), ["deal"]),
        (Filters(groups=("other",)), ["new thing"]),
        (Filters(channels=("wechat",)), ["wechat"]),
        (Filters(groups=("messages",), channels=("telegram",)), ["late", "hello"]),
        (Filters(since=NOW + 3 * DAY, until=NOW + 5 * DAY), ["opened", "earned"]),
    ],
    ids=lambda value: "" if isinstance(value, list) else None,
)
def test_a_timeline_is_filtered_by_kind_channel_and_time(store, filters, expected):
    tell(store, days=0, text="hello", channel="telegram")
    tell(store, days=1, text="wechat", channel="wechat")
    tell(store, days=2, text="paid", kind="order.paid")
    tell(store, days=3, text="earned", kind="points.earned")
    tell(store, days=2, text="promised", kind="promise.made")
    tell(store, days=2, text="deal", kind="opportunity.moved")
    tell(store, days=4, text="opened", kind="ticket.opened")
    tell(store, days=6, text="to do", kind="task.opened")
    tell(store, days=5, text="new thing", kind="teapot.broken")
    tell(store, days=6, text="late", channel="telegram", kind="message.out")

    assert texts(store.read_now(timeline.page, "ana", filters=filters)) == expected


def test_every_kind_has_one_group():
    for group, begins in GROUPS.items():
        for begin in begins:
            others = [one for name, other in GROUPS.items() for one in other if name != group]
            assert not any(begin.startswith(other) or other.startswith(begin) for other in others)
    assert timeline.group_of("ticket.opened") == "tickets"
    assert {timeline.group_of(kind) for kind in ("promise.late", "task.done", "approval.given")} == {"promises"}
    assert timeline.group_of("teapot.broken") == timeline.OTHER


@pytest.mark.parametrize("text", ["", "7", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00_7", "x_7", "2026_x"])
def test_a_place_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        Place.read(text)
