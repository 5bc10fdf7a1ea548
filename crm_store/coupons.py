"""Coupons: what the shop offers, who got which, and that each is used once.

A rule says what a coupon is worth and how many there are. A coupon keeps what its rule
said when it was issued, so a rule that changes changes nothing that a customer holds.
It goes ``issued`` → ``reserved`` (for an order that is being paid) → ``used``, and back
while that may be undone; or it is ``cancelled`` or ``expired``. Everything is told in the
history as ``coupon.issued``, ``reserved``, ``released``, ``used``, ``returned``, ``cancelled``
or ``expired``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import coupon_codes, customers, history
from crm_store.base import Base, Exact, UtcDateTime, table_of
from crm_store.errors import ChangedMeanwhile, NotAllowed
from crm_store.origins import bringing, side_column
from crm_store.ports import Ids
from crm_store.sealing import SealedJson

Kind = Literal["amount", "percent", "product"]
KEPT_REFERENCE = "kept:"
"""How a reference begins of which only a hash is left."""
STATES = ("issued", "reserved", "used", "cancelled", "expired")
_CENT = Decimal("0.01")


class CouponRule(Base):
    """What can be issued under a name; ``issued`` counts what was, less what was cancelled."""

    __tablename__ = "coupon_rules"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(Exact)
    currency: Mapped[str | None]
    sku: Mapped[str | None]
    min_spend: Mapped[Decimal | None] = mapped_column(Exact)
    valid_s: Mapped[int]
    undo_s: Mapped[int]
    per_customer: Mapped[int | None]
    stock: Mapped[int | None]
    issued: Mapped[int]
    points: Mapped[int | None]


class Coupon(Base):
    """One coupon of one customer; ``order_no`` is the order that it is reserved for or was used by."""

    __tablename__ = "coupons"

    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str] = mapped_column(ForeignKey("coupon_rules.name"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    state: Mapped[str]
    kind: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(Exact)
    currency: Mapped[str | None]
    sku: Mapped[str | None]
    min_spend: Mapped[Decimal | None] = mapped_column(Exact)
    undo_s: Mapped[int]
    reference: Mapped[str | None] = mapped_column(unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    order_no: Mapped[str | None]
    reserved_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attributes: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """What a list says of it under names of the shop's own; sealed, as with orders."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_coupons_customer_id", "customer_id", "issued_at"),
        Index(
            "ix_coupons_expiring", "expires_at",
            sqlite_where=text("state = 'issued'"), postgresql_where=text("state = 'issued'"),
        ),
        Index(
            "ix_coupons_reserved", "reserved_until",
            sqlite_where=text("state = 'reserved'"), postgresql_where=text("state = 'reserved'"),
        ),
        Index(
            "ix_coupons_order_no", "order_no",
            sqlite_where=text("order_no IS NOT NULL"), postgresql_where=text("order_no IS NOT NULL"),
        ),
    )  # fmt: skip


coupon_rules = table_of(CouponRule)
coupons = table_of(Coupon)

