"""A training file that cannot be learnt from is named with its line and its mend, before Rasa is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.errors import TrainingFailed
from nlu.settings import RASA_FOLDER
from nlu.training import train_model
from nlu.training_files import check_file
from tests.nlu.rasas import stand_in_settings, training_text

HEAD = b'version: "3.1"\n\nnlu:\n'


def told(tmp_path: Path, content: bytes, name: str = "data/zh/a.yml") -> str:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(TrainingFailed) as failure:
        check_file(path, name=name)
    return str(failure.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("content", "line", "mend"),
    [
        pytest.param(HEAD + b"- intents: greet\n  examples: |\n    - hi\n", 4, "write `- intent: NAME`", id="intents"),
        pytest.param(HEAD + b"- intent: greet\n  example: |\n    - hi\n", 4, "has no examples", id="example"),
        pytest.param(HEAD + b"- intent: greet\n  examples:\n    - hi\n", 6, "`examples: |`", id="a list"),
        pytest.param(HEAD + b"- intent: greet\n  examples: |\n", 5, "has no examples", id="none"),
        pytest.param(
            HEAD + b"- intent: greet\n  examples: |\n    - hi\n    hello\n", 7, "put that before it", id="no dash"
        ),
        pytest.param(HEAD + b"- intent: greet\n  examples: |\n    - hi\n   - oops\n", 7, "indent as", id="indented"),
        pytest.param(HEAD + b"- intent: greet\n\texamples: |\n", 5, "not with a tab", id="a tab"),
        pytest.param(HEAD + b"- intent:\n  examples: |\n    - hi\n", 4, "names no intent", id="no name"),
        pytest.param(HEAD + b"- hi\n", 4, "names no intent", id="a sentence alone"),
        pytest.param(b'version: "3.1"\nintents:\n- greet\n', 1, "under `nlu:`", id="a domain"),
        pytest.param(b'version: "3.1"\nnlu:\n  intent: greet\n', 3, "needs a list under `nlu:`", id="no list"),
        pytest.param(b"", 1, "under `nlu:`", id="empty"),
        pytest.param(
            HEAD + "- intent: greet\n  examples: |\n    - 你好\n".encode("gbk"), 6, "save the file as UTF-8", id="gbk"
        ),
        pytest.param(HEAD + b"- intent: greet\n  examples: |\n    - h\x07i\n", 6, "control character", id="a bell"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_its_mend(tmp_path: Path, content: bytes, line: int, mend: str) -> None:
    found = told(tmp_path, content)

    assert found.startswith(f"{line}: ")
    assert mend in found


@pytest.mark.parametrize("name", ["config.yml", "domain.yml"])
def test_what_else_a_model_is_made_of_has_to_be_readable_too(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, b"intents: [greet\nactions: []\n", name).startswith("2: is no YAML")
    assert told(tmp_path, b"intents:\n- gr\xffet\n", name).startswith("2: is not UTF-8 here")


def test_a_held_back_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    content = b"text,intent\nhi,greet\n" + "你好,greet\n".encode("gbk")

    assert told(tmp_path, content, "held_back/zh.csv") == "3: is not UTF-8 here; save the file as UTF-8"


async def test_the_shops_own_file_is_named_and_rasa_is_not_asked(tmp_path: Path) -> None:
    overlay = tmp_path / "shop"
    (overlay / "data" / "zh").mkdir(parents=True)
    (overlay / "data" / "zh" / "ours.yml").write_bytes(training_text("你好").encode("gbk"))
    settings = stand_in_settings(tmp_path).model_copy(update={"overlay": overlay})

    with pytest.raises(TrainingFailed, match=r"shop/data/zh/ours\.yml:6: is not UTF-8 here"):
        await train_model(settings, progress=lambda _fraction, _stage: None)

    assert not (settings.models / "trainings.txt").exists()


def test_all_of_our_own_files_are_learnt_from() -> None:
    for path in sorted([*RASA_FOLDER.glob("*.yml"), *(RASA_FOLDER / "data").rglob("*.yml")]):
        check_file(path, name=path.relative_to(RASA_FOLDER).as_posix())


@pytest.mark.parametrize(
    "block", ["- synonym: A\n  examples: |\n    - a\n", "- intent: greet\n  examples: |\n    -hi\n\n    - hello\n"]
)
def test_what_rasa_reads_besides_is_let_through(tmp_path: Path, block: str) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(HEAD + block.replace("-hi", "- hi").encode())

    check_file(path, name="data/zh/a.yml")
