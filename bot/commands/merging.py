"""Who is whom, by hand: `shuke customer merge`, `unmerge` and `link`, audited with the OS user."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from crm_store import audit, link_tokens
from crm_store.errors import NotAllowed
from crm_store.merging import merge
from crm_store.ports import Ids, SystemClock, Ulids
from crm_store.showing import find_customer
from crm_store.unmerging import Unmerged, unmerge


def add_to(customer: typer.Typer) -> None:
    customer.command("merge")(merge_)
    customer.command("unmerge")(unmerge_)
    customer.command("link")(link_)


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


def link_(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="A customer_id, an id or CHANNEL:USER.")],
    way: Annotated[
        Literal["link", "email"], typer.Option(help="How it gets to them; email proves their address.")
    ] = "link",
    hours: Annotated[int, typer.Option(min=1, max=720, help="How long it works.")] = 24,
) -> None:
    """Make a one-time link: whoever brings its token to the bot, as by t.me/YOUR_BOT?start=TOKEN, is this customer.

    Example: ./shuke customer link C001 --way email
    """
    now, token = SystemClock().now(), link_tokens.made_up(SystemRandom())
    with open_store(options(context).settings()) as store:
        key = _found(store.read_now(find_customer, id), id)
        end = store.run_now(_link, key, token, way, timedelta(hours=hours), by=os_user(), now=now)
    if options(context).json:
        show_json({"token": token, "expires_at": end.isoformat()})
        return
    console.print(f"works once, until {end:%Y-%m-%d %H:%M} UTC, shown this once:\n{token}", markup=False)


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


def _link(
    conn: Connection, key: str, token: str, way: link_tokens.Way, lasts: timedelta, *, by: str, now: datetime
) -> datetime:
    audit.record(conn, at=now, by=by, action="make_link", customer_id=key, way=way)
    return link_tokens.issue(conn, key, token, now=now, by=by, way=way, lasts=lasts)
