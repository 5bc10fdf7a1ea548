"""What the actions of orders may return, for talks that nobody thought of."""

from __future__ import annotations

from hypothesis import strategies as st

WHEN = {"moment": "2026-11-25T00:00:00+00:00"}
PRICE = {"money": "99.00", "currency": "CNY"}
STATUS = {"word": "shipped", "table": "status"}
_ASKED = st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False, "until": WHEN}, {"new": False}, {"new": None}])
RESULTS = {
    "latest_order": st.sampled_from(
        [{"outcome": "which"}, {"outcome": "own", "order_no": "A1", "late": True}, {"outcome": "own", "order_no": "A1"}]
    ),
    "ask_carrier": st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False}]),
    "remind_of_arrival": st.fixed_dictionaries({"noted": st.booleans()}),
    "look_refund": st.fixed_dictionaries(
        {
            "outcome": st.sampled_from(
                ["refunded", "requested", "looking", "late", "cancelled", "never_paid", "none", "not_yours", "which"]
            ),
            "order_no": st.just("A1"),
        },
        optional={"candidates": st.just(["A1", "A2"]), "until": st.just(WHEN), "refunded_on": st.just(WHEN)},
    ),
    "look_for_money": st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False}]),
    "escalate_refund": st.fixed_dictionaries({"new": st.booleans(), "number": st.just("T-1"), "due_at": st.just(WHEN)}),
    "compare_prices": st.fixed_dictionaries(
        {
            "outcome": st.sampled_from(
                ["lower", "not_lower", "unknown", "late", "asked", "ended", "not_yours", "which"]
            ),
            "order_no": st.just("A1"),
            "paid": st.just(PRICE),
            "price_now": st.just(PRICE),
            "difference": st.just(PRICE),
            "last_day": st.just(WHEN),
        }
    ),
    "request_difference": st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False}]),
    "ask_about_price": st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False}]),
    "look_change": st.fixed_dictionaries(
        {
            "stage": st.sampled_from(["open", "cancelling", "shipped", "delivered", "ended", "not_yours"]),
            "status": st.just(STATUS),
        },
        optional={"items": st.just(["tea"]), "until": st.just(WHEN)},
    ),
    "request_cancel": _ASKED,
    "request_change": _ASKED,
    "look_return": st.fixed_dictionaries(
        {
            "stage": st.sampled_from(["there", "asked", "unsent", "shipped", "ended", "not_yours"]),
            "status": st.just(STATUS),
            "several": st.booleans(),
        },
        optional={"items": st.just(["tea", "cup"])},
    ),
    "judge_return": st.fixed_dictionaries(
        {"verdict": st.sampled_from(["fine", "late", "not_returnable", "no_such_item"]), "days": st.just(7)},
        optional={"last_day": st.just(WHEN), "delivered_on": st.just(WHEN), "item_name": st.just(["tea"])},
    ),
    "request_return": _ASKED,
}
