"""`shuke nlu evaluate` and `shuke nlu train`, with a stand-in for Rasa that is a real process and answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from structlog.testing import capture_logs

from nlu.chosen_model import chosen_model
from nlu.settings import NluSettings
from nlu.thresholds import USUAL, Measured
from nlu.training import thresholds_file
from tests.bot.commands import Ended, Shuke, an_installation, given_database, shuke_in_process
from tests.nlu.rasas import stand_in_settings, training_text

EXAMPLES = (
    "text,intent,accept,language\n"
    "在吗,greet,,zh\n"
    "你好呀,greet,,zh\n"
    "这把壶几个人用合适,ask_product_info,,zh\n"
    "a pot for how many people,ask_product_info,greet,en\n"
    "write me a poem,out_of_scope,,en\n"
)
ASKED = {"intent": "ask_product_info", "taken_for": "greet", "count": 1, "examples": ["这把壶几个人用合适"]}


@pytest.fixture
def nlu(tmp_path: Path, migrated_database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NluSettings]:
    """An installation whose Rasa takes all for a greeting."""
    an_installation(tmp_path, monkeypatch)
    given_database(tmp_path, migrated_database)
    settings = stand_in_settings(tmp_path / "nlu", data="says greet")
    named = {key: str(getattr(settings, key)) for key in ("rasa_folder", "rasa_python", "models", "logs")}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({"nlu": named}))
    # Without a set-up of its own it would log into what the command prints.
    with capture_logs():
        yield settings


@pytest.fixture
def shuke(nlu: NluSettings, capsys: pytest.CaptureFixture[str]) -> Shuke:
    return shuke_in_process(capsys)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "examples.csv"
    path.write_text(EXAMPLES, encoding="utf-8")
    return path


def teach(nlu: NluSettings, sentence: str) -> None:
    (nlu.rasa_folder / "data" / "zh" / "a.yml").write_text(training_text(sentence), encoding="utf-8")


def refused(ended: Ended) -> str:
    assert (ended.code, ended.out) == (2, "")
    return ended.err.splitlines()[-1].removeprefix("shuke: ")


def test_evaluate_scores_what_rasa_answers(shuke: Shuke, examples: Path) -> None:
    found = shuke("nlu", "evaluate", str(examples), "--json").json

    assert (found["examples"], found["accuracy"]) == (5, 0.6)
    assert found["languages"]["zh"] == {"examples": 3, "accuracy": 0.6667}
    assert found["intents"]["greet"]["recall"] == 1.0
    assert ASKED in found["confusions"]
    assert found["out_of_scope"]["recall"] == 0.0
    assert found["milliseconds"]["p50"] > 0


def test_evaluate_tells_how_varied_the_taught_sentences_are(shuke: Shuke, nlu: NluSettings, examples: Path) -> None:
    blocks = "".join(f"    - 我要{what}\n" for what in ("喝茶", "喝水", "睡觉"))
    other = nlu.rasa_folder / "data" / "zh" / "b.yml"
    other.write_text(f'version: "3.1"\nnlu:\n- intent: chitchat\n  examples: |\n{blocks}', encoding="utf-8")

    found = shuke("nlu", "evaluate", str(examples), "--json").json["diversity"]
    printed = shuke("nlu", "evaluate", str(examples)).out

    assert list(found["zh"]) == ["chitchat", "greet"]
    assert found["zh"]["chitchat"]["sentences"] == 3
    assert 0 < found["zh"]["chitchat"]["nearest"] < 1
    assert f"the least varied: chitchat {found['zh']['chitchat']['nearest']:.2f}" in " ".join(printed.split())


def test_evaluate_prints_the_same_for_people(shuke: Shuke, examples: Path) -> None:
    printed = shuke("nlu", "evaluate", str(examples)).out

    assert "5 examples, accuracy 60.0%" in printed
    assert "ask_product_info taken for greet: 1  (这把壶几个人用合适)" in printed
    assert "out of scope: 0.0% of 1 told" in printed


def test_evaluate_draws_what_was_taken_for_what(shuke: Shuke, examples: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "confusion.svg"

    ended = shuke("nlu", "evaluate", str(examples), "--svg", str(drawn))

    assert ended.code == 0
    titles = [one.text for one in ElementTree.parse(drawn).iter("{http://www.w3.org/2000/svg}title")]
    assert "ask_product_info → greet: 1 of 2" in titles


def test_evaluate_keeps_the_thresholds_that_it_found(shuke: Shuke, nlu: NluSettings, examples: Path) -> None:
    ended = shuke("nlu", "evaluate", str(examples), "--thresholds", "--json")

    kept = ended.json["thresholds"]
    found = Measured(lambda: thresholds_file(nlu))()
    assert (found.answer, found.clarify) == (kept["answer"], kept["clarify"])
    assert json.loads(thresholds_file(nlu).read_text()) != {}
    assert found != USUAL


def test_rules_have_no_thresholds_to_keep(shuke: Shuke, examples: Path) -> None:
    told = refused(shuke("nlu", "evaluate", str(examples), "--nlu", "rules", "--thresholds"))

    assert told.startswith("--thresholds: ")
    assert told.endswith("; use it with --nlu rasa")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"text,label\nhi,greet\n", "examples.csv:1: needs a header with the columns text and intent"),
        (b"", "examples.csv:1: needs a header"),
        (b"text,intent\nhi,greet\nhi,\n", "examples.csv:3: text and intent must both be there"),
        (b"text,intent\nhi,greet\nhello\n", "examples.csv:3: text and intent must both be there"),
        (b"text,intent\nhi,greet\n\xc4\xe3,greet\n", "examples.csv:3: is not UTF-8 here; save the file as UTF-8"),
    ],
)
def test_examples_that_cannot_be_read_are_refused_with_their_line(
    shuke: Shuke, examples: Path, content: bytes, told: str
) -> None:
    examples.write_bytes(content)

    assert refused(shuke("nlu", "evaluate", str(examples), "--nlu", "rules")).startswith(told)


def test_examples_that_are_not_there_are_refused(shuke: Shuke, tmp_path: Path) -> None:
    told = refused(shuke("nlu", "evaluate", str(tmp_path / "none.csv"), "--nlu", "rules"))

    assert told.startswith("none.csv: cannot be read (FileNotFoundError)")


def test_train_refuses_a_model_that_is_worse_than_the_last_until_somebody_insists(
    shuke: Shuke, nlu: NluSettings
) -> None:
    (nlu.rasa_folder / "config.yml").write_text("answers: answers.json")
    first = shuke("nlu", "train")
    better = chosen_model(nlu.models)
    teach(nlu, "says worse")

    second = shuke("nlu", "train")
    again = shuke("nlu", "train")
    kept = chosen_model(nlu.models)
    insisted = shuke("nlu", "train", "--force")

    assert better is not None
    assert (first.code, first.out.splitlines()[-1]) == (0, better.name)
    assert second.code == again.code == 1
    assert "is not used: accuracy fell by 50.0 points" in " ".join(second.err.split())
    assert "or use it with --force" in " ".join(again.err.split())
    assert kept == better
    assert insisted.code == 0
    assert chosen_model(nlu.models) != better


def test_train_names_the_file_that_it_cannot_learn_from(shuke: Shuke, nlu: NluSettings) -> None:
    (nlu.rasa_folder / "data" / "zh" / "a.yml").write_text('version: "3.1"\nnlu:\n- intents: greet\n')

    told = refused(shuke("nlu", "train"))

    assert told.startswith(f"{nlu.rasa_folder}/data/zh/a.yml:3: `intents` is not known here; write `- intent: NAME`")
