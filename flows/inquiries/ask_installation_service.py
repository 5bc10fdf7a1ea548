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


_THING = re.compile(
    r"(?:安装|按装|装)(?:一下|一?[个台套张]|那[个台]|我(?:家)?的)?(?!预约|时间|师傅|服务|费|要|吗|吧|呢|的|在|到)"
    r"(?P<zh>[\u4e00-\u9fff]{2,8}?)(?=的|吗|吧|呢|[,.!?;。 ]|$)"
    r"|(?<![a-z])(?:install|fit|assemble|mount|hang|set up|installation (?:of|for))(?: (?:a|an|the|my|our))? "
    r"(?!it\b|this\b|that\b|them\b|on\b|at\b|please\b|for\b)(?P<en>[a-z][a-z -]{1,30}?)"
    r"(?= on\b| at\b| for\b| this\b| next\b| tomorrow\b| today\b| please\b|[,.!?;]|$)"
)


@action("read_visit_wish", gives=("wants_visit", "names_thing"), only_reads=True)
def read_visit_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``wants_visit``: the customer wants a time, rather than to know something about installation.

    ``names_thing``: the message already says what is to be installed.
    """
    plain = fold(args.get("question") or "")
    asks = _QUESTION.search(plain) is not None
    names_time = args.get("date") is not None or args.get("time") is not None
    wants = not asks and (names_time or _WISH.search(plain) is not None)
    return {"wants_visit": wants, "names_thing": _thing(args) is not None}


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
    if args.get("what") is not None or product is None:
        return str(args.get("what") or _thing(args) or "")
    return str(catalogue.called(context.conn, [product]).get(product, {}).get(context.language, product))


def _thing(args: Mapping[str, Any]) -> str | None:
    """Return what the first message says is to be installed, in the customer's words."""
    question = args.get("question") or ""
    found = _THING.search(fold(question))
    return None if found is None else question[slice(*found.span(found.lastgroup or 0))].strip()


def _when(context: ActionContext, args: Mapping[str, Any]) -> str:
    """The day and time that were named, in the customer's language, or their own words."""
    if args.get("date") is None and args.get("time") is None:
        return str(args.get("visit") or "")
    reader = Reader(context.language, context.zone, context.now, {})
    if args.get("time") is not None:
        return shown({"moment": args["time"]}, reader)
    return shown(day(datetime.combine(date.fromisoformat(args["date"]), time(12), ZoneInfo(context.zone))), reader)
