"""What the actions that answer from knowledge may return, for talks at random."""

from hypothesis import strategies as st

_DUE = {"due_at": {"moment": "2026-11-25T00:00:00+00:00"}}
RESULTS = {
    "look_up": st.sampled_from(
        [
            {
                "outcome": "answer",
                "answer": "¥8",
                "source": "运费",
                "related": [],
                "registers": ["ask_payment_invoice"],
            },
            {"outcome": "unasked", "topics": [{"id": "a", "title": "A"}]},
            {"outcome": "unknown"},
        ]
    ),
    "look_up_use": st.sampled_from(
        [{"use": "which"}, {"use": "known"}, {"use": "described", "described": "95 ℃", "product_name": "茶"}]
    ),
    "look_for_secret": st.fixed_dictionaries({"secret_sent": st.booleans()}),
    "read_invoice_wish": st.fixed_dictionaries({"wants_invoice": st.booleans(), "names_buyer": st.booleans()}),
    "read_invoice": st.just({"buyer": "王芳"}),
    "read_visit_wish": st.fixed_dictionaries({"wants_visit": st.booleans(), "names_thing": st.booleans()}),
    "read_visit": st.just({"visit_what": "水壶", "visit_when": "周六"}),
    "ask_colleague_for_answer": st.sampled_from([{**_DUE, "together": together} for together in (False, True)]),
    **dict.fromkeys(("register_invoice", "register_visit"), st.just(_DUE)),
}
