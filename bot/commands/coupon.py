"""`shuke coupon`: what coupons there are, who gets one, and that each is used once; audited with the OS user."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from crm_store import audit, coupon_use, coupons
from crm_store.coupons import Offer
from crm_store.ports import Ids, SystemClock, Ulids
from crm_store.showing import find_customer
from crm_store.unit_of_work import Store

Customer = Annotated[str, typer.Argument(help="A customer_id, an id or CHANNEL:USER.")]
Rule = Annotated[str, typer.Argument(help="What it is called, such as ten-off.")]
Code = Annotated[str, typer.Argument(help="The coupon's code, such as K7QM-2XR9-DT4H.")]
Order = Annotated[str, typer.Argument(help="The order's number.")]


def add_to(app: typer.Typer) -> None:
    coupon = typer.Typer(help="Coupons.", no_args_is_help=True, rich_markup_mode=None)
    for name, command in (
        ("define", define), ("rules", rules), ("issue", issue), ("list", list_), ("use", use), ("undo", undo),
        ("cancel", cancel),
    ):  # fmt: skip
        coupon.command(name)(command)
    app.add_typer(coupon, name="coupon")


def define(
    context: typer.Context,
    name: Rule,
    kind: Annotated[Literal["amount", "percent", "product"], typer.Option(help="What it is worth.")],
    value: Annotated[str | None, typer.Option(help="Money off, or percent.")] = None,
    sku: Annotated[str | None, typer.Option(help="The product that it is good for.")] = None,
    min_spend: Annotated[str | None, typer.Option(help="What an order has to come to.")] = None,
    days: Annotated[int, typer.Option(help="How long one is good.", min=1, max=3650)] = 30,
    undo_days: Annotated[int, typer.Option(help="How long its use can be undone.", min=0, max=3650)] = 7,
    each: Annotated[int | None, typer.Option(help="How many a customer gets at most.")] = None,
    stock: Annotated[int | None, typer.Option(help="How many there are.")] = None,
    points: Annotated[int | None, typer.Option(help="How many points one costs who redeems points for it.")] = None,
) -> None:
    """Make a coupon that can be issued, or change it; what customers hold stays as it was.

    Example: ./shuke coupon define ten-off --kind amount --value 10 --min-spend 50 --points 100
    """
    settings = options(context).settings()
    try:
        offer = Offer(
            name, kind, _amount("--value", value), currency=settings.shop.currency if kind == "amount" else None,
            sku=sku, min_spend=_amount("--min-spend", min_spend), valid_for=timedelta(days=days),
            undo_within=timedelta(days=undo_days), per_customer=each, stock=stock, points=points,
        )  # fmt: skip
    except ValueError as exc:
        raise ShukeError(f"{name}: {exc}; give --value with amount or percent, --sku with product") from None
    with open_store(settings) as store:
        store.run_now(_define, offer, SystemClock().now())
    console.print(f"{name} can be issued", markup=False)


def rules(context: typer.Context) -> None:
    """Show what coupons can be issued, and how many have been.

    Example: ./shuke coupon rules
    """
    with open_store(options(context).settings()) as store:
        found = store.read_now(coupons.rules)
    if options(context).json:
        show_json([one._asdict() for one in found])
        return
    for one in found:
        of = f" of {one.stock}" if one.stock is not None else ""
        price = f", {one.points} points" if one.points is not None else ""
        console.print(f"{one.name:<20} {_worth(one)}{price}; {one.issued}{of} issued", markup=False)
    if not found:
        console.print("there are no coupons; make one with shuke coupon define NAME --kind …", markup=False)


def issue(
    context: typer.Context,
    customer: Customer,
    rule: Rule,
    for_points: Annotated[bool, typer.Option("--for-points", help="They pay for it with points.")] = False,
    reference: Annotated[
        str | None, typer.Option(help="Names this coupon: called again with it, no other is issued.")
    ] = None,
) -> None:
    """Give a customer a coupon; prints its code.

    Example: ./shuke coupon issue C1001 ten-off
    Example: ./shuke coupon issue C1001 ten-off --for-points
    """
    clock = SystemClock()
    ids = Ulids(clock)
    with open_store(options(context).settings()) as store:
        key = _found(store, customer)
        row = store.run_now(
            _issue, key, rule, for_points=for_points, reference=reference or f"hand:{ids.new()}", now=clock.now(),
            ids=ids,
        )  # fmt: skip
    if options(context).json:
        show_json(coupons.as_json(row))
    else:
        console.print(f"{row.code}: {_worth(row)}, until {row.expires_at:%Y-%m-%d}", markup=False)


def list_(context: typer.Context, customer: Customer) -> None:
    """Show a customer's coupons, oldest first.

    Example: ./shuke coupon list C1001
    """
    with open_store(options(context).settings()) as store:
        key = _found(store, customer)
        found = store.run_now(_seen, key, SystemClock().now())
    if options(context).json:
        show_json([coupons.as_json(one) for one in found])
        return
    for one in found:
        order = f" {one.order_no}" if one.order_no else ""
        console.print(
            f"{one.code}  {one.state}{order}  {one.rule}: {_worth(one)}, until {one.expires_at:%Y-%m-%d}", markup=False
        )
    if not found:
        console.print(f"{customer} has no coupons", markup=False)


def use(
    context: typer.Context,
    code: Code,
    order_no: Order,
    spend: Annotated[str, typer.Option(help="What the order comes to before the coupon.")],
) -> None:
    """Use a coupon for an order, once; prints what it takes off.

    Example: ./shuke coupon use K7QM-2XR9-DT4H A20001 --spend 80
    """
    amount = _amount("--spend", spend)
    assert amount is not None
    with open_store(options(context).settings()) as store:
        off = store.run_now(_use, code, order_no, amount, SystemClock().now())
    if options(context).json:
        show_json({"code": code, "order_no": order_no, "off": str(off)})
    else:
        console.print(f"{code} is used by {order_no} and takes {off} off", markup=False)


def undo(context: typer.Context, code: Code, order_no: Order) -> None:
    """Give a coupon back that an order has used; one that was cancelled or refunded does so by itself.

    Example: ./shuke coupon undo K7QM-2XR9-DT4H A20001
    """
    with open_store(options(context).settings()) as store:
        store.run_now(_undo, code, order_no, SystemClock().now())
    console.print(f"{code} can be used again", markup=False)


def cancel(context: typer.Context, code: Code) -> None:
    """Take a coupon back that is not used; points paid for it come back.

    Example: ./shuke coupon cancel K7QM-2XR9-DT4H
    """
    clock, settings = SystemClock(), options(context).settings()
    with open_store(settings) as store:
        back = store.run_now(_cancel, code, clock.now(), Ulids(clock), settings.points.grace)
    console.print(f"{code} is cancelled" + (f", {back} points came back" if back else ""), markup=False)


def _define(conn: Connection, offer: Offer, now: datetime) -> None:
    coupons.define(conn, offer)
    audit.record(conn, at=now, by=os_user(), action="define_coupon", name=offer.name)


def _issue(conn: Connection, key: str, rule: str, *, for_points: bool, reference: str, now: datetime, ids: Ids) -> Any:
    give = coupon_use.redeem if for_points else coupons.issue
    row = give(conn, key, rule, at=now, ids=ids, reference=reference, by=os_user())
    audit.record(conn, at=now, by=os_user(), action="issue_coupon", customer_id=key, coupon=row.code)
    return row


def _seen(conn: Connection, key: str, now: datetime) -> list[Any]:
    audit.record(conn, at=now, by=os_user(), action="see_customer", customer_id=key)
    return coupons.of_customer(conn, key)


def _use(conn: Connection, code: str, order_no: str, spend: Decimal, now: datetime) -> Decimal:
    off = coupon_use.use(conn, code, order_no, spend, at=now, by=os_user())
    _note(conn, "use_coupon", code, now)
    return off


def _undo(conn: Connection, code: str, order_no: str, now: datetime) -> None:
    coupon_use.undo(conn, code, order_no, at=now, by=os_user())
    _note(conn, "undo_coupon", code, now)


def _cancel(conn: Connection, code: str, now: datetime, ids: Ids, grace: timedelta) -> int:
    back = coupon_use.cancel(conn, code, at=now, ids=ids, grace=grace, by=os_user())
    _note(conn, "cancel_coupon", code, now)
    return back


def _note(conn: Connection, action: str, code: str, now: datetime) -> None:
    whose = coupons.by_code(conn, code).customer_id
    audit.record(conn, at=now, by=os_user(), action=action, customer_id=whose, coupon=code)


def _found(store: Store, named: str) -> str:
    key = store.read_now(find_customer, named)
    if key is None:
        raise ShukeError(f"{named}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
    return key


def _amount(option: str, written: str | None) -> Decimal | None:
    if written is None:
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ShukeError(f"{option} {written}: is no amount; write one such as 19.90")
    return amount


def _worth(row: Any) -> str:
    """Say what a coupon, or one of a rule, is worth."""
    match row.kind:
        case "product":
            what = f"a {row.sku}"
        case "percent":
            what = f"{row.value:f} % off"
        case _:
            what = f"{row.value:f} {row.currency} off"
    return what + (f" from {row.min_spend:f} on" if row.min_spend is not None else "")
