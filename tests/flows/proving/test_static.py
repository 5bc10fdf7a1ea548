"""What can be read off a flow is found before anybody talks, with its place and its mend."""

import pytest

from flows.standard import load_standard
from tests.flows.proving.books import SAID_BY_PATTERNS, problems

YES_NO = """\
  ask_sure:
    text: sure?
    buttons:
      - {title: "yes", payload: '/set{"sure":true}'}
      - {title: "no", payload: '/set{"sure":false}'}
"""


def test_the_flows_that_come_with_the_project_are_proved():
    assert load_standard().problems() == []


def test_a_small_book_without_a_fault_has_none(tmp_path):
    assert problems(tmp_path, "intents: [tea]\nsteps: [{say: how}]") == []


@pytest.mark.parametrize(
    ("flow", "replies", "says"),
    [
        (  # a value that only one of two ways gives
            """
            intents: [tea]
            slots: {order_no: {entity: order_no}}
            steps:
              - id: which
                noop: true
                next: [{if: facts.verified, then: look}, {else: tell}]
              - {id: which_one, collect: order_no, utter: ask_order_no, help: how}
              - {id: look, noop: true, next: [{if: facts.back_at is set, then: which_one}, {else: tell}]}
              - {id: tell, say: found}
            """,
            "",
            "a way leads to step \"tell\" (flows/tea.yml:9) on which nothing has given {order_no}",
        ),
        (  # a value that was there, and is emptied before it is said
            """
            intents: [tea]
            slots: {order_no: {entity: order_no}}
            steps:
              - {collect: order_no, utter: ask_order_no, help: how}
              - set_slots: {order_no: null}
              - {id: tell, say: found}
            """,
            "",
            "nothing has given {order_no}",
        ),
        (  # a button missing for one value
            "intents: [tea]\nslots: {sure: {type: bool}}\nsteps: [{collect: sure}]",
            "  ask_sure:\n    text: sure?\n    buttons: [{title: a, payload: '/set{\"sure\":true}'}]\n",
            "has no button for False",
        ),
        (  # nothing says what is wanted
            "intents: [tea]\nslots: {order_no: {entity: order_no}}\nsteps: [{collect: order_no}]",
            "",
            "nothing says what is wanted; add help: REPLY",
        ),
        (  # a question that nothing answers
            "intents: [tea]\nslots: {kind: {}}\nsteps: [{collect: kind, help: how}]",
            "  ask_kind: kind?\n",
            'nothing that a customer says fills slot "kind"',
        ),
        (  # every answer is rejected
            "intents: [tea]\nslots: {n: {type: number, entity: points}}\nsteps:\n  - collect: n\n    help: how\n"
            "    rejections: [{if: slots.n > 0, utter: how}, {if: slots.n <= 0, utter: how}]",
            "  ask_n: how many?\n",
            'no answer for slot "n" is ever taken',
        ),
        (  # a pattern that finds half of an order number
            "intents: [tea]\nslots: {order_no: {matches: '\\d{4}'}}\nsteps: [{collect: order_no, help: how}]",
            "",
            "matches finds '1029' in 'A10293'",
        ),
        (  # an action without what it needs
            "intents: [tea]\nsteps: [{action: find}]",
            "",
            'action "find" needs "order_no"',
        ),
        (  # an argument with a slip
            "intents: [tea]\nsteps: [{action: find, args: {order_no: A1, dya: 3}}]",
            "",
            'action "find" takes no "dya"; did you mean "day"?',
        ),
        (  # a helper reads it
            "intents: [tea]\nslots: {sure: {type: bool}}\nsteps:\n  - collect: sure\n"
            "    next: [{if: slots.sure, then: go}, {else: end}]\n  - {id: go, action: spend}",
            YES_NO,
            'action "spend" needs "points"',
        ),
        (  # done for good without a yes
            "intents: [tea]\nslots: {sure: {type: bool}}\nsteps:\n  - collect: sure\n  - action: spend\n"
            "    args: {points: 5}",
            YES_NO,
            'action "spend" cannot be taken back',
        ),
        (  # a yes that is kept
            "intents: [tea]\npersisted_slots: [sure]\nslots: {sure: {type: bool}}\nsteps: [{collect: sure}]",
            YES_NO,
            'slot "sure" outlives its flow',
        ),
        (  # a flow that nothing starts
            "steps: [{say: how}]",
            "",
            'flow "tea": nothing starts it',
        ),
        (  # a flow that links to itself
            "intents: [tea]\nsteps:\n  - {id: a, noop: true, next: [{if: facts.verified, then: end}, {else: b}]}\n"
            "  - {id: b, link: tea}",
            "",
            "leads back here without asking the customer anything",
        ),
        (  # a flow that calls itself
            "intents: [tea]\nsteps:\n  - {id: a, noop: true, next: [{if: facts.verified, then: end}, {else: b}]}\n"
            "  - {id: b, call: tea}",
            "",
            'flow "tea" calls "tea" again, without end',
        ),
        (  # a value that a choice does not have
            "intents: [tea]\nslots: {sure: {type: bool}}\nsteps:\n  - collect: sure\n"
            '    next: [{if: slots.sure == "yes", then: end}, {else: end}]',
            YES_NO,
            "slots.sure is never 'yes'",
        ),
        (  # a value that a result does not have
            "intents: [tea]\nsteps:\n  - {action: find, args: {order_no: A1}, "
            'next: [{if: result.found == "maybe", then: end}, {else: end}]}',
            "",
            "result.found is never 'maybe'",
        ),
        (  # a condition that cannot hold any more
            "intents: [tea]\nsteps:\n  - {noop: true, next: [{if: facts.verified, then: a}, {else: end}]}\n"
            "  - {id: a, noop: true, next: [{if: not facts.verified, then: b}, {else: end}]}\n  - {id: b, say: how}",
            "",
            'step "b": whatever happens, no way that leads here is ever taken',
        ),
        (  # an offer to who complains
            "intents: [tea]\nsteps:\n  - {say: how, offer: true}",
            "",
            "makes an offer, and a way leads here while a complaint is open",
        ),
        (  # a button that no flow hears
            "intents: [tea]\nsteps: [{say: hot}]",
            "  hot:\n    text: hot\n    buttons: [{title: a, payload: /teatime}]\n",
            "nothing answers /teatime",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_found_with_its_mend(tmp_path, flow, replies, says):
    found = problems(tmp_path, flow, replies)

    assert any(says in one for one in found), found
    assert all(one.startswith("flows/") for one in found)


def test_a_reply_of_one_language_alone_is_found(tmp_path):
    found = problems(tmp_path, "intents: [tea]\nsteps: [{say: how}]", zh="  hot: hot\n", en="")

    assert [one for one in found if "hot" in one] == [
        f'flows/replies/zh.yml:{len(SAID_BY_PATTERNS) + 4}: reply "hot" is there in zh and not in en; add it there'
    ]


def test_who_asks_for_a_person_is_never_only_answered(tmp_path):
    person = "intents: [request_human_agent]\ndrops_others: true\nslots: {topic: {}}\nsteps: [{say: handed_over}]"

    found = problems(tmp_path, "intents: [tea]\nsteps: [{say: how}]", person=person)

    assert any('flow "person" is for who wants or needs a person, and on a way through it no person is called' in one
               for one in found)  # fmt: skip


def test_an_offer_behind_the_question_whether_a_complaint_is_open_is_proved(tmp_path):
    flow = """
    intents: [tea]
    steps:
      - {noop: true, next: [{if: facts.open_complaint, then: end}, {else: sell}]}
      - {id: sell, say: how, offer: true}
    """

    assert problems(tmp_path, flow) == []


def test_what_a_called_flow_finds_out_is_known_behind_it(tmp_path):
    flow = """
    intents: [tea]
    slots: {order_no: {entity: order_no}}
    steps:
      - call: order
      - say: found
    """

    assert problems(tmp_path, flow) == []
