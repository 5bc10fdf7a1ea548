"""What the shop puts in, and what is known: imports, a customer's page, why the bot said something."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.commands import merging
from bot.commands.common import Bar, console, errors, open_store, options, os_user, show_json
from bot.errors import ShukeError
from bot.wiring import import_settings
from crm_store import audit, history, outbox
from crm_store.imports import import_file, load_mapping, unfinished, write_refused
from crm_store.ports import SystemClock, Ulids
from crm_store.showing import customer_json, find_customer, find_message
from crm_store.unit_of_work import Store

STOPPED = 130
"""What a shell expects of a command that Ctrl-C ended."""


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(explain)
    customer = typer.Typer(help="What is known of a customer.", no_args_is_help=True, rich_markup_mode=None)
    customer.command("show")(show)
    merging.add_to(customer)

    @customer.callback()
    def _customer() -> None:
        """What is known of a customer."""

    app.add_typer(customer, name="customer")


def import_(
    context: typer.Context,
    kind: Annotated[
        Literal["customers", "products", "orders", "points", "coupons"], typer.Argument(help="What the file holds.")
    ],
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with a header.")],
    map: Annotated[Path | None, typer.Option(help="A YAML file that says which column is which.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    refused: Annotated[Path | None, typer.Option(help="Write the rows that are refused to this CSV file.")] = None,
) -> None:
    """Bring in customers, products, orders, points or coupons; again changes nothing.

    An import that was stopped goes on where it was: call it once more.

    Example: ./shuke import customers customers.csv --dry-run
    Example: ./shuke import orders orders.csv --refused mend.csv
    """
    settings = options(context).settings()
    clock = SystemClock()
    mapping = load_mapping(map, kind) if map else None
    with open_store(settings) as store:
        try:
            with Bar(f"importing {kind}") as bar:
                report = import_file(
                    store,
                    kind,
                    file,
                    mapping=mapping,
                    dry_run=dry_run,
                    now=clock.now(),
                    ids=Ulids(clock),
                    settings=import_settings(settings),
                    progress=bar.share,
                )
        except KeyboardInterrupt:
            _tell_unfinished(store)
            sys.exit(STOPPED)
        _tell_unfinished(store)
    if refused is not None and report.refused:
        try:
            written = write_refused(file, kind, report.refused, refused, mapping)
        except OSError as exc:
            raise ShukeError(f"{refused}: cannot be written ({exc.strerror}); name a file that can") from None
        errors.print(f"{written} refused rows are in {refused}: mend them there, and import that file", markup=False)
    if options(context).json:
        show_json(asdict(report))
    else:
        for row in report.refused:
            errors.print(f"{file.name}:{row.line}: {row.field}: {row.reason}", markup=False)
        if report.ignored_columns:
            console.print(
                f"not kept, as {kind} have no place for them: the columns {', '.join(report.ignored_columns)}",
                markup=False,
            )
        if report.resumed_at:
            console.print(f"went on behind row {report.resumed_at:,}, where it was stopped before", markup=False)
        if report.replaced:
            console.print("an earlier file of this name was stopped half-way; its rows are kept", markup=False)
        would = "would be " if dry_run else ""
        console.print(
            f"{report.rows} rows: {report.added} {would}added, {report.changed} {would}changed, "
            f"{report.unchanged} unchanged, {len(report.refused)} refused"
            + (f", {report.passed_over} passed over" if report.passed_over else ""),
            markup=False,
        )
    if report.refused:
        sys.exit(2)


def _tell_unfinished(store: Store) -> None:
    for run in store.run_now(unfinished):  # as a unit, it comes behind the rows that are being written
        errors.print(
            f"{run.file}: {run.rows:,} rows of these {run.kind} are in and the rest is not; "
            f"call `shuke import {run.kind}` with that file again, and it goes on from there",
            markup=False,
        )


def show(
    context: typer.Context, id: Annotated[str, typer.Argument(help="A customer_id, an id or CHANNEL:USER.")]
) -> None:
    """Show everything that is known of a customer.

    Example: ./shuke customer show terminal:wang --json
    """
    now = SystemClock().now()
    with open_store(options(context).settings()) as store:
        found = store.read_now(find_customer, id)
        if found is None:
            raise ShukeError(f"{id}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
        show_json(store.run_now(_seen, found, now))


def _seen(conn: Connection, customer: str, now: datetime) -> dict[str, Any]:
    audit.record(conn, at=now, by=os_user(), action="see_customer", customer_id=customer)
    return customer_json(conn, customer, now)


def explain(
    context: typer.Context,
    interaction: Annotated[
        str,
        typer.Argument(help="A message's id, the end of one, or whose last message: a customer_id or CHANNEL:USER."),
    ],
) -> None:
    """Say why the bot said, or did not say, that: what was understood, decided and used.

    Example: ./shuke explain terminal:wang
    Example: ./shuke explain 01KB2M8QY5T6ZC3X9V7N4R1S0D
    """
    settings = options(context).settings()
    with open_store(settings) as store:
        found = store.run_now(_explained, interaction, now=SystemClock().now())
    if found is None:
        raise ShukeError(
            f"{interaction}: no such message; `shuke agent NAME show CUSTOMER` has the ids of a customer's"
        )
    if options(context).json:
        show_json(found)
        return
    zone = ZoneInfo(settings.shop.zone)
    message, turn = found["message"], found["turn"]
    at = message["at"].astimezone(zone)
    said = message["text"] or message["data"]
    console.print(f"{at:%Y-%m-%d %H:%M:%S} {message['by']}: {said}", markup=False)
    if turn is None:
        console.print("no turn of the bot led to this, or has handled it yet", markup=False)
        return
    if understood := turn["understood"]:
        ranking = ", ".join(f"{one['name']} {one['confidence']:.2f}" for one in understood["intents"][:5])
        console.print(f"understood by {understood['source']}: {ranking or understood['intent']}", markup=False)
        for entity in understood["entities"]:
            console.print(f"  {entity['entity']}: {entity['value']}", markup=False)
        console.print(f"  mood {understood['sentiment']}, urgency {understood['urgency']}", markup=False)
        for felt in understood.get("felt", ()):
            console.print(f"    {felt['feeling']}: {', '.join(felt['words'])}", markup=False)
    decided = turn["decided"]
    console.print(f"owner {decided['owner']}, flow {decided['flow']}, asking {decided['asking']}", markup=False)
    for line in decided["trace"]:
        console.print(f"  {line}", markup=False)
    for action in decided["actions"]:
        console.print(f"  did {action['action']}: {action['result']}", markup=False)
    for reply in decided["replies"]:
        console.print(f"  said {reply}", markup=False)


def _explained(conn: Connection, named: str, *, now: datetime) -> dict[str, Any] | None:
    ref = find_message(conn, named)
    message = history.by_ref(conn, ref) if ref else None
    if ref is None or message is None:
        return None
    audit.record(conn, at=now, by=os_user(), action="explain", customer_id=message.customer_id)
    answered = (message.data or {}).get("answers")
    said = history.by_ref(conn, answered) if answered else message
    sent = outbox.by_ref(conn, ref)
    return {
        "message": {"id": ref, "at": message.at, "by": message.by, "text": message.text, "data": message.data},
        "turn": said.why if said else None,
        "delivery": {"status": sent.status, "attempts": sent.attempts, "error": sent.error} if sent else None,
    }
