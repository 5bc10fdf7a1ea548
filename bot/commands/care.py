"""`shuke care`: what is due and what the gate says; `pause` and `resume`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from bot.wiring import build_policy
from care.due import due as what_is_due
from care.policy import Policy
from crm_store import customers, handoffs, switches
from crm_store.ports import SystemClock
from crm_store.showing import called


def add_to(app: typer.Typer) -> None:
    care = typer.Typer(help="Proactive care.", no_args_is_help=True, rich_markup_mode=None)
    care.command("due")(due)

    @care.callback()
    def _care() -> None:
        """Proactive care."""

    app.add_typer(care, name="care")
    app.command()(pause)
    app.command()(resume)


def due(
    context: typer.Context,
    at: Annotated[str, typer.Option(help="Up to when: a time with its zone; default now.")] = "",
    since: Annotated[str, typer.Option(help="From when on: a time with its zone; default a day before.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days before, instead of --since.")] = 1,
) -> None:
    """Show what would be sent up to a time, and what would not and why. Sends nothing.

    Example: ./shuke care due --at 2026-11-29T12:00:00+08:00 --days 7
    """
    settings = options(context).settings()
    until = _moment("--at", at) if at else SystemClock().now()
    begin = _moment("--since", since) if since else until - timedelta(days=days)
    if begin >= until:
        raise ShukeError(f"--since {since}: has to lie before --at, or before now where that is not given")
    with open_store(settings) as store:
        rows = store.read_now(_due_rows, build_policy(settings), begin, until, ZoneInfo(settings.shop.zone))
    if options(context).json:
        show_json(rows)
        return
    for row in rows:
        who = " ".join(filter(None, [row["customer"], row["name"]]))
        console.print(f"{row['due_at'][:16]}  {row['rule']:<22} {_outcome(row):<24} {who}", markup=False)
    if not rows:
        console.print("nothing is due in that time", markup=False)
        return
    for line in _counts(rows):
        console.print(line, markup=False)


def _due_rows(
    conn: Connection, policy: Policy, since: datetime, until: datetime, zone: ZoneInfo
) -> list[dict[str, Any]]:
    rows = []
    for occasion, verdict in what_is_due(conn, policy, at=until, since=since):
        person = customers.by_id(conn, occasion.customer_id)
        rows.append(
            {
                "due_at": occasion.due_at.astimezone(zone).isoformat(),
                "rule": occasion.rule,
                "customer": called(conn, occasion.customer_id),
                "name": person.name if person else None,
                "id": occasion.customer_id,
                "occasion": occasion.key,
                "outcome": "send" if verdict.allowed else "skip",
                "reason": verdict.reason,
                "gates": verdict.as_json(),
            }
        )
    return rows


def _outcome(row: dict[str, Any]) -> str:
    return f"{row['outcome']} ({row['reason']})" if row["reason"] else str(row["outcome"])


def _counts(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each rule: how many of each outcome."""
    counts = Counter((row["rule"], _outcome(row)) for row in rows)
    rules = sorted({rule for rule, _ in counts})
    return [
        f"{rule}: " + ", ".join(f"{count} {fate}" for (one, fate), count in sorted(counts.items()) if one == rule)
        for rule in rules
    ]


def pause(
    context: typer.Context, what: Annotated[Literal["bot", "care"], typer.Argument(help="What to stop.")]
) -> None:
    """Stop the bot, or the care messages, at once and everywhere.

    Example: ./shuke pause care
    """
    settings = options(context).settings()
    with open_store(settings) as store:
        store.run_now(switches.pause, what, now=SystemClock().now(), by=os_user())
    console.print(f"{what} is paused; shuke resume {what} lets it run again", markup=False)


def resume(
    context: typer.Context, what: Annotated[Literal["bot", "care"], typer.Argument(help="What to let run.")]
) -> None:
    """Let the bot, or the care messages, run again.

    Example: ./shuke resume care
    """
    settings = options(context).settings()
    with open_store(settings) as store:
        back = store.run_now(_resume, what, by=os_user(), now=SystemClock().now())
    console.print(f"{what} runs", markup=False)
    if back:
        told = f"back with the bot: {len(back)}; what they wrote meanwhile has got no answer:"
        console.print(told, markup=False)
    for customer in back:
        console.print(f"  {customer}", markup=False)


def _resume(conn: Connection, what: str, *, by: str, now: datetime) -> list[str]:
    """Let it run again; return who is the bot's again and has written in vain meanwhile."""
    switches.resume(conn, what)
    if what != "bot":
        return []
    return [called(conn, talk.customer_id) for talk in handoffs.end_pause(conn, by=by, now=now)]


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ShukeError(f"{option} {text}: is no time; write one such as 2026-11-23T09:00:00+08:00") from None
    if moment.tzinfo is None:
        raise ShukeError(f"{option} {text}: has no time zone; write one such as 2026-11-23T09:00:00+08:00")
    return moment
