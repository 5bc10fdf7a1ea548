"""What the actions about products may return, for talks that nobody has thought of."""

from hypothesis import strategies as st

_WARE = {"sku": "TEA-1", "called": "桂花乌龙", "price": {"money": "88.00", "currency": "CNY"}, "about": "安溪乌龙"}
_WARE |= {"supply": {"word": "in", "table": "supply"}}
_REASON = {"phrase": "why_in_stock", "values": {}}

_OLD = {"phrase": "noted_taste", "values": {"value": "不吃辣"}}

RESULTS = {
    "look_up_products": st.fixed_dictionaries(
        {
            "found": st.sampled_from(["one", "several", "which", "advice", "unknown", "none", "empty"]),
            "several": st.just([_WARE]), "near": st.sampled_from([[], [_WARE]]), "has_price": st.booleans(),
            "in_stock": st.booleans(), "out_of_stock": st.booleans(),
            "left": st.sampled_from([None, 3]), "wished": st.booleans(),
            "need": st.sampled_from([None, "送人"]), "wants_offers": st.booleans(), "wants_cheapest": st.booleans(),
            "wants_word": st.sampled_from([None, True, False]),
        }
        | {name: st.just(value) for name, value in _WARE.items()}
    ),
    "recommend_products": st.fixed_dictionaries(
        {
            "picked": st.sampled_from(["some", "budget", "currency", "without", "stock"]), "sku": st.just("TEA-1"),
            "picks": st.just([_WARE | {"why": _REASON}]), "called": st.just("桂花乌龙"),
            "without": st.sampled_from([None, ["花生"]]), "cheapest": st.sampled_from([None, _WARE["price"]]),
        }
    ),
    "find_old_taste": st.sampled_from(
        [{"asks": False}, {"asks": True, "old_taste": _OLD, "fact": "F"}]
    ),
    "keep_old_taste": st.fixed_dictionaries({"kept": st.booleans()}),
    "drop_old_taste": st.just({}),
    "list_offers": st.fixed_dictionaries(
        {
            "offer_count": st.sampled_from([0, 1]), "own_count": st.sampled_from([0, 1]),
            "offers": st.just([{"worth": _REASON, "price": _REASON}]),
            "own": st.just([{"worth": _REASON, "code": "ABC", "until": {"day": "2026-11-25T00:00:00+00:00"}}]),
        }
    ),
    "product_in_mind": st.just({"called": "桂花乌龙"}),
    "note_wish": st.fixed_dictionaries({"noted": st.sampled_from(["new", "known"])}),
    "drop_wish": st.fixed_dictionaries({"dropped": st.booleans()}),
    "total_order": st.fixed_dictionaries(
        {
            "fits": st.sampled_from(["yes", "less", "too_many"]), "called": st.just("桂花乌龙"),
            "total": st.just(_WARE["price"]), "price": st.just(_WARE["price"]), "left": st.just(2), "most": st.just(99),
        }
    ),
    "take_order": st.fixed_dictionaries(
        {"done_by": st.sampled_from(["link", "person"]), "link": st.just("https://shop.example/TEA-1")}
    ),
    "find_suggestion": st.fixed_dictionaries(
        {
            "suggested": st.booleans(), "also": st.just("盖碗"), "also_price": st.just(_WARE["price"]),
            "also_sku": st.just("WARE-1"), "because": st.just(_REASON),
        }
    ),
}  # fmt: skip
