"""What customers ask about their orders: each is a task with an answer promised, until the shop has seen to it.

A request is named by what is asked and the order, so whoever asks again hears that it is
under way. It ends when its task is done at the desk, or when the order's own status shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, select

from crm_store import history, orders, promises, tasks
from crm_store.history import history as history_table
from crm_store.ports import Ids
from crm_store.tasks import NewTask

CANCEL = "cancel"
CHANGES = ("change_address", "change_phone", "change_items")
RETURNS = ("return", "refund", "exchange")
PRICE = "price"
CARRIER = "carrier"
"""Asking the carrier where a late parcel is."""
MONEY = "money"
"""Looking for a refund that has not come."""
ARRIVAL = "arrival"
"""Wanting to hear that a parcel has arrived. Nobody has to do anything for it, so it is no task."""
REMINDER_WANTED = "order.reminder_wanted"
ANSWERED = "order.request_answered"

_SHOWN_BY = {
    "cancelled": (CANCEL, *CHANGES, CARRIER),
    "refunded": (CANCEL, *RETURNS, MONEY),
    "delivered": (CARRIER,),
}
"""Which requests are seen to once an order has this status."""

_EVENTS = (
    select(history_table.c.kind, history_table.c.at, history_table.c.data)
    .where(
        history_table.c.customer_id == bindparam("customer_id"),
        history_table.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(history_table.c.id)
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``words`` is what the customer wants in detail."""

    work: str
    order_no: str
    customer_id: str
    words: str = ""
    conversation_id: str | None = None

    @property
    def label(self) -> str:
        """What its task and its promise are about."""
        return label(self.work, self.order_no)


def label(work: str, order_no: str) -> str:
    """Return how a request is called at the desk: ``order.cancel A10293``."""
    return f"order.{work} {order_no}"


def running(conn: Connection, work: str, order_no: str) -> Any | None:
    """Return the row of the open task for this request, or None."""
    return next((row for row in _of(conn, work, order_no) if row.state == "open"), None)


def enter(conn: Connection, request: Request, *, due_at: datetime, now: datetime, ids: Ids) -> str | None:
    """Open the task of a request; return its id, or None where the same is under way.

    Other words than those under way take their place: the old task is done with.
    """
    for number in count(1):
        key = _key(request.work, request.order_no, number)
        before = tasks.by_key(conn, key)
        if before is None:
            about = f"{request.label}: {request.words}" if request.words else request.label
            new = NewTask(
                key, "other", about, due_at, customer_id=request.customer_id, conversation_id=request.conversation_id
            )
            opened = tasks.open_task(conn, new, now=now, ids=ids, by="bot")
            if opened is not None:
                return opened
            before = tasks.by_key(conn, key)  # somebody else was faster by a moment
        if before is not None and before.state == "open":
            if not request.words or before.about.endswith(f": {request.words}"):
                return None
            tasks.finish(conn, before.id, by="bot", now=now)
    raise AssertionError("numbers do not end")


def promise_of(conn: Connection, customer_id: str, work: str, order_no: str) -> Any | None:
    """Return the running promise to answer this request, or None."""
    theirs = promises.running_of(conn, customer_id)
    return next((row for row in theirs if row.text == label(work, order_no)), None)


def order_changed(conn: Connection, order_no: str, *, by: str, now: datetime) -> None:
    """End the requests that an order's new status answers: tasks are done, promises kept, and the history says so."""
    order = orders.head(conn, order_no)
    if order is None:
        return
    for work in _SHOWN_BY.get(order.status, ()):
        task = running(conn, work, order_no)
        if task is None:
            continue
        tasks.finish(conn, task.id, by=by, now=now)
        promise = promise_of(conn, task.customer_id, work, order_no)
        if promise is not None:
            promises.keep(conn, promise.id, proof=f"{order_no} {order.status}", by=by, now=now)
        _record(conn, ANSWERED, task.customer_id, order_no, work, order.status, by, now)
    if order.status == "delivered" and order.customer_id is not None:
        _tell_arrival(conn, order.customer_id, order_no, by, now)


def approval_answered(conn: Connection, approval: Any, *, given: bool, by: str, now: datetime) -> None:
    """Keep the promise behind an approval (its row) about an order's price, and note the answer for the customer."""
    data = approval.data or {}
    if data.get("work") != PRICE:
        return
    promise = promise_of(conn, approval.customer_id, PRICE, data["order_no"])
    if promise is not None:
        promises.keep(conn, promise.id, proof=approval.id, by=by, now=now)
    answer = "approved" if given else "declined"
    _record(conn, ANSWERED, approval.customer_id, data["order_no"], PRICE, answer, by, now)


def remind(conn: Connection, customer_id: str, order_no: str, *, now: datetime) -> bool:
    """Note that the customer wants to hear when an order is delivered; False where that is noted."""
    if _waits_for(conn, customer_id, order_no):
        return False
    _record(conn, REMINDER_WANTED, customer_id, order_no, ARRIVAL, None, "customer", now)
    return True


def reached(conn: Connection, customer_id: str, order_no: str, status: str) -> datetime | None:
    """Return when an order of the customer's got a status, as the history has it, or None."""
    rows = conn.execute(_EVENTS, {"customer_id": customer_id, "kinds": [f"order.{status}"]})
    at: datetime | None = next((row.at for row in rows if row.data["order_no"] == order_no), None)
    return at


def _tell_arrival(conn: Connection, customer_id: str, order_no: str, by: str, now: datetime) -> None:
    if _waits_for(conn, customer_id, order_no):
        _record(conn, ANSWERED, customer_id, order_no, ARRIVAL, "delivered", by, now)


def _waits_for(conn: Connection, customer_id: str, order_no: str) -> bool:
    rows = conn.execute(_EVENTS, {"customer_id": customer_id, "kinds": [REMINDER_WANTED, ANSWERED]})
    theirs = [row.kind for row in rows if (row.data["order_no"], row.data["work"]) == (order_no, ARRIVAL)]
    return theirs[-1:] == [REMINDER_WANTED]


def _record(
    conn: Connection, kind: str, customer_id: str | None, order_no: str, work: str, status: str | None, by: str,
    now: datetime,
) -> None:  # fmt: skip
    data = {"order_no": order_no, "work": work} | ({"status": status} if status else {})
    history.record(conn, at=now, kind=kind, by=by, customer_id=customer_id, data=data)


def _of(conn: Connection, work: str, order_no: str) -> Iterator[Any]:
    for number in count(1):
        row = tasks.by_key(conn, _key(work, order_no, number))
        if row is None:
            return
        yield row


def _key(work: str, order_no: str, number: int) -> str:
    return f"order:{work}:{order_no}:{number}"
