"""What was laid aside takes its buttons with it."""

from flows.engine.decide import decide
from flows.engine.heard import FellSilent
from flows.engine.state import DialogueState
from tests.flows.small import book_of
from tests.flows.talks import heard

ASKING = """
intents: [tea]
slots: {sort: {free: true}}
steps: [{collect: sort}]
"""


def test_a_day_later_words_are_words_even_where_a_button_was_called_so(tmp_path):
    book = book_of(tmp_path, tea=ASKING)
    asked = decide(book, DialogueState(), heard("tea", "tea"), {}).state.offering([("a person", '/set{"sort":"x"}')])
    a_day_later = decide(book, asked, FellSilent(closes=True), {}).state

    decision = decide(book, a_day_later, heard("a person", "request_human_agent"), {})

    assert decision.act is not None
    assert decision.act.name == "hand_over"
