"""What the classifier counts, and what thumbs do to it; the model itself is tried in Rasa's own Python."""

from __future__ import annotations

import json
import subprocess
from random import Random

import pytest

from nlu.rasa.shuke_intents.features import characters, stem, together, words
from nlu.rasa.shuke_intents.noise import misspell
from nlu.settings import RASA_FOLDER, NluSettings


def test_words_are_counted_with_their_neighbours_the_beginning_and_the_end() -> None:
    assert words("where's my 订单?") == [
        "where's", "my", "订", "单", "?",
        "where's my", "my 订", "订 单", "单 ?",
        "where's * 订", "my * 单", "订 * ?",
        "^ where's", "? $",
    ]  # fmt: skip


def test_what_comes_together_counts_in_any_order_and_with_any_ending() -> None:
    assert set(together("delivered parcels")) == set(together("parcel deliver"))
    assert "什~时" in together("什么时候发货")
    assert "什~时" in together("时间是什么")


def test_what_stands_far_apart_is_not_together() -> None:
    letters = together("a b c d e f g h i j")

    assert "a~i" in letters
    assert "a~j" not in letters


@pytest.mark.parametrize(
    ("words", "of"),
    [
        (("deliver", "delivers", "delivered", "delivering"), "deliver"),
        (("price", "prices", "pricing"), "pric"),
        (("ship", "shipped", "shipping"), "ship"),
        (("address",), "address"),
        (("订",), "订"),
        (("is",), "is"),
    ],
)
def test_a_word_has_one_stem_whatever_its_ending(words: tuple[str, ...], of: str) -> None:
    assert {stem(word) for word in words} == {of}


def test_runs_of_characters_lead_from_no_word_into_another() -> None:
    runs = characters("ab 订单")

    assert {"a", "ab", " ab ", "订", "订单", " 订单 "} <= set(runs)
    assert not any("b" in run and "订" in run for run in runs)


@pytest.mark.parametrize("text", ["好", "订单 ok", "呸", "שלום"])
def test_no_run_is_a_blank_alone_which_every_text_has(text: str) -> None:
    assert " " not in characters(text)


@pytest.mark.parametrize("count", [words, characters, together])
def test_nothing_is_counted_in_nothing(count: object) -> None:
    assert callable(count)
    assert count("") == count("  ") == []


def test_the_same_seed_misspells_the_same_way_and_short_words_stay() -> None:
    text = "where is my parcel 我的快递到哪里了"

    once, again = misspell(text, Random(3)), misspell(text, Random(3))

    assert once == again != text
    assert misspell("好的", Random(3)) == "好的"


_TRY = """
import json, sys, tempfile, pathlib
sys.path.insert(0, sys.argv[1])
import numpy as np
from shuke_intents.features import characters
from shuke_intents.linear import LinearIntents, learn
from shuke_intents.normalising import normalise
from shuke_intents.weighing import Weighing
texts = {"greet": ["你好", "hello there", "早上好呀"], "track_order": ["快递到哪了", "where is my parcel", "物流信息"],
         "ask_stock": ["还有货吗", "is it in stock", "什么时候补货"]}
rows = [(text, intent) for intent, some in texts.items() for text in some]
model = learn([text for text, _ in rows], [intent for _, intent in rows])
with tempfile.TemporaryDirectory() as folder:
    model.save(pathlib.Path(folder))
    again = LinearIntents.load(pathlib.Path(folder))
odd = ["", " ", "\\u200d\\u200f", "\\ud800x", "\\x00", "好" * 100_000, "\\U0001F9D1\\u200D\\U0001F680", "快递到哪了"]
likely = again.likelihoods(odd)
print(json.dumps({
    "normal": [normalise(text) for text in json.loads(sys.argv[2])],
    "same": bool((model.likelihoods(odd) == likely).all()),
    "sums": [round(float(row.sum()), 6) for row in likely],
    "last": again.intents[int(likely[-1].argmax())],
    "unknown": [again.ranking(text, 10) for text in ["呸", "שלום", "", "\\ud800"]],
    "sizes": [float(np.linalg.norm(Weighing.of(characters, ["好", "好的"]).row(text)[1])) for text in ["好的", "好龘"]],
    "best": again.ranking("快递到哪了", 2)[0][0],
}))
"""


@pytest.mark.rasa
@pytest.mark.long
def test_a_model_says_the_same_after_it_was_kept_and_answers_any_text() -> None:
    python = str(NluSettings().rasa_python)

    written = json.dumps(
        ["ＯＫ！！！！", "訂單幾時到", "sooooo", "20240518001", "好\u200b的", "\ud800x", "Whats UR adress", "U盘"]
    )
    asked = [python, "-c", _TRY, str(RASA_FOLDER), written]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)

    assert said["normal"] == ["ok!!", "订单几时到", "soo", "00000", "好的", "x", "what's your adress", "u盘"]
    assert said["same"]
    assert said["sums"] == [1.0] * 8
    assert (said["last"], said["best"]) == ("track_order", "track_order")
    assert said["sizes"][0] == pytest.approx(1.0)
    assert said["sizes"][1] < 0.8
    assert said["unknown"] == [[], [], [], []]


_NORMALISE_TWICE = """
import json, random, sys
sys.path.insert(0, sys.argv[1])
from shuke_intents.normalising import normalise

def moves(text):
    once = normalise(text)
    return normalise(once) != once

every = [chr(code) for code in range(sys.maxunicode + 1)]
apart = [some for start in range(0, len(every), 512) if moves(" ".join(some := every[start : start + 512]))]
seeded = random.Random(7)
pool = every[:0x3000] + every[0x4E00:0x9FFF] + list("0123456789aab ..!!👍👍🏽❤️\\u200d\\u0301\\u0345\\ud800" * 200)
mixed = ["".join(seeded.choices(pool, k=seeded.randint(1, 12))) * seeded.randint(1, 4) for _ in range(20_000)]
print(json.dumps([*(ascii("".join(some)) for some in apart), *(ascii(text) for text in mixed if moves(text))]))
"""


@pytest.mark.rasa
@pytest.mark.long
def test_what_is_normalised_is_normalised_no_further_whatever_it_was() -> None:
    asked = [str(NluSettings().rasa_python), "-c", _NORMALISE_TWICE, str(RASA_FOLDER)]

    done = subprocess.run(asked, check=True, capture_output=True, text=True)

    assert json.loads(done.stdout) == []
