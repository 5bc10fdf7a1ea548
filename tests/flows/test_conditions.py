import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.conditions import ConditionError, parse

SCOPE = {
    "slots": {"order_no": "A1", "count": 3, "kind": "delivery", "empty": None},
    "facts": {"verified": True},
    "result": {},
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("slots.order_no is set and facts.verified", True),
        ("slots.empty is not set", True),
        ("slots.never_heard_of is set", False),
        ("not facts.verified or slots.count >= 3", True),
        ("slots.count > 3", False),
        ('slots.kind in ["delivery", "service"]', True),
        ("slots.kind not in ['service']", True),
        ("'liver' in slots.kind", True),
        ('(slots.kind == "service" or slots.count == 3) and facts.verified == true', True),
        ('slots.order_no != "A1"', False),
        ("slots.count == -3", False),
        ("result.anything == null", True),
    ],
)
def test_a_condition_says_what_it_reads_like(condition, holds):
    assert parse(condition).holds(SCOPE) is holds


def test_an_order_between_things_that_have_none_is_false():
    assert not parse("slots.order_no > 3").holds(SCOPE)
    assert not parse("slots.empty < 3").holds(SCOPE)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "slots.a is",
        "slots.a is red",
        "order_no is set",
        "os.system",
        "slots.a.b",
        "slots.a ==",
        "(slots.a",
        "1 +",
    ],
)
def test_what_is_not_in_the_language_is_refused(wrong):
    with pytest.raises(ConditionError):
        parse(wrong)


@given(st.text(max_size=40))
def test_no_text_can_do_anything_but_parse_or_be_refused(text):
    try:
        condition = parse(text)
    except ConditionError:
        return
    condition.holds(SCOPE)
