"""`shuke agent`: take conversations over from the terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, show_json
from bot.desk_actions import ACTIONS, AgentAction, act
from bot.errors import ShukeError
from crm_store import customers, handoffs, history, identities
from crm_store.ports import SystemClock, Ulids
from crm_store.showing import find_customer

LAST_WORDS = 12


def add_to(app: typer.Typer) -> None:
    app.command()(agent)


def agent(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who you are, such as li.")],
    action: Annotated[str, typer.Argument(help=f"queue, show, or one of {', '.join(ACTIONS)}.")] = "queue",
    customer: Annotated[str | None, typer.Argument(help="A customer_id, an internal id or CHANNEL:USER.")] = None,
    text: Annotated[str | None, typer.Argument(help="The reply, the note, or the colleague's name.")] = None,
    ticket: Annotated[str | None, typer.Option(help="The one ticket to resolve.")] = None,
) -> None:
    """See who waits, take a conversation over, answer, hand it back.

    Example: ./shuke agent li take terminal:wang
    Example: ./shuke agent li reply terminal:wang "您好，我是小李，这就帮您看。"
    """
    chosen = options(context)
    clock = SystemClock()
    with open_store(chosen.settings()) as store:
        if action == "queue":
            _show_queue(store.read_now(_queue), chosen.json)
            return
        if customer is None:
            raise ShukeError(f"{action}: for which customer? Give a customer_id or CHANNEL:USER, such as terminal:wang")
        found = store.read_now(find_customer, customer)
        if found is None:
            raise ShukeError(f"{customer}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
        if action != "show":
            wanted = AgentAction(name, action, found, text, ticket)
            store.run_now(act, wanted, now=clock.now(), ids=Ulids(clock))
        for line in store.read_now(_last_words, found):
            console.print(line, markup=False)


def _queue(conn: Connection) -> list[dict[str, Any]]:
    waiting = []
    for talk in handoffs.waiting(conn):
        person = customers.by_id(conn, talk.customer_id)
        user = next(one for one in identities.of_customer(conn, talk.customer_id) if one.id == talk.identity_id)
        waiting.append(
            {
                "customer": f"{user.channel}:{user.user_id}",
                "name": person.name if person else None,
                "tier": person.tier if person else None,
                "waiting_since": talk.waiting_since.isoformat(),
            }
        )
    return waiting


def _show_queue(waiting: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(waiting)
        return
    for one in waiting:
        console.print(
            f"{one['waiting_since']}  {one['customer']:<28} {one['name'] or ''} {one['tier'] or ''}", markup=False
        )
    if not waiting:
        console.print("nobody is waiting", markup=False)


def _last_words(conn: Connection, customer_id: str) -> list[str]:
    return [
        f"{entry.at:%m-%d %H:%M}  {entry.by:<12} {entry.text or entry.kind}"
        for entry in history.timeline(conn, customer_id)[-LAST_WORDS:]
    ]
