import pytest

from flows.engine.load import load_book
from flows.engine.marks import FlowError
from tests.flows.small import ORDER, PERSON, book_of, write


def refused(folder, flow):
    with pytest.raises(FlowError) as caught:
        book_of(folder, redeem=flow)
    return str(caught.value)


def test_an_undeclared_slot_is_named_with_place_and_mend(tmp_path):
    flow = """
    intents: [redeem_points]
    slots:
      rewards: {}
    steps:
      - id: ask_reward
        collect: reward
    """

    message = refused(tmp_path, flow)

    assert message == (
        'flows/redeem.yml:6: step "ask_reward": slot "reward" is not declared; '
        'add it under slots, or did you mean "rewards"?'
    )


def test_a_condition_on_an_undeclared_slot_is_refused(tmp_path):
    flow = """
    steps:
      - id: a
        noop: true
        next:
          - if: slots.gone is set
            then: end
          - else: end
    """

    assert 'flows/redeem.yml:5: step "a": slot "gone" is not declared' in refused(tmp_path, flow)


@pytest.mark.parametrize(
    ("flow", "says"),
    [
        ("steps: []", "needs at least one step"),
        ("steps:\n  - say: a\n    next: nowhere", 'there is no step "nowhere" to go to'),
        ("steps:\n  - say: a\n    action: b", "must be exactly one of"),
        ("steps:\n  - say: a\n    sya: b", 'has no "sya"; did you mean "say"?'),
        ("steps:\n  - id: a\n    say: a\n  - id: a\n    say: b", "this id is taken"),
        ("steps:\n  - say: a\n    next:\n      - if: facts.x\n        then: end", "the last is else"),
        ("steps:\n  - say: a\n    next:\n      - {if: 'facts.', then: end}\n      - else: end", "condition 'facts.'"),
        ("steps:\n  - call: nobody", 'there is no flow "nobody"'),
        ("steps:\n  - say: a\n  say: b", "this is not YAML"),
        ("slots:\n  a: {type: choice}\nsteps:\n  - say: a", "a choice needs values"),
        ("slots:\n  a: {matches: '('}\nsteps:\n  - say: a", "is not a pattern"),
        ("intents: [request_human_agent]\nsteps:\n  - say: a", "already starts flow"),
        ("steps:\n  - say: a\nsteps:\n  - say: b", "stands here twice"),
    ],
)
def test_what_is_wrong_in_a_flow_is_said(tmp_path, flow, says):
    message = refused(tmp_path, flow)

    assert says in message
    assert message.startswith("flows/redeem.yml:")


def test_a_shops_file_takes_the_place_of_the_default_with_the_same_path(tmp_path):
    defaults = write(tmp_path, person=PERSON, order=ORDER)
    overlay = tmp_path / "shop" / "flows"
    overlay.mkdir(parents=True)
    (overlay / "order.yml").write_text("intents: [track_order]\nsteps:\n  - say: our_own\n", encoding="utf-8")
    (overlay / "tea.yml").write_text("intents: [ask_tea]\nsteps:\n  - say: tea\n", encoding="utf-8")

    book = load_book(defaults, overlay)

    assert list(book.flows["order"].steps) == ["step_1"]
    assert book.flows["order"].place.file == "shop/flows/order.yml"
    assert book.by_intent["ask_tea"] == "tea"


def test_a_missing_pattern_is_named(tmp_path):
    flows = write(tmp_path, person=PERSON, order=ORDER)
    (flows / "patterns" / "cancel.yml").unlink()

    with pytest.raises(FlowError, match=r'flows/patterns\.yml:1: no flow has the pattern "cancel"; add it to a flow'):
        load_book(flows)


def test_a_shop_changes_what_the_bot_does_about_a_cancelled_task(tmp_path):
    defaults = write(tmp_path, person=PERSON, order=ORDER)
    overlay = tmp_path / "shop" / "flows"
    (overlay / "patterns").mkdir(parents=True)
    (overlay / "patterns" / "cancel.yml").write_text("pattern: cancel\nsteps:\n  - say: as_you_like\n")

    book = load_book(defaults, overlay)

    assert book.flows[book.repairs["cancel"]].place.file == "shop/flows/patterns/cancel.yml"


def test_a_pattern_that_two_flows_claim_is_refused(tmp_path):
    flows = write(tmp_path, person=PERSON, order=ORDER, stop="pattern: cancel\nsteps:\n  - say: stopped\n")

    with pytest.raises(FlowError, match='has the pattern "cancel" already; keep one'):
        load_book(flows)


def test_a_pattern_that_is_none_is_refused_with_the_nearest_name(tmp_path):
    flows = write(tmp_path, person=PERSON, order=ORDER, stop="pattern: cancle\nsteps:\n  - say: stopped\n")

    with pytest.raises(FlowError, match=r'flows/stop\.yml:1: "pattern" cannot be "cancle"; did you mean "cancel"'):
        load_book(flows)


def test_a_step_that_is_still_there_is_not_renamed(tmp_path):
    flows = write(
        tmp_path, person=PERSON, order=ORDER, tea="renamed: {a: b}\nsteps:\n  - {id: a, say: x}\n  - {id: b, say: x}\n"
    )

    with pytest.raises(FlowError, match=r'flows/tea\.yml:1: renamed: step "a" is still here; take the line out'):
        load_book(flows)
