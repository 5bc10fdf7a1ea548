"""What a coupon is worth, in words of ours."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from crm_store import catalogue
from flows.engine.values import Tagged, money, phrase


def titles(conn: Connection, many: list[Any], language: str) -> list[Tagged]:
    """Return what each of these is called; rewards, coupons and rules all say what they are worth in the same names."""
    called = catalogue.called(conn, {one.sku for one in many if one.sku is not None})
    return [_title(one, called, language) for one in many]


def _title(one: Any, called: Mapping[str, Mapping[str, str]], language: str) -> Tagged:
    from_on = {} if one.min_spend is None else {"from_on": f"{one.min_spend.normalize():f}"}
    suffix = "_from" if from_on else ""
    if one.kind == "product":
        return phrase("product", product=called.get(one.sku, {}).get(language) or one.sku)
    value = Decimal(one.value)
    if one.kind == "percent":
        paid = ((100 - value) / 10).normalize()
        return phrase(f"percent{suffix}", percent=f"{value.normalize():f}", paid=f"{paid:f}", **from_on)
    return phrase(f"amount{suffix}", value=money(_plain(value), one.currency), **from_on)


def _plain(value: Decimal) -> Decimal:
    """Return ¥5 for 5.00, and ¥5.50 as it is."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.quantize(Decimal("0.01"))
