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

from sqlalchemy import Connection

from crm_store import history, orders, promises, tasks
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
WORKS = (CANCEL, *CHANGES, *RETURNS, PRICE, CARRIER, MONEY)

_SHOWN_BY = {
    "cancelled": (CANCEL, *CHANGES, CARRIER),
    "refunded": (CANCEL, *RETURNS, MONEY),
    "delivered": (CARRIER,),
}
"""Which requests are seen to once an order has this status."""


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
        history.record(
            conn, at=now, kind="order.request_answered", by=by, customer_id=task.customer_id,
            conversation_id=task.conversation_id,
            data={"order_no": order_no, "work": work, "status": order.status},
        )  # fmt: skip


def _of(conn: Connection, work: str, order_no: str) -> Iterator[Any]:
    for number in count(1):
        row = tasks.by_key(conn, _key(work, order_no, number))
        if row is None:
            return
        yield row


def _key(work: str, order_no: str, number: int) -> str:
    return f"order:{work}:{order_no}:{number}"
