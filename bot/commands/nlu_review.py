"""`shuke nlu review`: what was misunderstood, and what of it is learnt; `shuke nlu learning`: who refuses that."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot import reviewing
from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from bot.reviewing import Reading
from bot.settings import Settings
from bot.wiring import places_of
from crm_store import audit, learning
from crm_store.ports import SystemClock
from crm_store.showing import SHORT_ID, find_customer, find_message
from crm_store.unit_of_work import Store
from nlu.entities import OrderPattern
from nlu.intents import intent_names

_WHY = {
    "relabelled": "relabelled", "not_understood": "not understood", "unsure": "unsure", "said_again": "said again",
    "asked_for_a_person": "asked for a person then",
}  # fmt: skip


def add_to(nlu: typer.Typer) -> None:
    nlu.command("review")(review)
    nlu.command("learning")(learning_)


def review(
    context: typer.Context,
    accept: Annotated[
        tuple[str, str], typer.Option(metavar="MESSAGE INTENT", help="Learn that this message means this.")
    ] = ("", ""),
    language: Annotated[
        Literal["zh", "en"] | None, typer.Option(help="That of the accepted message, where the bot was wrong.")
    ] = None,
    refuse: Annotated[str, typer.Option(metavar="MESSAGE", help="Never learn from this message.")] = "",
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many to list.")] = 50,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far back to look.")] = 30,
) -> None:
    """List messages that were misunderstood, the newest first; accept one as an example, or refuse it. Audited.

    Example: ./shuke nlu review --days 7
    Example: ./shuke nlu review --accept 7N4R1S0D track_order
    """
    settings = options(context).settings()
    if accept[0] and refuse:
        raise ShukeError("--accept and --refuse: decide on one message at a time")
    with open_store(settings) as store:
        if accept[0]:
            told = _accept(store, settings, *accept, language)
        elif refuse:
            told = _refuse(store, settings, refuse)
        else:
            _list(context, store, settings, most=most, days=days)
            return
    if options(context).json:
        show_json(told)
    elif accept[0]:
        console.print(f"{told['intent']}: {told['text']}", markup=False)
        console.print("the next training learns it: ./shuke nlu train", markup=False)
    else:
        console.print(f"{told['message']}: nothing is learnt from it", markup=False)


def learning_(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="A customer_id, an id or CHANNEL:USER.")],
    may: Annotated[Literal["yes", "no"], typer.Argument(help="What the customer says.")],
    words: Annotated[str, typer.Option(help="How they said it; kept as the proof.")],
) -> None:
    """Keep whether the bot may learn from a customer's words. After a no, what was learnt of them is taken out.

    Example: ./shuke nlu learning C0003 no --words "please don't train on my messages"
    """
    settings = options(context).settings()
    if not words.strip():
        raise ShukeError("--words: is the proof; write how the customer said it")
    with open_store(settings) as store:
        found = store.read_now(find_customer, customer)
        if found is None:
            raise ShukeError(f"{customer}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
        store.run_now(_say, found, may == "yes", words.strip(), now=SystemClock().now())
        reviewing.write_learnt(store, places_of(settings))
    if options(context).json:
        show_json({"customer": found, "learning": may == "yes"})
    else:
        console.print(f"{customer}: {'may' if may == 'yes' else 'must not'} be learnt from", markup=False)


def _say(conn: Connection, customer: str, allowed: bool, words: str, *, now: datetime) -> None:
    by = os_user()
    learning.say(conn, customer, allowed, evidence=by, by=by, now=now, words=words)
    audit.record(conn, at=now, by=by, action="edit_customer", customer_id=customer, what="consent")


def _accept(
    store: Store, settings: Settings, named: str, intent: str, language: str | None
) -> dict[str, Any]:  # fmt: skip
    known = intent_names(settings.nlu.rasa_folder, settings.nlu.overlay)
    if intent not in known:
        raise ShukeError(f"{intent}: no such intent; there are {', '.join(sorted(known))}")
    message, now = _found(store, named), SystemClock().now()
    row = store.run_now(
        reviewing.accept, message, intent, language=language, reading=_reading(settings), by=os_user(), now=now
    )  # fmt: skip
    reviewing.write_learnt(store, places_of(settings))
    return asdict(row)


def _refuse(store: Store, settings: Settings, named: str) -> dict[str, Any]:
    message = _found(store, named)
    store.run_now(reviewing.refuse, message, by=os_user(), now=SystemClock().now())
    reviewing.write_learnt(store, places_of(settings))
    return {"message": message, "refused": True}


def _reading(settings: Settings) -> Reading:
    shop = settings.shop
    return Reading(shop.region, shop.currency, OrderPattern(shop.order_no))


def _found(store: Store, named: str) -> str:
    message = store.read_now(find_message, named)
    if message is None:
        raise ShukeError(f"{named}: no such message; `shuke nlu review` has the ids of those to look at")
    return message


def _list(context: typer.Context, store: Store, settings: Settings, *, most: int, days: int) -> None:
    now = SystemClock().now()
    # Read beside the writer, whom a long list would keep waiting, and shown only once it is audited.
    doubts = store.read_now(
        reviewing.misunderstood, _reading(settings), most=most, since=now - timedelta(days=days), until=now
    )
    store.run_now(_looked, now, len(doubts))
    if options(context).json:
        show_json([asdict(one) for one in doubts])
        return
    zone = ZoneInfo(settings.shop.zone)
    for one in doubts:
        why = ", ".join(_WHY[reason] for reason in one.reasons)
        taken_for = f"{one.understood} {one.confidence:.2f}" if one.understood else "nothing"
        console.print(
            f"{one.message[-SHORT_ID:]}  {one.at.astimezone(zone):%m-%d %H:%M}  taken for {taken_for}: {why}",
            markup=False,
        )
        console.print(f"  {' '.join(one.text.split())}", markup=False)
        if one.learnt_as != one.text:
            console.print(f"  would be learnt as: {one.learnt_as}", markup=False)
        if one.meant is not None:
            console.print(f"  {(one.said_by or '').partition(':')[2]} says: {one.meant}", markup=False)
    if not doubts:
        console.print(f"nothing was misunderstood in {days} days", markup=False)


def _looked(conn: Connection, now: datetime, messages: int) -> None:
    audit.record(conn, at=now, by=os_user(), action="review", messages=messages)
