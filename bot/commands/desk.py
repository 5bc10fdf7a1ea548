"""`shuke agent`: take conversations over from the terminal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.commands.common import Options, console, open_store, options, os_user, show_json
from bot.commands.customer_page import cut, lasted, lines, short, why_here
from bot.desk_actions import ACTIONS, AgentAction, Done, act
from bot.errors import ShukeError
from bot.wiring import queue_order
from crm_store import audit, taking_over, teams
from crm_store.conversations import BOT, QUEUE
from crm_store.ports import SystemClock, Ulids
from crm_store.showing import find_customer
from crm_store.unit_of_work import Store


def add_to(app: typer.Typer) -> None:
    app.command()(agent)


def agent(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who you are, such as li.")],
    action: Annotated[str, typer.Argument(help=f"queue, mine, show, or one of {', '.join(ACTIONS)}.")] = "queue",
    customer: Annotated[str | None, typer.Argument(help="A customer_id, an internal id or CHANNEL:USER.")] = None,
    text: Annotated[
        str | None,
        typer.Argument(help="The reply, the note, the colleague, what a team has to know, the snooze's end."),
    ] = None,
    ticket: Annotated[str | None, typer.Option(help="The one ticket that is meant.")] = None,
    due: Annotated[str | None, typer.Option(help="By when, with its zone, for promise and renegotiate.")] = None,
    item: Annotated[str | None, typer.Option(help="The promise, task or approval, where there are several.")] = None,
    team: Annotated[
        str | None, typer.Option(help="The team to transfer to, or whose part of the queue is meant.")
    ] = None,
) -> None:
    """See who waits, take a conversation over, answer, hand it back.

    Example: ./shuke agent li take terminal:wang
    Example: ./shuke agent li reply terminal:wang "您好，我是小李，这就帮您看。"
    """
    chosen = options(context)
    settings = chosen.settings()
    zone = ZoneInfo(settings.shop.zone)
    clock = SystemClock()
    now = clock.now()
    with open_store(settings) as store:
        if action == "queue":
            of_teams = None if team is None else [store.read_now(teams.find, team).id]
            waiting = store.read_now(taking_over.queue, now, queue_order(settings), of_teams=of_teams)
            _show_queue(waiting, chosen.json)
            return
        if action == "mine":
            _show_mine(store.read_now(taking_over.of_agent, name, now), zone, now, chosen.json)
            return
        if customer is None:
            raise ShukeError(f"{action}: for which customer? Give a customer_id or CHANNEL:USER, such as terminal:wang")
        found = store.read_now(find_customer, customer)
        if found is None:
            raise ShukeError(f"{customer}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
        if action == "show":
            _show_page(store, found, zone, now, chosen)
            return
        wanted = AgentAction(name, action, found, text, ticket, due, item, team)
        done = store.run_now(act, wanted, now=now, ids=Ulids(clock))
        if chosen.json:
            show_json({"action": action, "customer": customer, **asdict(done)})
            return
        console.print(told(wanted, done, customer, zone), markup=False)
        if action == "take":
            _show_page(store, found, zone, now, chosen)


def told(wanted: AgentAction, done: Done, customer: str, zone: ZoneInfo) -> str:
    """Say in one line what an action did."""
    match wanted.action:
        case "take" if done.previous == done.owner:
            return f"{customer} was yours already"
        case "take":
            return f"{customer} is yours, {_before(done.previous)}; the bot is silent until you return or resolve it"
        case "reply" if done.previous != done.owner:
            return f"on its way to {customer}; the conversation is yours, {_before(done.previous)}"
        case "reply":
            return f"on its way to {customer}"
        case "note":
            return f"noted for {customer}, who never sees it"
        case "return":
            return f"the bot has {customer} again; open cases stay open"
        case "transfer" if wanted.team is not None:
            return f"{customer} waits in the queue for {wanted.team}"
        case "transfer":
            to = "waits in the queue again" if done.owner == QUEUE else f"is {done.owner.removeprefix('agent:')}'s now"
            return f"{customer} {to}"
        case "snooze":
            until = short(done.until.isoformat(), zone) if done.until else ""
            return f"{customer} is snoozed until {until}, or until they write"
        case "resolve":
            return _resolved(done, customer)
    return f"{wanted.action}: {done.item}, for {customer}"


def _resolved(done: Done, customer: str) -> str:
    resolved = f"{', '.join(done.resolved)} resolved" if done.resolved else "no case was open"
    return f"{resolved}; the bot has the conversation with {customer} {'still' if done.previous == BOT else 'again'}"


def _before(owner: str) -> str:
    where = {BOT: "the bot", QUEUE: "the queue"}
    return f"taken from {where.get(owner, owner.removeprefix('agent:'))}"


def _show_page(store: Store, key: str, zone: ZoneInfo, now: datetime, chosen: Options) -> None:
    page = store.run_now(_seen_page, key, now)
    if chosen.json:
        show_json(page)
        return
    for line in lines(page, zone, now=now):
        console.print(line, markup=False)


def _seen_page(conn: Connection, key: str, now: datetime) -> dict[str, Any]:
    audit.record(conn, at=now, by=os_user(), action="see_customer", customer_id=key)
    return taking_over.page(conn, key, now)


def _show_queue(waiting: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(waiting)
        return
    for one in waiting:
        why = why_here(one["reason"], one["handed_on_by"])
        if one["team"]:
            why = f"{why}, for {one['team']}"
        waited = lasted(timedelta(seconds=one["waited_s"]))
        console.print(f"{waited:>10}  {_who(one)}  {why}: {cut(one['last_words'])}", markup=False)
    if not waiting:
        console.print("nobody is waiting", markup=False)


def _show_mine(theirs: list[dict[str, Any]], zone: ZoneInfo, now: datetime, as_json: bool) -> None:
    if as_json:
        show_json(theirs)
        return
    for one in theirs:
        if one["snoozed_until"]:
            state = f"snoozed until {short(one['snoozed_until'], zone)}"
        elif one["last_at"]:
            state = f"{lasted(now - datetime.fromisoformat(one['last_at']))} ago"
        else:
            state = "nothing said yet"
        console.print(f"{_who(one)}  {state}, {one['last_by'] or ''}: {cut(one['last_words'])}", markup=False)
    if not theirs:
        console.print("you have no conversation", markup=False)


def _who(one: dict[str, Any]) -> str:
    known = " ".join(filter(None, [one["name"], one["tier"]]))
    return f"{one['customer']:<20} {known:<14}"
