"""What the actions of the club may return, for talks without a store."""

from hypothesis import strategies as st

RESULTS = {
    "points_balance": st.fixed_dictionaries(
        {"points": st.integers(0, 5000), "wants": st.sampled_from(["balance", "history"]), "frozen": st.booleans()}
    ),
    "points_history": st.just({"count": 0, "movements": []}),
    "earn_rules": st.fixed_dictionaries(
        {"outcome": st.sampled_from(["own_expiry", "known", "unknown"]), "earned": st.just("1"), "unit": st.just("¥1")}
    ),
    "membership_tier": st.fixed_dictionaries(
        {"outcome": st.sampled_from(["tier", "member", "none"]), "tier": st.just("gold"), "benefits": st.just([])}
    ),
}
