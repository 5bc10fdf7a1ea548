"""A promise is kept, renegotiated, withdrawn with its reason, or escalated when it is due: it never just ends."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from crm_store import history, identities, merging, promises, tasks
from crm_store.errors import NotAllowed
from crm_store.ports import Ulids, VirtualClock
from crm_store.promises import ANSWER, NewPromise
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

IDS = Ulids(VirtualClock(NOW), Random(7))
HOUR = timedelta(hours=1)
LI = "agent:li"


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    for who in ("ana", "bob"):
        module_store.run_now(a_customer, who)
    return module_store


def promise(conn: Connection, who: str = "ana", *, due: timedelta = 24 * HOUR, **fields: Any) -> str:
    asked: dict[str, Any] = {"by": LI, "owner": LI, "text": "退款周五前到账"} | fields
    return promises.make(conn, NewPromise(who, NOW + due, **asked), now=NOW, ids=IDS)


def told(store: Store, who: str = "ana") -> list[str]:
    kinds = [entry.kind for entry in store.read_now(history.timeline, who)]
    return [kind for kind in kinds if kind.startswith(("promise.", "task."))]


def state(store: Store, id: str) -> str:
    return str(store.read_now(promises.by_id, id).state)


def test_a_kept_promise_has_its_proof_and_says_whether_it_was_late(empty_store: Store) -> None:
    empty_store.run_now(a_customer, "ana")
    in_time, late = (empty_store.run_now(promise) for _ in range(2))

    empty_store.run_now(promises.keep, in_time, proof="R-77", by=LI, now=NOW + HOUR)
    empty_store.run_now(promises.keep, late, proof="R-78", by=LI, now=NOW + 25 * HOUR)

    kept = [entry.data for entry in empty_store.read_now(history.timeline, "ana") if entry.kind == "promise.kept"]
    assert [(one["proof"], one["late"]) for one in kept] == [("R-77", False), ("R-78", True)]
    (shown, _) = (promises.as_json(row) for row in empty_store.read_now(promises.of_customer, "ana"))
    assert (shown["promise"], shown["state"], shown["proof"]) == ("退款周五前到账", "kept", "R-77")


def test_a_renegotiated_promise_goes_on_as_a_new_one(store: Store) -> None:
    old = store.run_now(promise)

    new = store.run_now(
        promises.renegotiate, old, due_at=NOW + 48 * HOUR, reason="bank", by=LI, now=NOW + HOUR, ids=IDS
    )

    row = store.read_now(promises.by_id, new)
    assert state(store, old) == "renegotiated"
    assert (row.state, row.replaces, row.text, row.due_at) == ("open", old, "退款周五前到账", NOW + 48 * HOUR)


def test_an_overdue_promise_goes_to_a_supervisor_once_and_can_still_be_kept(empty_store: Store) -> None:
    empty_store.run_now(a_customer, "ana")
    id = empty_store.run_now(promise)
    row = empty_store.read_now(promises.by_id, id)
    now = NOW + 24 * HOUR

    escalated = [empty_store.run_now(promises.escalate, row, now=now, ids=IDS) for _ in range(2)]
    (task,) = empty_store.read_now(tasks.of_customer, "ana")
    empty_store.run_now(promises.keep, id, proof="paid", by="agent:boss", now=now + HOUR)

    assert escalated == [True, False]
    assert (task.kind, task.owner, task.state) == ("promise", tasks.SUPERVISORS, "open")
    assert told(empty_store) == ["promise.made", "promise.late", "task.opened", "task.done", "promise.kept"]


@pytest.mark.parametrize(
    "step",
    [
        lambda conn, id: promises.keep(conn, id, proof=" ", by=LI, now=NOW),
        lambda conn, id: promises.withdraw(conn, id, reason="", by=LI, now=NOW),
        lambda conn, id: promises.renegotiate(
            conn, id, due_at=NOW + HOUR, reason="", by=LI, now=NOW, ids=IDS
        ),
        lambda conn, id: promises.renegotiate(conn, id, due_at=NOW, reason="bank", by=LI, now=NOW, ids=IDS),
        lambda conn, id: promise(conn, due=timedelta(0)),
        lambda conn, id: promise(conn, text="  "),
        lambda conn, id: promises.keep(conn, "none", proof="x", by=LI, now=NOW),
    ],
)  # fmt: skip
def test_without_proof_reason_words_or_a_time_to_come_nothing_changes(store: Store, step: Any) -> None:
    id = store.run_now(promise)
    before = store.read_now(promises.of_customer, "ana"), told(store)

    with pytest.raises(NotAllowed):
        store.run_now(step, id)

    assert (store.read_now(promises.of_customer, "ana"), told(store)) == before


def test_an_answer_keeps_what_promised_one_and_nothing_else(store: Store) -> None:
    answer = store.run_now(promise, "bob", kind=ANSWER, text="", owner=None, by="bot")
    refund = store.run_now(promise, "bob")

    kept = store.run_now(promises.keep_answers, "bob", proof="message", by=LI, now=NOW + HOUR)

    assert kept == [answer]
    assert (state(store, answer), state(store, refund)) == ("kept", "open")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["keep", "renegotiate", "withdraw", "remind", "tell", "escalate"]),
        st.integers(0, 3),
        st.integers(1, 20),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_is_tried_a_promise_ends_in_one_way_and_what_is_once_is_done_once(
    store: Store, steps: list[Any]
) -> None:
    ids = [store.run_now(promise)]
    present = dict.fromkeys(ids, "open")
    now = NOW
    for name, which, hours in steps:
        now += hours * HOUR
        id = ids[which % len(ids)]
        row = store.read_now(promises.by_id, id)
        marks = row.reminded_at, row.told_at
        allowed = present[id] in ("open", "escalated")
        unit = {
            "keep": lambda c, id=id, now=now: promises.keep(c, id, proof="p", by=LI, now=now),
            "withdraw": lambda c, id=id, now=now: promises.withdraw(c, id, reason="r", by=LI, now=now),
            "renegotiate": lambda c, id=id, now=now: promises.renegotiate(
                c, id, due_at=now + HOUR, reason="r", by=LI, now=now, ids=IDS
            ),
            "remind": lambda c, row=row, now=now: promises.remind(c, row, now=now, ids=IDS),
            "tell": lambda c, id=id, now=now: promises.mark_told(c, id, now=now),
            "escalate": lambda c, row=row, now=now: promises.escalate(c, row, now=now, ids=IDS),
        }[name]
        if name in ("keep", "withdraw", "renegotiate"):
            if not allowed:
                with pytest.raises(NotAllowed):
                    store.run_now(unit)
                continue
            made = store.run_now(unit)
            present[id] = {"keep": "kept", "withdraw": "withdrawn", "renegotiate": "renegotiated"}[name]
            if name == "renegotiate":
                ids.append(made)
                present[made] = "open"
        else:
            done = store.run_now(unit)
            first = {"remind": marks[0] is None, "tell": marks[1] is None, "escalate": True}[name]
            assert done == (present[id] == "open" and first)
            if name == "escalate" and done:
                present[id] = "escalated"

    rows = {id: store.read_now(promises.by_id, id) for id in ids}
    assert {id: row.state for id, row in rows.items()} == present
    for id, row in rows.items():
        assert (row.ended_at is None) == (row.state in ("open", "escalated"))
        assert row.state != "renegotiated" or any(other.replaces == id for other in rows.values())
        theirs = store.read_now(tasks.of_customer, "ana")
        undone = [task for task in theirs if task.promise_id == id and task.state == "open"]
        assert undone == [] or row.state in ("open", "escalated")


def test_promises_and_tasks_go_along_when_two_customers_prove_to_be_one(empty_store: Store) -> None:
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who)
    id = empty_store.run_now(promise, "bob")
    empty_store.run_now(promises.remind, empty_store.read_now(promises.by_id, id), now=NOW, ids=IDS)

    empty_store.run_now(merging.merge, "bob", "ana", evidence="contact", by="system", now=NOW)

    assert [row.id for row in empty_store.read_now(promises.of_customer, "ana")] == [id]
    assert [row.promise_id for row in empty_store.read_now(tasks.of_customer, "ana")] == [id]
    assert empty_store.read_now(identities.of_customer, "bob") == []
