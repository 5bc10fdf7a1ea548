"""Talks are tried before any customer has them; what goes wrong in one is shown as the shortest that does."""

import pytest

from flows.engine.state import DialogueState
from flows.proving.exploring import key_of
from flows.proving.moves import answers, around, starts
from flows.proving.proof import Thoroughness, prove_all
from flows.proving.sticking import shortest
from flows.proving.talks import FoundProblem, Line, shrunk
from flows.proving.turns import Stage
from flows.proving.world import World
from flows.replies import Replies
from flows.standard import load_standard
from nlu.intents import intent_names
from tests.flows.proving.books import ACTIONS, ORDER, SAID_BY_PATTERNS
from tests.flows.small import FACTS, book_of

QUICK = Thoroughness(turns=3000, walks=20, seed=1)


def proved(folder, flow, replies="", **others):
    """Prove a small book with a flow ``tea``; return what is found in talks."""
    book, loaded = small_book(folder, flow, replies, **others)
    proof = prove_all(book, loaded, ACTIONS, FACTS, thorough=QUICK)
    return [problem for problem in proof.problems if isinstance(problem, FoundProblem)]


def small_book(folder, flow, replies="", **others):
    said = folder / "flows" / "replies"
    said.mkdir(parents=True)
    known = "replies:\n" + "".join(f"  {name}: '{name}'\n" for name in SAID_BY_PATTERNS) + "  found: 'found'\n"
    for language in ("zh", "en"):
        (said / f"{language}.yml").write_text(known + replies, encoding="utf-8")
    return book_of(folder, tea=flow, **(ORDER | others)), Replies.load(said)


def stage_of(book, replies):
    return Stage(book, replies, World(book, replies, ACTIONS, FACTS))


def test_the_flows_that_come_with_the_project_pass_every_talk_that_is_tried():
    proof = load_standard().proof(QUICK, intent_names())

    assert [str(problem) for problem in proof.problems] == []
    assert sum(one.states for one in proof.explored) > 300
    assert proof.walks == QUICK.walks


@pytest.mark.long
def test_the_flows_pass_a_night_of_talks_at_random():
    proof = load_standard().proof(Thoroughness(turns=15_000, walks=200, seed=20_261_123), intent_names())

    assert [str(problem) for problem in proof.problems] == []


def test_the_same_seed_has_the_same_talks():
    standard = load_standard()
    once = Thoroughness(turns=300, walks=5, seed=3)

    assert standard.proof(once) == standard.proof(once)


def test_a_question_that_no_answer_ends_is_found(tmp_path):
    flow = """
    intents: [tea]
    slots: {order_no: {entity: order_no, matches: '[A-Z]?\\d{3,}'}}
    steps:
      - {id: which, collect: order_no, help: how}
      - {id: forget, set_slots: {order_no: null}, next: [{if: facts.gone, then: end}, {else: which}]}
    """

    found = proved(tmp_path, flow)

    assert ("stuck", "flows/tea.yml", 4) in [(one.kind, one.file, one.line) for one in found]


def test_a_flow_that_goes_round_with_what_it_knows_is_found_by_the_shortest_talk(tmp_path):
    flow = """
    intents: [tea]
    slots: {order_no: {entity: order_no, matches: '[A-Z]?\\d{3,}'}}
    steps:
      - {id: which, collect: order_no, help: how}
      - action: find
        next: [{if: result.found, then: end}, {else: which}]
    """

    (found, *_) = [one for one in proved(tmp_path, flow) if one.kind == "goes round"]

    assert found.turns <= 2
    assert "customer: [tea]" in found.talk[1]
    assert "(set_slots: null)" in str(found)


def test_a_flow_that_says_nothing_is_found(tmp_path):
    found = proved(tmp_path, "intents: [tea]\nsteps: [{noop: true}]")

    assert [(one.kind, one.turns) for one in found if one.file == "flows/tea.yml"] == [("silent", 1)]


@pytest.mark.parametrize(("needed", "kept"), [((3,), [3]), ((1, 7), [1, 7]), ((0, 4, 9), [0, 4, 9])])
def test_a_failing_talk_is_shortened_to_what_it_needs(needed, kept):
    assert shrunk(list(range(10)), lambda lines: set(needed) <= set(lines)) == kept


def test_a_question_without_an_end_is_shown_by_the_shortest_talk_that_comes_to_it(tmp_path):
    flow = """
    intents: [tea]
    slots: {order_no: {entity: order_no, matches: '[A-Z]?\\d{3,}'}, n: {type: number, entity: points}}
    steps:
      - {id: which, collect: order_no, help: how}
      - {id: many, collect: n, utter: ask_n, help: how}
      - {id: forget, set_slots: {n: null}, next: [{if: facts.gone, then: end}, {else: many}]}
    """
    stage = stage_of(*small_book(tmp_path, flow, "  ask_n: how many?\n"))
    tea = stage.book.flows["tea"]
    facts, state, lines = stage.world.everywhere()[0], DialogueState(), []
    for kind in ("start", "disturb", "answer", "disturb", "answer", "answer"):
        line = Line(first_move(stage, tea, state, kind), facts, {})
        lines.append(line)
        state = stage.play(state, line.move.heard, facts, {}).state

    shown, fault = shortest(stage, tea, lines, key_of)

    assert len(lines) == 6
    assert len(shown) == 1, "who says all at once is asked for ever in the first turn"
    assert fault.kind == "stuck"
    assert 'slot "n" is asked for ever' in fault.text


def first_move(stage, flow, state, kind):
    if kind == "answer":
        return answers(stage.book, state)[0]
    moves = starts(stage.book, flow) if kind == "start" else around(stage.book, state)
    return next(move for move in moves if move.kind == kind and "photo" not in move.shown)
