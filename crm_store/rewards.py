"""What points buy in a chat: coupons with a price, each redeemed once, and undone within a time.

Rewards are the coupon rules that have a price in points, and vouchers: money off at a
price that the settings name, whose rules are made when the first one is redeemed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from crm_store import coupon_use, coupons, customers
from crm_store.coupons import Offer
from crm_store.errors import NotAllowed
from crm_store.points_refunds import GRACE
from crm_store.ports import Ids

_VOUCHER = "voucher:"
_IN_CHAT = "chat:"


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Money off (in ``currency``) by points, each good for so many ``days``."""

    worth: Mapping[int, Decimal]
    currency: str
    days: int

    def offers(self) -> dict[str, Offer]:
        """Return their rules, by name."""
        return {
            f"{_VOUCHER}{points}": Offer(
                f"{_VOUCHER}{points}", "amount", value, currency=self.currency, valid_for=timedelta(days=self.days),
                points=points,
            )
            for points, value in self.worth.items()
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reward:
    """What a customer may redeem; ``refused`` says why they may not: all are gone, or they had as many as one may."""

    rule: str
    kind: str
    value: Decimal | None
    currency: str | None
    sku: str | None
    min_spend: Decimal | None
    points: int
    refused: Literal["gone", "limit"] | None


def rewards(conn: Connection, customer_id: str, vouchers: Vouchers) -> list[Reward]:
    """Return everything that points buy, the cheapest first."""
    named = vouchers.offers()
    rules = [row for row in coupons.rules(conn) if row.points is not None and not row.name.startswith(_VOUCHER)]
    had = [row.rule for row in coupons.of_customer(conn, customer_id) if row.state != "cancelled"]
    found = [
        Reward(row.name, row.kind, row.value, row.currency, row.sku, row.min_spend, row.points, _refused(row, had))
        for row in rules
    ]
    found += [
        Reward(name, "amount", one.value, one.currency, None, None, one.points, None)
        for name, one in named.items() if one.points is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.points, one.rule))


def redeem(
    conn: Connection, customer_id: str, reward: Reward, vouchers: Vouchers, *, at: datetime, ids: Ids, message: str
) -> Any:
    """Give a reward for its points, both or neither, once by the ``message`` that asked for it; return the coupon.

    Raises:
        NotEnoughPoints: there are fewer than it costs; nothing has changed.
        NotAllowed: all are gone, or they had as many as one may (see `coupons.issue`); nothing has changed.
    """
    customers.hold(conn, customer_id)
    offer = vouchers.offers().get(reward.rule)
    if offer is not None and not _is_made(conn, offer):
        coupons.define(conn, offer)
    reference = f"{_IN_CHAT}{message}"
    return coupon_use.redeem(conn, customer_id, reward.rule, at=at, ids=ids, reference=reference, by="customer")


def lately(conn: Connection, customer_id: str, since: datetime) -> Any | None:
    """Return the coupon that the customer redeemed last in a chat, at ``since`` or later, unless it was undone.

    Only the last one: a button that is pressed twice must not undo what was redeemed before it.
    """
    in_chat = [row for row in coupons.of_customer(conn, customer_id) if (row.reference or "").startswith(_IN_CHAT)]
    last = in_chat[-1] if in_chat else None
    return last if last is not None and last.state != "cancelled" and last.issued_at >= since else None


def undo(
    conn: Connection, customer_id: str, *, since: datetime, at: datetime, ids: Ids, grace: timedelta = GRACE
) -> tuple[Any, int]:
    """Take back what was redeemed last, at ``since`` or later; return the coupon's row and the points that came back.

    The points go into the very lots that they were taken from.

    Raises:
        NotAllowed: nothing was redeemed since (code ``nothing_redeemed``), or it is no more to be had
            (``coupon_used``, ``coupon_reserved``, ``coupon_expired``, ``coupon_undo_late``); nothing has changed.
    """
    customers.hold(conn, customer_id)
    row = lately(conn, customer_id, since)
    if row is None:
        raise NotAllowed("nothing was redeemed that could be undone", code="nothing_redeemed")
    return row, coupon_use.cancel(conn, row.code, at=at, ids=ids, grace=grace, by="customer")


def _refused(rule: Any, had: list[str]) -> Literal["gone", "limit"] | None:
    if rule.stock is not None and rule.issued >= rule.stock:
        return "gone"
    if rule.per_customer is not None and had.count(rule.name) >= rule.per_customer:
        return "limit"
    return None


def _is_made(conn: Connection, offer: Offer) -> bool:
    """Return whether a voucher's rule stands as the settings say now: written again it would make others wait."""
    row = next((one for one in coupons.rules(conn) if one.name == offer.name), None)
    return row is not None and (row.points, row.value, row.currency, row.valid_s) == (
        offer.points, offer.value, offer.currency, int(offer.valid_for.total_seconds()),
    )  # fmt: skip