_PUT = insert(coupon_rules)
_DEFINE = _PUT.on_conflict_do_update(
    index_elements=["name"],
    set_={one.name: _PUT.excluded[one.name] for one in coupon_rules.c if one.name not in ("name", "issued")},
    where=or_(_PUT.excluded.stock.is_(None), coupon_rules.c.issued <= _PUT.excluded.stock),
).returning(coupon_rules.c.name)  # fmt: skip
_RULE = select(coupon_rules).where(coupon_rules.c.name == bindparam("key"))
_RULES = select(coupon_rules).order_by(coupon_rules.c.name)
_TAKE_ONE = (
    update(coupon_rules)
    .where(
        coupon_rules.c.name == bindparam("key"),
        or_(coupon_rules.c.stock.is_(None), coupon_rules.c.issued < coupon_rules.c.stock),
    )
    .values(issued=coupon_rules.c.issued + 1)
)
_PUT_ONE_BACK = (
    update(coupon_rules).where(coupon_rules.c.name == bindparam("key")).values(issued=coupon_rules.c.issued - 1)
)
_ADD = insert(coupons)
_BY_CODE = select(coupons).where(coupons.c.code == bindparam("code"))
_OF_ORDER = select(coupons.c.code).where(
    coupons.c.order_no == bindparam("order_no"), text("coupons.order_no IS NOT NULL")
).order_by(coupons.c.code)  # fmt: skip
_BY_REFERENCE = select(coupons).where(coupons.c.reference.in_((bindparam("reference"), bindparam("kept"))))
_OF = select(coupons).where(coupons.c.customer_id == bindparam("customer_id")).order_by(
    coupons.c.issued_at, coupons.c.id
)  # fmt: skip
_HELD = select(func.count()).where(
    coupons.c.customer_id == bindparam("customer_id"),
    coupons.c.rule == bindparam("key"),
    coupons.c.state != "cancelled",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule as the shop makes it: ``value`` is money off, or percent, or None where it is the product ``sku``.

    ``min_spend`` is what an order has to come to, ``valid_for`` how long a coupon is good,
    ``undo_within`` how long after its use, or its issue, that can be undone; ``points`` what
    one costs where it is redeemed. None is no limit, and no price.

    Raises:
        ValueError: it could not be meant.
    """

    name: str
    kind: Kind
    value: Decimal | None = None
    currency: str | None = None
    sku: str | None = None
    min_spend: Decimal | None = None
    valid_for: timedelta = timedelta(days=30)
    undo_within: timedelta = timedelta(days=7)
    per_customer: int | None = None
    stock: int | None = None
    points: int | None = None

    def __post_init__(self) -> None:
        if self.kind == "product":
            fits = self.sku is not None and self.value is None
        else:
            fits = self.value is not None and self.value > 0 and (self.kind == "amount" or self.value <= 100)
        if not fits or (self.kind == "amount" and self.currency is None):
            raise ValueError("a coupon is worth money in a currency, up to 100 percent, or a product by its sku")
        if any(limit is not None and limit <= 0 for limit in (self.per_customer, self.stock, self.points)):
            raise ValueError("per_customer, stock and points are at least one, or left out")


def define(conn: Connection, offer: Offer) -> None:
    """Make a rule, or change one; what was issued stays as it was.

    Raises:
        NotAllowed: more were issued than there would be (code ``stock_issued``).
    """
    row = {
        "name": offer.name, "kind": offer.kind, "value": offer.value, "currency": offer.currency, "sku": offer.sku,
        "min_spend": offer.min_spend, "valid_s": int(offer.valid_for.total_seconds()),
        "undo_s": int(offer.undo_within.total_seconds()), "per_customer": offer.per_customer, "stock": offer.stock,
        "issued": 0, "points": offer.points,
    }  # fmt: skip
    if conn.execute(_DEFINE, row).first() is None:
        raise NotAllowed(f"more of {offer.name} were issued than the stock would be", code="stock_issued")


def rule_named(conn: Connection, name: str) -> Any:
    """Return the row of a rule.

    Raises:
        NotAllowed: there is none (code ``no_coupon_rule``).
    """
    row = conn.execute(_RULE, {"key": name}).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no coupon {name}", code="no_coupon_rule")
    return row


def rules(conn: Connection) -> list[Any]:
    """Return the rows of all rules, by name."""
    return list(conn.execute(_RULES))


def issue(
    conn: Connection, customer_id: str, rule: str, *, at: datetime, ids: Ids, reference: str, by: str = "system",
    code: str | None = None, expires_at: datetime | None = None, attributes: Mapping[str, str] | None = None,
) -> Any:  # fmt: skip
    """Give a customer a coupon, once by ``reference``; return its row.

    ``code`` is what it is called already, where it was printed elsewhere, and ``expires_at``
    its end where that is not the rule's; ``attributes`` is what else is said of it.

    Raises:
        NotAllowed: there is no such rule (code ``no_coupon_rule``), the customer has had as many as
            one may (``coupon_limit``), none is left (``coupon_gone``), another coupon is called so
            (``coupon_code_taken``), or somebody else got one by this reference (``reference_taken``);
            nothing has changed.
    """
    customers.hold(conn, customer_id)
    known = by_reference(conn, reference)
    if known is not None:
        if known.customer_id != customer_id:
            raise NotAllowed("this reference names a coupon of somebody else", code="reference_taken")
        return known
    offered = rule_named(conn, rule)
    if code is not None and conn.execute(_BY_CODE, {"code": code}).first() is not None:
        raise NotAllowed("there is a coupon with this code already", code="coupon_code_taken")
    held = int(conn.execute(_HELD, {"customer_id": customer_id, "key": rule}).scalar_one())
    if offered.per_customer is not None and held >= offered.per_customer:
        raise NotAllowed(f"nobody gets more than {offered.per_customer} of {rule}", code="coupon_limit")
    if conn.execute(_TAKE_ONE, {"key": rule}).rowcount != 1:
        raise NotAllowed(f"no {rule} is left", code="coupon_gone")
    code = code or coupon_codes.new_code(ids)
    worth = {name: getattr(offered, name) for name in ("kind", "value", "currency", "sku", "min_spend", "undo_s")}
    row = {
        "id": ids.new(), "code": code, "rule": rule, "customer_id": customer_id, "state": "issued",
        "reference": reference, "issued_at": at,
        "expires_at": expires_at or at + timedelta(seconds=offered.valid_s),
        "attributes": dict(attributes or {}) or None,
    }  # fmt: skip
    conn.execute(_ADD, row | worth)
    issued = by_code(conn, code)
    tell(conn, issued, "issued", at=at, by=by, expires_at=issued.expires_at.isoformat())
    return issued


def by_code(conn: Connection, code: str) -> Any:
    """Return the coupon's row.

    Raises:
        NotAllowed: there is none (code ``no_coupon``).
    """
    row = conn.execute(_BY_CODE, {"code": code}).one_or_none()
    if row is None:
        raise NotAllowed("there is no such coupon", code="no_coupon")
    return row


def by_reference(conn: Connection, reference: str) -> Any | None:
    """Return the coupon that was issued by this reference, or None."""
    return conn.execute(_BY_REFERENCE, {"reference": reference, "kept": kept_reference(reference)}).one_or_none()


def describe(conn: Connection, row: Any, attributes: Mapping[str, str]) -> bool:
    """Keep what else is said of a coupon, beside what was said before; return whether that is anything new."""
    known = row.attributes or {}
    if not (new := dict(known) | dict(attributes)) or new == known:
        return False
    conn.execute(update(coupons).where(coupons.c.id == row.id).values(attributes=new))
    return True


def kept_reference(reference: str) -> str:
    """Return what is left of a reference when its words have gone: by that its coupon is known again."""
    return KEPT_REFERENCE + sha256(reference.encode()).hexdigest()[:32]


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the rows of a customer's coupons, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def of_order(conn: Connection, order_no: str) -> list[str]:
    """Return the codes of the coupons that an order uses or keeps for itself."""
    return list(conn.execute(_OF_ORDER, {"order_no": order_no}).scalars())


def as_json(row: Any) -> dict[str, Any]:
    """Return a coupon as others see it."""
    return {
        "code": row.code, "rule": row.rule, "state": row.state, "kind": row.kind,
        "value": None if row.value is None else f"{row.value:f}", "currency": row.currency, "sku": row.sku,
        "min_spend": None if row.min_spend is None else f"{row.min_spend:f}",
        "issued_at": row.issued_at.isoformat(), "expires_at": row.expires_at.isoformat(), "order_no": row.order_no,
        **({"attributes": row.attributes} if row.attributes else {}),
    }  # fmt: skip


def discount(row: Any, spend: Decimal) -> Decimal:
    """Return what a coupon takes off an order of ``spend``, never more than that; a product has no price here."""
    if row.kind == "product":
        return Decimal(0)
    if row.kind == "percent":
        return (spend * Decimal(row.value) / 100).quantize(_CENT, ROUND_HALF_UP)
    return min(Decimal(row.value), spend)


def held(conn: Connection, code: str) -> Any:
    """Return a coupon's row, with nobody else writing about its customer until the transaction ends."""
    customer = by_code(conn, code).customer_id
    customers.hold(conn, customer)
    row = by_code(conn, code)
    if row.customer_id != customer:
        raise ChangedMeanwhile("the coupon has just become somebody else's")
    return row


def put_one_back(conn: Connection, rule: str) -> None:
    """One of a rule was cancelled, and somebody else may have it."""
    conn.execute(_PUT_ONE_BACK, {"key": rule})


def set_state(conn: Connection, row: Any, state: str, **columns: Any) -> None:
    """Bring a coupon that is held from where it stands to ``state``."""
    there = coupons.c.id == row.id, coupons.c.state == row.state
    if conn.execute(update(coupons).where(*there).values(state=state, **columns)).rowcount != 1:
        raise ChangedMeanwhile("the coupon has just become something else")


def tell(conn: Connection, row: Any, step: str, *, at: datetime, by: str, **more: Any) -> None:
    """Write into the history what became of a coupon."""
    about: Mapping[str, Any] = {
        "coupon": row.code, "rule": row.rule, "value": None if row.value is None else f"{row.value:f}",
        "order_no": row.order_no,
    }  # fmt: skip
    with bringing(row.side):  # should its customer be two again, the steps go with the coupon
        history.record(conn, at=at, kind=f"coupon.{step}", by=by, customer_id=row.customer_id, data={**about, **more})
