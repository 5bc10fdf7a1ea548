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
    "join_state": st.fixed_dictionaries(
        {"outcome": st.sampled_from(["new", "new", "member", "prove"])}
        | dict.fromkeys(("has_phone", "has_birthday", "has_care", "has_marketing"), st.booleans())
    ),
    "join_step": st.just({}),
    "read_birthday": st.sampled_from(
        [
            {"birthday_is": "clear", "first_day": None, "second_day": None, "asks_rule": False},
            {"birthday_is": "clear", "first_day": None, "second_day": None, "asks_rule": True},
            {"birthday_is": "impossible", "first_day": None, "second_day": None, "asks_rule": False},
            {"birthday_is": "open", "first_day": "3 May", "second_day": "5 March", "asks_rule": False},
        ]
    ),
    "read_back": st.just({"care_word": "yes", "marketing_word": "no"}),
    "join_club": st.fixed_dictionaries({"joined": st.booleans(), "unproved": st.booleans()}),
    "leaving_costs": st.fixed_dictionaries(
        {
            "outcome": st.sampled_from(["member", "none", "prove"]),
            "forfeits": st.booleans(),
            "points": st.integers(0, 9),
        }
    ),
    "leave_club": st.fixed_dictionaries({"left": st.booleans(), "forfeited": st.just(0), "still_hears": st.booleans()}),
    "birthday_benefit": st.sampled_from(
        ["given", "had", "used", "later", "no_birthday", "gone", "no_member", "unset"]
    ).map(
        lambda outcome: {"outcome": outcome, "title": "tea", "code": "K7QM", "expires_on": "1 May", "begins_on": "May"}
    ),
    "redeem_reward": st.sampled_from(["done", "too_few", "gone", "limit"]).map(
        lambda outcome: {"outcome": outcome, "code": "K7QM", "expires_on": "Monday"} | REWARD
    ),
    "undo_redemption": st.sampled_from(["undone", "used", "none"]).map(
        lambda outcome: {"outcome": outcome, "came_back": 500} | REWARD
    ),
}
