"""A small book with a hole in it: flows, replies and actions written inline, and what the proofs say of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from flows.actions import RegisteredAction
from flows.proving.saying import OTHER_LANGUAGE
from flows.proving.static import prove
from flows.replies import Replies
from tests.flows.small import FACTS, SAID_IN_BETWEEN, book_of

SAID_BY_PATTERNS = (*SAID_IN_BETWEEN, "cannot_go_on", "handed_over", "ask_order_no", "ask_digits", "lost", "how")
BUTTONS = {
    "ask_wish": '{text: which, buttons: [{title: this, payload: \'/set{"wish":"{first}"}\'}]}',
    "ask_goes_on": """{text: shall we, buttons: [{title: a, payload: '/set{"goes_on":true}'},
      {title: b, payload: '/set{"goes_on":false}'}]}""",
}


def registered(function: Any, **says: Any) -> RegisteredAction:
    gives, may_give = (frozenset(says.pop(name, ())) for name in ("gives", "may_give"))
    return RegisteredAction(function.__name__, function, gives, may_give, **says)


def hand_over(context: Any, args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def find(context: Any, args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"found": args["order_no"], "eta": args.get("day")}


def spend(context: Any, args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"left": _less(args)}


def _less(given: Mapping[str, Any]) -> int:
    return int(given["points"])


ACTIONS = {
    "hand_over": registered(hand_over),
    "find": registered(find, gives=["found"], may_give=["eta"], outcomes={"found": (True, False)}),
    "spend": registered(spend, gives=["left"], irreversible=True),
}


def problems(folder: Path, flow: str, zh: str = "", en: str | None = None, **others: str) -> list[str]:
    """Return what is wrong with a flow ``tea`` in a small book; ``zh`` and ``en`` are its own replies."""
    replies = folder / "flows" / "replies"
    replies.mkdir(parents=True)
    known = "replies:\n" + "".join(f"  {name}: '{name}'\n" for name in SAID_BY_PATTERNS if name not in BUTTONS)
    known += "".join(f"  {name}: {reply}\n" for name, reply in BUTTONS.items())
    known += "  found: 'found {order_no}'\n"
    for language, own in (("zh", zh), ("en", zh if en is None else en)):
        (replies / f"{language}.yml").write_text(known + own, encoding="utf-8")
    order = ORDER | others
    book = book_of(folder, tea=dedent(flow), **order)
    found = prove(book, Replies.load(replies), ACTIONS, FACTS)
    return [str(one) for one in found if OTHER_LANGUAGE not in one.text]  # one wording does for both languages here


ORDER = {
    "order": """
intents: [track_order]
slots:
  order_no: {entity: order_no, matches: '[A-Z]?\\d{3,}'}
steps:
  - {collect: order_no, help: how}
  - action: find
    next:
      - {if: result.found, then: tell}
      - else: lost
  - {id: tell, say: found, next: end}
  - {id: lost, say: lost}
"""
}
