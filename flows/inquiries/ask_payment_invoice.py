"""Tell a wish for an invoice from a question about invoices, and pass the wish on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flows.actions import ActionContext, action
from flows.asking import ask_colleague
from flows.engine.values import moment
from nlu.entities.folding import fold

_INVOICE = r"(?:发票|专票|普票|收据|invoice|receipt|fapiao)"
_WISH = re.compile(
    rf"(?:帮我|给我|麻烦|请|我要|想要?|补|需要)[^,。?!;]{{0,12}}{_INVOICE}|(?:补|重)?开(?:一?张|个|下)[^,。?!;]{{0,8}}{_INVOICE}"
    rf"|(?<![a-z])(?:i need|i'd like|i would like|please|send me|email me|issue)(?: [\w']+){{0,6}} {_INVOICE}"
    rf"|{_INVOICE}[^,。?!;]{{0,20}}(?:please|pls)"
)
_QUESTION = re.compile(
    r"怎么|如何|能不能|能[^,。?!;]{0,10}[吗么不]|可以|吗|[?？]|多久|哪里|在哪|什么|(?<![a-z])(?:how|can|could|do|does|where|when|what|is)(?![a-z])"
)


_BUYER = re.compile(
    r"抬头(?:是|为|写|开)?[:： ]*(?P<zh>[^,.!?;: ].{1,80})$"
    r"|(?:made out to|in the name of|company name(?: is)?|to the company)[: ]+(?P<en>\S.{1,80})$"
)


@action("read_invoice_wish", gives=("wants_invoice", "names_buyer"), only_reads=True)
def read_invoice_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``wants_invoice``: the customer wants one written, rather than to know something about them.

    ``names_buyer``: the message already says whose name goes on it.
    """
    plain = fold(args.get("question") or "")
    names_order = args.get("order_no") is not None and re.search(_INVOICE, plain) is not None
    wishes = _WISH.search(plain) is not None and _QUESTION.search(plain) is None
    return {"wants_invoice": names_order or wishes, "names_buyer": _buyer(args) is not None}


@action("read_invoice", gives=("buyer",), only_reads=True)
def read_invoice(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``buyer`` whose name goes on the invoice, as it is read back."""
    return {"buyer": args.get("invoice_for") or _buyer(args) or ""}


def _buyer(args: Mapping[str, Any]) -> str | None:
    question = args.get("question") or ""
    found = _BUYER.search(fold(question))
    return None if found is None else question[slice(*found.span(found.lastgroup or 0))].strip()


@action("register_invoice", gives=("due_at",), promises=True)
def register_invoice(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a colleague see to the invoice; return ``due_at``, by when they answer."""
    about = f"{args['order_no']} · {args.get('invoice_for') or _buyer(args) or ''}"
    return {"due_at": moment(ask_colleague(context, f"发票 invoice: {about}", what="invoice"))}
