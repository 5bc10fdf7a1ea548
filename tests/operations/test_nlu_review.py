"""`shuke nlu review`: from a misunderstood message to a row of training data, and to an erasure that takes it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import audit, consents, history
from crm_store.unit_of_work import Store
from nlu.forgetting import MARK
from nlu.learnt import path_of
from tests.crm_store.people import a_customer
from tests.crm_store.planting import CANARY
from tests.operations.conftest import Shuke

ONE, TWO = (f"01KB2M8QY5T6ZC3X9V7N4R1S0{end}" for end in "AB")


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{database}")) as store:
        store.run_now(a_customer, "ana", number="C001", name=f"Ana {CANARY}", email=f"{CANARY}@mail.example")
        store.run_now(_said, ONE, f"blorp, {CANARY} here, {CANARY}@mail.example, order A10427, +44 20 7946 0958")
        store.run_now(_said, TWO, "blorp the points")
        yield store


def _said(conn: Connection, ref: str, text: str) -> None:
    why = {
        "understood": {"intent": "out_of_scope", "confidence": 0.7, "source": "rasa", "language": "en"},
        "decided": {"owner": "bot", "trace": ["misunderstood 1 in a row"]},
    }
    now = datetime.now(UTC) - timedelta(minutes=5)
    history.record(conn, at=now, kind="message.in", by="customer", customer_id="ana", ref=ref, text=text, why=why)


def learnt(root: Path) -> str:
    path = path_of(root / "shop/nlu", "en")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def actions(store: Store) -> list[tuple[str, str, Any]]:
    return [(one.by.partition(":")[0], one.action, one.customer_id) for one in store.read_now(audit.latest)]


def test_the_list_says_what_was_misunderstood_and_that_somebody_looked(shuke: Shuke, store: Store) -> None:
    told = shuke("nlu", "review", "--json").json
    lines = shuke("nlu", "review").out

    assert [one["message"] for one in told] == [TWO, ONE]
    assert told[0]["reasons"] == ["not_understood"]
    assert CANARY not in told[1]["learnt_as"]
    assert f"{TWO[-8:]}" in lines
    assert "taken for out_of_scope 0.70: not understood" in lines
    assert "would be learnt as:" in lines
    assert actions(store) == [("user", "review", None)] * 2


def test_an_accepted_message_becomes_a_row_without_its_customer_and_is_listed_no_more(
    shuke: Shuke, root: Path, store: Store
) -> None:
    ended = shuke("nlu", "review", "--accept", ONE[-8:], "track_order")

    assert ended.code == 0, ended.err
    assert "{intent: track_order, examples: [{text: " in learnt(root)
    assert learnt(root).endswith(f"# from {ONE}\n")
    for word in (CANARY, "mail.example", "A10427", "7946", "0958"):
        assert word not in learnt(root) + ended.out, word
    assert [one["message"] for one in shuke("nlu", "review", "--json").json] == [TWO]
    assert ("user", "learn", "ana") in actions(store)


def test_a_refused_message_is_learnt_from_no_more(shuke: Shuke, root: Path, store: Store) -> None:
    shuke("nlu", "review", "--accept", ONE, "track_order")
    shuke("nlu", "review", "--accept", TWO, "ask_points_balance")

    ended = shuke("nlu", "review", "--refuse", ONE)

    assert ended.code == 0, ended.err
    assert ONE not in learnt(root)
    assert TWO in learnt(root)
    assert shuke("nlu", "review", "--json").json == []
    assert ("user", "dont_learn", "ana") in actions(store)


def test_erasing_the_customer_takes_their_rows_and_marks_the_model(shuke: Shuke, root: Path, store: Store) -> None:
    shuke("nlu", "review", "--accept", ONE, "track_order")
    (root / "var/models").mkdir()
    (root / "var/models/a.tar.gz").touch()

    proof = shuke("erase", "customer", "C001").json

    assert proof["deleted"]["lessons"] == 1
    assert (proof["files"]["training_rows_removed"], proof["files"]["models_to_retrain"]) == (1, True)
    assert ONE not in learnt(root)
    assert (root / f"var/models/a.tar.gz{MARK}").exists()


def test_where_the_shop_keeps_its_rows_elsewhere_they_are_written_and_erased_there(
    shuke: Shuke, root: Path, store: Store
) -> None:
    (root / "config.yml").write_text("nlu: {overlay: ours}\n", encoding="utf-8")
    shuke("nlu", "review", "--accept", ONE, "track_order")
    assert ONE in path_of(root / "ours", "en").read_text(encoding="utf-8")

    shuke("erase", "customer", "C001")

    assert ONE not in path_of(root / "ours", "en").read_text(encoding="utf-8")


def test_a_customers_no_takes_their_rows_out_and_keeps_their_messages_from_the_list(
    shuke: Shuke, root: Path, store: Store
) -> None:
    shuke("nlu", "review", "--accept", ONE, "track_order")

    ended = shuke("nlu", "learning", "C001", "no", "--words", "please don't")

    assert ended.code == 0, ended.err
    assert learnt(root) == ""
    assert shuke("nlu", "review", "--json").json == []
    assert shuke("nlu", "review", "--accept", TWO, "track_order").err.count("refuses") == 1
    assert [one["words"] for one in store.read_now(consents.proofs, "ana")] == ["please don't"]
    assert ("user", "edit_customer", "ana") in actions(store)
    assert shuke("--json", "nlu", "learning", "C001", "yes", "--words", "fine now").json["learning"] is True
    assert len(shuke("nlu", "review", "--json").json) == 1, "what was refused with that no stays refused"


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        (("review", "--accept", ONE, "track_odrer"), "no such intent; there are"),
        (("review", "--accept", "01KB2M8Q", "greet"), "no such message"),
        (("review", "--refuse", "nothing"), "no such message"),
        (("review", "--refuse", ONE, "--accept", ONE, "greet"), "one message at a time"),
        (("learning", "nobody", "no", "--words", "no"), "no such customer"),
        (("learning", "C001", "no", "--words", " "), "is the proof"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_mend(
    shuke: Shuke, store: Store, arguments: tuple[str, ...], mend: str
) -> None:
    ended = shuke("nlu", *arguments)

    assert ended.code == 2
    assert mend in ended.err
