"""What the actions of orders may return, for talks that nobody thought of."""

from __future__ import annotations

from hypothesis import strategies as st

WHEN = {"moment": "2026-11-25T00:00:00+00:00"}
STATUS = {"word": "shipped", "table": "status"}
_ASKED = st.sampled_from([{"new": True, "due_at": WHEN}, {"new": False, "until": WHEN}, {"new": False}, {"new": None}])
RESULTS = {
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
