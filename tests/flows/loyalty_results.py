"""What the actions of the club may return, for talks without a store."""

from hypothesis import strategies as st

REWARD = {"title": "tea", "cost": 500, "balance": 800, "left": 300, "missing": 200}
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
    "pick_reward": st.sampled_from(["sure", "unnamed", "too_few", "gone", "limit", "unknown", "frozen", "none"]).map(
        lambda outcome: {"outcome": outcome} | REWARD
    ),
    "list_rewards": st.sampled_from(["some", "too_few", "none"]).map(
        lambda outcome: {"outcome": outcome, "rewards": [{"rule": "tea", "title": "tea", "cost": 500}]} | REWARD
    ),
    "redeem_reward": st.sampled_from(["done", "too_few", "gone", "limit"]).map(
        lambda outcome: {"outcome": outcome, "code": "K7QM", "expires_on": "Monday"} | REWARD
    ),
    "undo_redemption": st.sampled_from(["undone", "used", "none"]).map(
        lambda outcome: {"outcome": outcome, "came_back": 500} | REWARD
    ),
}
