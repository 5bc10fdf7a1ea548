"""What is off the price: the customer's own coupons, and the offers that the shop tells to anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm_store import catalogue, coupons
from flows.actions import ActionContext, action
from flows.engine.values import Tagged, day, money, phrase

MOST_SHOWN = 4


@action("list_offers", gives=("offer_count", "own_count"), may_give=("offers", "own"), only_reads=True, sells="asked")
def list_offers(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``offers`` that hold now, and the coupons that a verified customer has (``own``).

    An offer is a coupon rule that the shop calls public, of which some are left.
    """
    public = list(_public(context))
    own = list(_own(context)) if context.verified else []
    return {
        "offer_count": len(public), "offers": public[:MOST_SHOWN],
        "own_count": len(own), "own": own[:MOST_SHOWN],
    }  # fmt: skip


def _public(context: ActionContext) -> Iterator[dict[str, Any]]:
    named = context.settings.products.public_offers
    for rule in coupons.rules(context.conn) if named else ():
        if rule.name in named and (rule.stock is None or rule.issued < rule.stock):
            yield {"worth": _worth(context, rule), "price": _price(rule)}


def _own(context: ActionContext) -> Iterator[dict[str, Any]]:
    for coupon in coupons.of_customer(context.conn, context.customer_id):
        if coupon.state == "issued" and coupon.expires_at > context.now:
            yield {"worth": _worth(context, coupon), "code": coupon.code, "until": day(coupon.expires_at)}


def _worth(context: ActionContext, row: Any) -> Tagged:
    """Return what a coupon or its rule (a row) is worth, as a phrase."""
    if row.kind == "product":
        names = catalogue.called(context.conn, [row.sku]).get(row.sku, {})
        return phrase("offer_product", what=names.get(context.language, row.sku))
    currency = row.currency or ""
    least = money(row.min_spend, currency) if row.min_spend is not None and currency else None
    value = money(row.value, currency) if row.kind == "amount" else f"{row.value.normalize():f}%"
    return phrase("offer_off_from", value=value, least=least) if least else phrase("offer_off", value=value)


def _price(rule: Any) -> Tagged:
    return phrase("offer_for_points", points=rule.points) if rule.points is not None else phrase("offer_free")
