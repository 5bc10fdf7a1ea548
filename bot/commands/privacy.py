"""What customers may ask for: a copy of all that is known of them, and to be forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.commands.database import stamp_of
from bot.errors import ShukeError
from bot.forgetting import erase_customer, export_customer
from bot.keeping_house import KeepingHouse, old_exports
from bot.wiring import places_of
from crm_store import audit
from crm_store.ports import SystemClock
from crm_store.privacy import ledger, retention
from crm_store.showing import find_customer
from crm_store.unit_of_work import Store

_ID = Annotated[str, typer.Argument(help="A customer_id, an id or CHANNEL:USER.")]


def add_to(app: typer.Typer) -> None:
    for name, command, help in (
        ("export", export, "Give out what is known."), ("erase", erase, "Forget for good."),
    ):  # fmt: skip
        group = typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)
        group.command("customer")(command)
        group.callback()(_group)
        app.add_typer(group, name=name)
    privacy = typer.Typer(help="How long things are kept.", no_args_is_help=True, rich_markup_mode=None)
    privacy.command("retention")(retain)
    privacy.callback()(_group)
    app.add_typer(privacy, name="privacy")


def _group() -> None:
    """What a customer may ask for."""


def export(
    context: typer.Context,
    id: _ID,
    out: Annotated[Path | None, typer.Option(help="The file, not there yet; by default one in var/exports/.")] = None,
) -> None:
    """Write all that is known of a customer into a JSON file that only you may read. Audited.

    Example: ./shuke export customer C0003 --out /safe/place/C0003.json
    """
    settings, clock = options(context).settings(), SystemClock()
    with open_store(settings) as store:
        found = _named(store, id)
        target = out or places_of(settings).exports / f"customer-{found}-{stamp_of(clock.now())}.json"
        size = export_customer(store, found, target, by=os_user(), clock=clock)
    if options(context).json:
        show_json({"file": str(target), "customer": found, "bytes": size})
    else:
        console.print(f"{target}: all that is known of {found}, {size:,} bytes, for you alone", markup=False)


def erase(
    context: typer.Context,
    id: _ID,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Forget a customer for good and print the proof; amounts and counts stay. Audited. Nothing brings them back.

    Example: ./shuke erase customer C0003
    """
    settings = options(context).settings()
    with open_store(settings) as store:
        found = _named(store, id)
        if not yes and _asks() and not typer.confirm(f"Forget {id} for good?", default=False, err=True):
            raise ShukeError(f"{id}: nothing was erased")
        hashes = ledger.hashes(settings.var, settings.privacy.secret())
        proof = erase_customer(
            store, found, places_of(settings), by=os_user(), hashes=hashes, clock=SystemClock()
        )  # fmt: skip
    show_json(proof)


def retain(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Let go what is older than `privacy.*` keeps it, as the clock does every night; --dry-run only counts it.

    Example: ./shuke privacy retention --dry-run
    """
    settings, clock = options(context).settings(), SystemClock()
    kept, places, now = settings.privacy, places_of(settings), clock.now()
    with open_store(settings) as store:
        if dry_run:
            counts = {one.kind: one.rows for one in store.read_now(retention.due, kept, now=now)}
            counts["exports"] = old_exports(places, kept, now, delete=False)
        else:
            house = KeepingHouse(store, kept, places, clock=clock, zone=ZoneInfo(settings.shop.zone))
            counts = dict(asyncio.run(house.tidy(now)))
            store.run_now(_retained, counts, now)
    if options(context).json:
        show_json(counts)
        return
    for kind, rows in counts.items():
        length = kept.exports if kind == "exports" else kept.kept[kind]
        assert length is not None, "what has no end is not counted"
        console.print(
            f"{kind}: {rows:,} {'would go' if dry_run else 'gone'}, kept for {length.days} days", markup=False
        )


def _retained(conn: Connection, counts: dict[str, int], now: datetime) -> None:
    audit.record(conn, at=now, by=os_user(), action="retain", rows=sum(counts.values()))


def _asks() -> bool:
    """Whether somebody sits at a terminal who can answer."""
    return typer.get_text_stream("stdin").isatty()


def _named(store: Store, id: str) -> str:
    found = store.read_now(find_customer, id)
    if found is None:
        raise ShukeError(f"{id}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
    return found
