"""`shuke care`: what is due and what the gate says; `pause` and `resume`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from bot.wiring import build_policy
from care.due import due as what_is_due
from crm_store import switches
from crm_store.ports import SystemClock


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
    at: Annotated[str, typer.Option(help="A time with its zone; default now.")] = "",
) -> None:
    """Show what would be sent in the day up to a time, and what would not and why. Sends nothing.

    Example: ./shuke care due --at 2026-11-29T12:00:00+08:00
    """
    settings = options(context).settings()
    moment = _moment(at) if at else SystemClock().now()
    policy = build_policy(settings)
    with open_store(settings) as store:
        found = store.read_now(what_is_due, policy, at=moment)
    rows = [
        {
            "due_at": occasion.due_at.astimezone(ZoneInfo(settings.shop.zone)).isoformat(),
            "rule": occasion.rule,
            "customer": occasion.customer_id,
            "occasion": occasion.key,
            "outcome": "send" if verdict.allowed else "skip",
            "reason": verdict.reason,
            "gates": verdict.as_json(),
        }
        for occasion, verdict in found
    ]
    if options(context).json:
        show_json(rows)
        return
    for row in rows:
        reason = f" ({row['reason']})" if row["reason"] else ""
        console.print(f"{row['due_at']}  {row['rule']:<22} {row['customer']}  {row['outcome']}{reason}", markup=False)
    if not rows:
        console.print("nothing is due in the day up to then", markup=False)


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
        store.run_now(switches.resume, what)
    console.print(f"{what} runs", markup=False)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ShukeError(f"--at {text}: is no time; write one such as 2026-11-23T09:00:00+08:00") from None
    if moment.tzinfo is None:
        raise ShukeError(f"--at {text}: has no time zone; write one such as 2026-11-23T09:00:00+08:00")
    return moment
