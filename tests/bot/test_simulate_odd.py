"""Whatever stands on a line, it is answered, and the run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bot.worlds import A10293, TEA, WANG, Talk, a_world

POINTS = {"customer_id": "C1", "points": 60, "at": "2026-01-01", "expires_at": "2026-12-31", "reference": "r1"}
ROWS: dict[str, dict[str, Any]] = {"customers": WANG, "products": TEA, "orders": A10293, "points": POINTS}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["", " ", "0", "-1", "1e400", "9" * 40, "u1", "C1", "A10293"])
    | st.sampled_from(["2026-02-30", "--02-29", "zh", "\ud83d"])
)  # fmt: skip
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
texts = st.text(max_size=60) | st.sampled_from(
    ["转人工", "A10293", "是", "算了", "杯子裂了", "where is my order", "退订"]
)
who = st.sampled_from(["u1", "u2", "C1", "nobody"])
channels = st.sampled_from(["telegram", "wechat", "webchat"])
payloads = st.sampled_from(["/track_order", "/greet", '/set{"order_no":"A1"}', "/set{}", '/set{"x":[', "/", "/nothing"])

sensible = st.one_of(
    st.fixed_dictionaries({"customer": who, "text": texts}, optional={"channel": channels, "message_id": scalars}),
    st.fixed_dictionaries({"customer": who, "payload": payloads | st.text(max_size=80)}),
    st.fixed_dictionaries({"customer": who, "contact": st.fixed_dictionaries({"phone": st.text(max_size=20)})}),
    st.fixed_dictionaries(
        {"customer": who, "event": st.sampled_from(["follow", "blocked", "unfollow", "read", "clicked", "link"])}
    ),
    st.fixed_dictionaries(
        {
            "agent": st.sampled_from(["li", "bot", "queue", "agent:li"]),
            "action": st.sampled_from(["take", "reply", "note", "return", "transfer", "snooze", "approve", "resolve"]),
            "customer": who,
        },
        optional={"text": texts, "ticket": st.sampled_from(["T-1001", "T-1"])},
    ),
    st.just({"show": "customer", "id": "C1"}),
)


def _changed(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A row of this kind with a few of its columns made odd."""
    odd = st.dictionaries(st.sampled_from(list(ROWS[kind])), scalars | values, max_size=3)
    return odd.map(lambda columns: {"load": kind, "rows": [ROWS[kind] | columns]})


rows = st.sampled_from(list(ROWS)).flatmap(_changed)
events = st.fixed_dictionaries(
    {
        "shop": st.sampled_from(["order.created", "order.paid", "order.refunded"]),
        "data": st.dictionaries(st.sampled_from(list(A10293)), scalars),
    }
)
anything = st.dictionaries(
    st.sampled_from(
        ["at", "reset", "customer", "text", "payload", "attachment", "contact", "event", "channel", "message_id",
         "agent", "action", "ticket", "load", "rows", "shop", "data", "show", "id", "message", "token"]
    ),
    values,
)  # fmt: skip


@pytest.fixture(scope="module")
def lasting() -> Iterator[Talk]:
    """One world for all: what odd lines leave behind is part of what the next ones meet."""
    with a_world() as world:
        for kind in ("products", "customers", "orders", "points"):
            world.load(kind, ROWS[kind])
        yield world


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(sensible | rows | events | anything, min_size=1, max_size=6))
def test_odd_lines_are_answered_each(lasting: Talk, lines: list[Any]) -> None:
    raw = [json.dumps(line).encode() for line in lines]

    answers = [json.loads(answer) for answer in lasting.raw(*raw)]

    assert [answer["line"] for answer in answers] == list(range(1, len(lines) + 1))
    assert all(("error" in answer) != ("sent" in answer) for answer in answers)


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"") + b"!"))
def test_odd_bytes_are_refused(lasting: Talk, raw: bytes) -> None:
    (answer,) = lasting.raw(raw)

    assert set(json.loads(answer)) == {"line", "error"}
