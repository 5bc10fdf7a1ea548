"""What a member gets for their birthday: the coupon that the shop has named, once a year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import coupons, customers
from crm_store.birthday_dates import kept_on
from crm_store.errors import NotAllowed
from flows.actions import ActionContext, action
from flows.engine.values import day
from flows.loyalty.worth import titles


@action("birthday_benefit", gives=("outcome", "title", "code", "expires_on", "begins_on"), needs_proof=True)
def birthday_benefit(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a verified member the birthday's coupon, once for each of their birthdays.

    Returns ``outcome``: ``given`` or ``had`` (with its ``code`` and end), ``later`` (from ``begins_on``),
    ``used``, ``no_birthday`` (none is on file), ``gone``, ``no_member``, or ``unset`` (the shop has named none).
    """
    nothing = dict.fromkeys(("title", "code", "expires_on", "begins_on"))
    named = context.settings.loyalty.birthday_coupon
    rule = next((one for one in coupons.rules(context.conn) if one.name == named), None)
    if rule is None:
        return nothing | {"outcome": "unset"}
    row: Any = customers.by_id(context.conn, context.customer_id) if context.verified else None
    if row is None or not row.member:
        return nothing | {"outcome": "no_member"}
    known: dict[str, Any] = nothing | {"title": titles(context.conn, [rule], context.language)[0]}
    birthday = customers.birthday_of(row)
    if birthday is None:
        return known | {"outcome": "no_birthday"}
    zone = ZoneInfo(context.zone)
    today = context.now.astimezone(zone).date()
    lasts = timedelta(days=context.settings.loyalty.birthday_days)
    years = [(year, kept) for year in range(today.year - 2, today.year + 2) if (kept := _kept(row, year)) is not None]
    current = next(((year, kept) for year, kept in years if kept <= today < kept + lasts), None)
    if current is None:
        begins = min(kept for _, kept in years if kept > today)
        return known | {"outcome": "later", "begins_on": day(datetime.combine(begins, datetime.min.time(), zone))}
    return known | _given(context, rule.name, *current)


def _given(context: ActionContext, rule: str, year: int, kept: date) -> dict[str, Any]:
    """Issue the coupon of the birthday of this year, or tell of the one that was issued."""
    reference = f"birthday:{context.customer_id}:{year}"
    before = coupons.by_reference(context.conn, reference)
    try:
        row = before or coupons.issue(
            context.conn, context.customer_id, rule, at=context.now, ids=context.ids, reference=reference, by="bot"
        )
    except NotAllowed:
        return {"outcome": "gone"}
    usable = row.state == "issued" and row.expires_at > context.now
    outcome = "given" if before is None else "had" if usable else "used"
    return {"outcome": outcome, "code": row.code, "expires_on": day(row.expires_at)}


def _kept(row: Any, year: int) -> date | None:
    birthday = customers.birthday_of(row)
    return kept_on(birthday, year, on_1_march=row.feb29 == "mar1") if birthday is not None else None
