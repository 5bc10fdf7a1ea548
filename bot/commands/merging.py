"""Two customers made one by hand, and two again: `shuke customer merge` and `unmerge`, audited with the OS user."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user
from bot.errors import ShukeError
from crm_store import audit
from crm_store.errors import NotAllowed
from crm_store.merging import merge
from crm_store.ports import Ids, SystemClock, Ulids
from crm_store.showing import find_customer
from crm_store.unmerging import Unmerged, unmerge


def add_to(customer: typer.Typer) -> None:
    customer.command("merge")(merge_)
    customer.command("unmerge")(unmerge_)


def merge_(
    context: typer.Context,
    into: Annotated[str, typer.Argument(help="Who they are: a customer_id, an id or CHANNEL:USER.")],
    other: Annotated[str, typer.Argument(help="Who becomes part of them.")],
) -> None:
    """Make two customers one, the first; prints the number by which it is undone.

    Example: ./shuke customer merge C001 telegram:5551234
    """
    with open_store(options(context).settings()) as store:
        survivor, absorbed = (_found(store.read_now(find_customer, one), one) for one in (into, other))
        try:
            number = store.run_now(_merge, absorbed, survivor, by=os_user(), now=SystemClock().now())
        except NotAllowed as exc:
            raise ShukeError(f"{other}: {exc}") from exc
    console.print(f"merge {number}; undo it with: ./shuke customer unmerge {number}", markup=False)


def unmerge_(context: typer.Context, number: Annotated[int, typer.Argument(help="The merge's number.")]) -> None:
    """Take two customers apart who were made one; each has again what was theirs.

    Example: ./shuke customer unmerge 12
    """
    clock = SystemClock()
    with open_store(options(context).settings()) as store:
        try:
            store.run_now(_unmerge, number, by=os_user(), now=clock.now(), ids=Ulids(clock))
        except NotAllowed as exc:
            raise ShukeError(str(exc)) from exc
    console.print(f"merge {number} is undone", markup=False)


def _found(customer_id: str | None, given: str) -> str:
    if customer_id is None:
        raise ShukeError(f"{given}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
    return customer_id


def _merge(conn: Connection, absorbed: str, survivor: str, *, by: str, now: datetime) -> int:
    number = merge(conn, absorbed, survivor, evidence="agent", by=by, now=now)
    audit.record(conn, at=now, by=by, action="merge", customer_id=survivor, merge=number)
    return number


def _unmerge(conn: Connection, number: int, *, by: str, now: datetime, ids: Ids) -> Unmerged:
    apart = unmerge(conn, number, by=by, now=now, ids=ids)
    for one in (apart.survivor, apart.absorbed):
        audit.record(conn, at=now, by=by, action="unmerge", customer_id=one, merge=number)
    return apart
