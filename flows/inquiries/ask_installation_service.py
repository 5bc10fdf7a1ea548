"""Tell who wants a time for an installation from who asks about it, and pass the wish on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import catalogue
from flows.actions import ActionContext, action
from flows.asking import ask_colleague
from flows.engine.values import day, moment
from flows.wording import Reader, shown
from nlu.entities.folding import fold

_WISH = re.compile(
    r"(?:帮我|给我|麻烦|我要|我想|想|请)[^,。?!;]{0,8}(?:预约|约|安排|登记)|(?:预约|约)(?:个|一下|下|到|在)|^预约"
    r"|(?<![a-z])(?:i'd like to|i want to|i need to|please|let's|can i) (?:book|schedule|arrange)"
    r"|^(?:book|schedule) "
)
_QUESTION = re.compile(r"怎么|如何|收费|多少|要不要|费用|(?<![a-z])(?:how|cost|price|included)(?![a-z])")


@action("read_visit_wish", gives=("wants_visit",), only_reads=True)
def read_visit_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``wants_visit``: the customer wants a time, rather than to know something about installation."""
    plain = fold(args.get("question") or "")
    asks = _QUESTION.search(plain) is not None
    names_time = args.get("date") is not None or args.get("time") is not None
    return {"wants_visit": not asks and (names_time or _WISH.search(plain) is not None)}


@action("read_visit", gives=("visit_what", "visit_when"), only_reads=True)
def read_visit(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is to be installed and when, as it is read back."""
    return {"visit_what": _what(context, args), "visit_when": _when(context, args)}


@action("register_visit", gives=("due_at",), promises=True)
def register_visit(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a colleague call back about the visit; return ``due_at``, by when."""
    about = " · ".join((_what(context, args), _when(context, args), args["address"]))
    return {"due_at": moment(ask_colleague(context, f"安装 installation: {about}", what="visit"))}


def _what(context: ActionContext, args: Mapping[str, Any]) -> str:
    product = args.get("product")
    if product is None:
        return str(args.get("what") or "")
    return str(catalogue.called(context.conn, [product]).get(product, {}).get(context.language, product))


def _when(context: ActionContext, args: Mapping[str, Any]) -> str:
    """The day and time that were named, in the customer's language, or their own words."""
    if args.get("date") is None and args.get("time") is None:
        return str(args.get("visit") or "")
    reader = Reader(context.language, context.zone, context.now, {})
    if args.get("time") is not None:
        return shown({"moment": args["time"]}, reader)
    return shown(day(datetime.combine(date.fromisoformat(args["date"]), time(12), ZoneInfo(context.zone))), reader)
