"""What the actions of complaints may return, for talks at random."""

from hypothesis import strategies as st

_DUE = {"due_at": {"moment": "2026-11-25T00:00:00+00:00"}}

RESULTS = {
    "find_open_case": st.fixed_dictionaries({"open_case": st.sampled_from([None, "T-1"])}),
    "add_to_case": st.just({"number": "T-1", "is_new": False, **_DUE}),
    "weigh_goodwill": st.sampled_from(
        [{"goodwill": "none"}, {"goodwill": "ask"}, {"goodwill": "offer", "gift_points": 50}]
    ),
    "give_goodwill": st.sampled_from([{}, {"gift_points": 50}, {"coupon": "K7QM"}]),
    "take_rating": st.fixed_dictionaries(
        {"band": st.sampled_from(["low", "middle", "high", "idea", "praise", "known"])}
    ),
    "keep_went_wrong": st.fixed_dictionaries({"call": st.booleans()}),
    "close_followed_up": st.sampled_from([{}, {"number": "T-1"}]),
    "reopen_followed_up": st.sampled_from([{}, {"number": "T-1", **_DUE}]),
}
