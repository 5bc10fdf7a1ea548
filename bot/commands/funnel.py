"""`shuke funnel`: how far people come who begin to join the club."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from bot.commands.common import console, open_store, options, show_json
from crm_store import funnels, membership
from crm_store.ports import SystemClock


def add_to(app: typer.Typer) -> None:
    app.command()(funnel)


def funnel(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days back from now.")] = 30,
) -> None:
    """Show how many began to join the club, and how many reached each step.

    Example: ./shuke funnel --days 7
    """
    until = SystemClock().now()
    with open_store(options(context).settings()) as store:
        found = store.read_now(
            funnels.reached, membership.FUNNEL, membership.STEPS, since=until - timedelta(days=days), until=until
        )
    if options(context).json:
        show_json([asdict(one) for one in found])
        return
    for one in found:
        console.print(f"{one.step:<10} {one.customers:>6}  {one.share:>4.0%}", markup=False)
