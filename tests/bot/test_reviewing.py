"""What is worth a look among what customers wrote, and that nobody who refuses is in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot import reviewing
from bot.forgetting import Places
from bot.reviewing import Doubt, Reading
from crm_store import history, learning
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from nlu.entities import OrderPattern
from nlu.forgetting import MARK
from nlu.learnt import messages_in
from tests.crm_store.people import NOW, a_customer
from tests.crm_store.plans import reads_a_whole_table, steps

READING = Reading("CN", "CNY", OrderPattern())
WINDOW = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=1)}


class Talks:
    """Lets customers say things that the bot took for something."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(NOW)
        self.ids = Ulids(self.clock)

    def hear(self, who: str, text: str, intent: str, confidence: float = 0.9, **more: Any) -> str:
        """Keep a message as a turn does; ``source``, ``trace``, ``owner``, ``language`` and ``after`` (seconds)."""
        self.clock.move_to(self.clock.now() + timedelta(seconds=more.pop("after", 3600)))
        understood = {
            "intent": intent, "confidence": confidence, "source": more.pop("source", "rasa"),
            "language": more.pop("language", "en"),
        }  # fmt: skip
        decided = {"owner": more.pop("owner", "bot"), "trace": more.pop("trace", [])}
        assert not more
        ref = self.ids.new()
        why = {"understood": understood, "decided": decided}
        self.store.run_now(self._keep, who, ref=ref, text=text, why=why)
        return ref

    def _keep(self, conn: Connection, who: str, **columns: Any) -> None:
        history.record(conn, at=self.clock.now(), kind="message.in", by="customer", customer_id=who, **columns)

    def doubts(self, **more: Any) -> list[Doubt]:
        return self.store.run_now(reviewing.misunderstood, READING, **{"most": 50, **WINDOW, **more})

    def reasons(self) -> dict[str, tuple[str, ...]]:
        return {one.text: one.reasons for one in self.doubts()}


@pytest.fixture
def talks(empty_store: Store) -> Talks:
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who, name="Ana Lopez" if who == "ana" else None)
    return Talks(empty_store)


def test_each_way_to_be_misunderstood_is_told_and_what_went_well_is_not(talks: Talks) -> None:
    talks.hear("ana", "where is my parcel", "track_order")
    talks.hear("ana", "blorp the thing", "out_of_scope", 0.7, trace=["misunderstood 1 in a row"])
    talks.hear("ana", "could be a kettle", "ask_stock", 0.41)
    talks.hear("ana", "asked of the rules", "out_of_scope", 1.0, source="fallback")
    talks.hear("ana", "my points, do they run out", "ask_points_balance")
    talks.hear("ana", "do my points run out?", "ask_earn_rules", after=30)
    talks.hear("bob", "this is broken", "ask_how_to_use")
    talks.hear("bob", "a real person please", "request_human_agent", after=60)

    assert talks.reasons() == {
        "this is broken": ("asked_for_a_person",),
        "my points, do they run out": ("said_again",),
        "asked of the rules": ("not_understood",),
        "could be a kettle": ("unsure",),
        "blorp the thing": ("not_understood",),
    }


def test_answers_to_a_question_marks_and_what_a_person_answers_are_not_misunderstood(talks: Talks) -> None:
    talks.hear("ana", "A10427", "out_of_scope", 1.0, source="rules")
    talks.hear("ana", "A10428", "out_of_scope", 1.0, source="rules", after=10)
    talks.hear("ana", "???", "out_of_scope", 1.0, source="rules", trace=["misunderstood 0 in a row"])
    talks.hear("ana", "and the weather?", "out_of_scope", 0.8, owner="agent:li")
    talks.hear("ana", "where's my parcel", "track_order")
    talks.hear("ana", "where's my parcel", "track_order", after=3600)

    assert talks.doubts() == []


def test_the_newest_come_first_and_no_more_than_asked_for(talks: Talks) -> None:
    for number in range(5):
        talks.hear("ana", f"blorp {number}", "out_of_scope")

    assert [one.text for one in talks.doubts(most=3)] == ["blorp 4", "blorp 3", "blorp 2"]
    assert len(talks.doubts(since=NOW + timedelta(hours=4, minutes=30))) == 1


