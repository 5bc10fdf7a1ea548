"""`shuke simulate` as it is called: its options, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from bot.cli import REFUSED
from tests.bot.worlds import shuke

HELLO = json.dumps({"customer": "u1", "text": "where is my order"}).encode() + b"\n"


def test_lines_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_bytes(HELLO)

    done = shuke("simulate", "--nlu", "rules", "--input", str(tmp_path / "lines.jsonl"))

    assert json.loads(done.stdout)["intent"] == "track_order"


def test_a_store_is_kept_wherever_the_option_stands(tmp_path: Path) -> None:
    store = ["--store", f"sqlite:///{tmp_path / 'kept.db'}"]

    shuke(*store, "simulate", "--nlu", "rules", input=HELLO)
    done = shuke("simulate", "--nlu", "rules", *store, input=HELLO)

    assert json.loads(done.stdout)["flow"] == "track_order"
    shown = shuke("--json", *store, "customer", "show", "telegram:u1")
    assert [entry["kind"] for entry in json.loads(shown.stdout)["timeline"]].count("message.in") == 2


def test_an_unknown_nlu_is_refused_before_any_line() -> None:
    done = shuke("simulate", "--nlu", "magic", input=HELLO)

    assert isinstance(done.exception, REFUSED)
    assert "--nlu magic" in str(done.exception)
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = shuke("simulate", "--nlu", "rules", "--input", str(tmp_path / "none.jsonl"))

    assert done.exit_code == 2


def test_an_nlu_that_gives_no_answer_ends_the_run() -> None:
    greeting, wish = (json.dumps({"customer": "u1", "text": text}).encode() for text in ("hello", "I broke my cup"))

    # Nothing listens on port 9 of this machine; a bare greeting needs no NLU.
    done = shuke("simulate", "--nlu", "http://127.0.0.1:9", input=b"\n".join([greeting, wish, greeting]))

    assert done.exit_code == 1
    assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == [1]
    assert "NLU" in done.stderr
