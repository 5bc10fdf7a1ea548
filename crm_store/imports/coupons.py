"""Coupons of a list, which customers hold already: issued as the list says, and used where it names the order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from crm_store import coupon_use, coupons, customers
from crm_store.errors import NotAllowed
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched
from crm_store.imports.lookups import brought_to, customer_named
from crm_store.imports.outcomes import RowRefused, RowResult
from crm_store.ports import Ids

COLUMNS = ("customer_id", "coupon", "code", "issued_at", "expires_at", "order_no", "used_at", "reference")
REQUIRED = ("customer_id", "coupon")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{3,39}")
_FIELDS = {
    "no_coupon_rule": ("coupon", "make it by shuke coupon define, or correct its name"),
    "coupon_limit": ("coupon", "let shuke coupon define allow more for each customer, or leave the row out"),
    "coupon_gone": ("coupon", "let shuke coupon define have more of them, or leave the row out"),
    "coupon_code_taken": ("code", "give each coupon a code of its own"),
    "reference_taken": ("reference", "give each coupon a reference of its own"),
    "order_ended": ("order_no", "leave order_no and used_at out: the coupon is free again"),
}
"""The column that stands in the way of each refusal, and the mend."""


@dataclass(frozen=True, slots=True)
class CouponRow:
    """One coupon; ``reference`` is its name, by which it is issued once."""

    customer_no: str
    rule: str
    code: str | None
    issued_at: datetime
    expires_at: datetime | None
    order_no: str | None
    used_at: datetime | None
    reference: str
    others: dict[str, str] = field(default_factory=dict)
    """Columns that are not ours."""

    def touches(self) -> Touched:
        """Return what it writes about."""
        return Touched(customers=frozenset({self.customer_no}), rules=frozenset({self.rule}))

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Issue the coupon unless it is known, and use it where the row says so and it is not used yet.

        What was used is not looked at again by the rule's own terms: the shop has taken it.
        """
        customer, side = customer_named(conn, self.customer_no)
        customers.hold(conn, customer)
        known = coupons.by_reference(conn, self.reference)
        try:
            with conn.begin_nested(), brought_to(side):
                row = coupons.issue(
                    conn, customer, self.rule, at=self.issued_at, ids=ids, reference=self.reference, by="import",
                    code=self.code, expires_at=self.expires_at, attributes=self.others,
                )  # fmt: skip
                described = coupons.describe(conn, row, self.others)
                changed = self._use(conn, row) or described
        except NotAllowed as refusal:
            if known is not None and refusal.code == "order_ended":
                return RowResult.UNCHANGED  # it was used, as the row says, and has come back since
            column, mend = _FIELDS.get(refusal.code, ("order_no", "correct the row, or leave order_no and used_at out"))
            raise RowRefused(column, str(refusal), mend) from None
        if known is None:
            return RowResult.ADDED
        return RowResult.CHANGED if changed else RowResult.UNCHANGED

    def _use(self, conn: Connection, row: Any) -> bool:
        if self.order_no is None or (row.state == "used" and row.order_no == self.order_no):
            return False
        at = self.used_at or self.issued_at
        coupon_use.use(conn, row.code, self.order_no, row.min_spend or Decimal(0), at=at, by="import")
        return True


def read(cells: Cells) -> CouponRow:
    """Read a row; `RowRefused` names the column that cannot be read."""
    customer_no, rule = cells.required("customer_id"), cells.required("coupon")
    code = cells.text("code")
    if code is not None and _CODE.fullmatch(code) is None:
        raise RowRefused("code", "cannot be typed as one", "write 4 to 40 letters, digits, - and _")
    issued_at = cells.moment("issued_at") or cells.now
    expires_at = cells.moment("expires_at", until_end_of_day=True)
    order_no, used_at = cells.text("order_no"), cells.moment("used_at")
    if expires_at is not None and expires_at <= issued_at:
        raise RowRefused("expires_at", "lies before it was issued", "write a later day, or leave it empty")
    if used_at is not None and order_no is None:
        raise RowRefused("order_no", "is empty, and the coupon was used", "name the order, or leave used_at empty")
    if used_at is not None and used_at < issued_at:
        raise RowRefused("used_at", "lies before it was issued", "correct one of the two")
    reference = cells.text("reference") or (f"code:{code}" if code else None)
    if reference is None:
        raise RowRefused("reference", "is empty, as is code", "give one of the two, so that it is issued once")
    return CouponRow(
        customer_no, rule, code, issued_at, expires_at, order_no, used_at, reference, cells.others(COLUMNS)
    )