def test_many_messages_are_read_in_parts_and_none_is_missed_or_told_twice(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [talks.hear("ana", f"blorp {number}", "out_of_scope", after=number % 2) for number in range(20)]
    monkeypatch.setattr(reviewing, "_SAID", reviewing._SAID.limit(None).limit(3))

    assert [one.message for one in talks.doubts()] == refs[::-1]


def test_of_a_long_history_the_newest_part_is_looked_at(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        talks.hear("ana", f"blorp {number}", "out_of_scope")
    monkeypatch.setattr(reviewing, "_SAID", reviewing._SAID.limit(None).limit(2))
    monkeypatch.setattr(reviewing, "LOOKED_AT", 3)

    assert [one.text for one in talks.doubts()] == [f"blorp {number}" for number in (5, 4, 3, 2)]


def test_the_messages_are_found_by_an_index(talks: Talks) -> None:
    talks.hear("ana", "blorp", "out_of_scope")
    asked: list[tuple[str, Any]] = []

    def look(conn: Connection) -> list[str]:
        def keep(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
            asked.append((statement, parameters))

        event.listen(conn, "before_cursor_execute", keep)
        reviewing.misunderstood(conn, READING, most=50, **WINDOW)
        event.remove(conn, "before_cursor_execute", keep)
        (first, *_) = [one for one in asked if "message.in" in repr(one) and "LIMIT" in one[0]]
        return steps(conn, *first)

    plan = talks.store.run_now(look)

    assert any("ix_history_kind" in step for step in plan), plan
    assert not any(reads_a_whole_table(step) for step in plan), plan


def test_what_a_colleague_relabelled_is_there_with_their_word_until_it_is_decided(talks: Talks) -> None:
    ref = talks.hear("ana", "where is my parcel", "ask_stock")
    talks.store.run_now(learning.propose, ref, "track_order", customer_id="ana", by="agent:li", now=NOW)

    (doubt,) = talks.doubts(since=NOW + timedelta(days=1))
    assert (doubt.reasons, doubt.meant, doubt.said_by) == (("relabelled",), "track_order", "agent:li")

    talks.store.run_now(reviewing.refuse, ref, by="user:ops", now=NOW)
    assert talks.doubts() == []


def test_who_refuses_is_neither_listed_nor_learnt_from(talks: Talks) -> None:
    talks.hear("ana", "blorp of ana", "out_of_scope")
    ref = talks.hear("ana", "where is my parcel", "ask_stock")
    talks.hear("bob", "blorp of bob", "out_of_scope")
    talks.store.run_now(learning.propose, ref, "track_order", customer_id="ana", by="agent:li", now=NOW)

    talks.store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=NOW)

    assert [one.text for one in talks.doubts()] == ["blorp of bob"]


def test_what_is_learnt_names_nobody_and_the_list_shows_it_before(talks: Talks) -> None:
    ref = talks.hear("ana", "blorp, Lopez here, order A10427", "out_of_scope")

    (doubt,) = talks.doubts()
    row = talks.store.run_now(
        reviewing.accept, ref, "track_order", language=None, reading=READING, by="user:ops", now=NOW
    )

    assert doubt.learnt_as == row.text == "blorp, Sam here, order A10000"


@pytest.mark.parametrize(("text", "language"), [("x" * 301, "en"), ("👍👍", "zh"), ("où est mon colis", "other")])
def test_what_makes_no_example_is_refused_with_the_mend(talks: Talks, text: str, language: str) -> None:
    ref = talks.hear("ana", text, "out_of_scope", language=language)

    with pytest.raises(reviewing.ReviewRefused, match=r"take another|--language"):
        talks.store.run_now(
            reviewing.accept, ref, "track_order", language=None, reading=READING, by="user:ops", now=NOW
        )
    assert talks.store.read_now(learning.of_message, ref) is None


def test_rows_of_who_refused_meanwhile_go_and_none_is_added_by_that(talks: Talks, tmp_path: Path) -> None:
    places = Places(tmp_path / "var", tmp_path / "nlu", tmp_path / "models")
    of_ana, of_bob = (talks.hear(who, "blorp the parcel", "out_of_scope") for who in ("ana", "bob"))
    how: dict[str, Any] = {"language": None, "reading": READING, "by": "user:ops", "now": NOW}
    for ref in (of_ana, of_bob):
        talks.store.run_now(reviewing.accept, ref, "track_order", **how)
    assert reviewing.give_up_refused(talks.store, places) == 0, "there is no file yet, and this writes none"
    reviewing.write_learnt(talks.store, places)
    places.models.mkdir()
    (places.models / "a.tar.gz").touch()
    talks.store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=NOW)

    assert reviewing.give_up_refused(talks.store, places) == 1

    assert messages_in(places.training) == {of_bob}
    assert (places.models / f"a.tar.gz{MARK}").exists()
    assert not reviewing.write_learnt(talks.store, places), "the file is as the store has it"
