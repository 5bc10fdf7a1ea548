"""What customers tell of themselves, measured on sentences written down beforehand."""

from pathlib import Path

import pytest

from crm_store.memory_kinds import KINDS
from nlu.facts_said import facts_said
from nlu.facts_said.chinese import TELLINGS as IN_CHINESE
from nlu.facts_said.english import TELLINGS as IN_ENGLISH

SENTENCES = Path(__file__).parent / "facts_said"
LEAST_PRECISION = 0.98
LEAST_RECALL = 0.8


def said(language: str) -> list[tuple[str, str, str]]:
    lines = (SENTENCES / f"{language}_said.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("|", 2)) for line in lines]


def not_said(language: str) -> list[str]:
    return (SENTENCES / f"{language}_not_said.txt").read_text(encoding="utf-8").splitlines()


def is_right(fact, kind: str, value: str) -> bool:
    found, wanted = fact.value.casefold(), value.casefold()
    return fact.kind == kind and (wanted in found or found in wanted)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hardly_a_fact_is_wrong_and_most_are_found(language, record_property):
    right, missed, wrong = 0, [], []
    for kind, value, sentence in said(language):
        facts = facts_said(sentence)
        hit = any(is_right(fact, kind, value) for fact in facts)
        right += hit
        missed += [] if hit else [sentence]
        wrong += [] if hit else [(sentence, fact) for fact in facts]
    wrong += [(sentence, fact) for sentence in not_said(language) for fact in facts_said(sentence)]

    precision, recall = right / (right + len(wrong)), right / (right + len(missed))
    record_property(f"facts_said_{language}", f"precision {precision:.3f}, recall {recall:.3f}")
    assert len(said(language)) >= 120
    assert len(not_said(language)) >= 200
    assert precision >= LEAST_PRECISION, wrong
    assert recall >= LEAST_RECALL, missed


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("你好，我不吃辣，另外微信联系我就行", [("taste", "不吃辣"), ("contact_channel", "微信")]),
        ("By the way, I'm vegetarian and I live in Leeds.", [("taste", "vegetarian"), ("lives_in", "Leeds")]),
        ("我對花生過敏", [("allergy", "花生")]),
        ("We moved to New York, call me after 6pm", [("lives_in", "New York"), ("contact_time", "after 6pm")]),
        ("我不吃辣？", []), ("", []), ("？" * 500, []), ("我不吃辣。" * 200, []),
    ],
)  # fmt: skip
def test_several_facts_of_one_message_are_told_apart(text, facts):
    found = [(fact.kind, fact.value) for fact in facts_said(text)]

    assert [kind for kind, _ in found] == [kind for kind, _ in facts]
    assert all(
        value.casefold() in own.casefold() or text != own for (_, own), (_, value) in zip(found, facts, strict=True)
    )


def test_the_words_are_those_of_the_customer():
    (fact,) = facts_said("by the way, I don't eat Spicy food!")

    assert (fact.value, fact.words) == ("no Spicy food", "I don't eat Spicy food")


def test_every_kind_that_is_told_can_be_remembered():
    assert {telling.kind for telling in (*IN_CHINESE, *IN_ENGLISH)} <= set(KINDS)
