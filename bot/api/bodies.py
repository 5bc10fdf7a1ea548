"""What may be sent. What a value means, and whether it makes sense, is said by the import that takes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=2_000)]
Short = Annotated[str, Field(max_length=200)]
Moment = Annotated[str, Field(max_length=40, examples=["2026-11-22T18:30:00+08:00"])]
"""ISO 8601; without an offset it is in the shop's zone."""
Amount = Annotated[str, Field(max_length=40, examples=["199.50"])] | int | float
Stored = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number that every database and every JavaScript keeps as it is."""
Whole = Annotated[int, Field(ge=-999_999_999, le=999_999_999)]
_IN_A_PATH = r"^[^\x00-\x1f\x7f/]+$"

CustomerId = Annotated[
    str,
    Path(max_length=200, pattern=_IN_A_PATH, description="The shop's customer_id, an internal id or CHANNEL:USER."),
]
OrderNo = Annotated[str, Path(max_length=200, pattern=_IN_A_PATH)]
Number = Annotated[str, Path(max_length=40, pattern=_IN_A_PATH, examples=["T-1001"])]
CouponCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{3,39}$", examples=["K7QM-2XR9-DT4H"])]
Cursor = Annotated[
    str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="`next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=100)]


class Body(BaseModel):
    """A body without fields that we don't know."""

    model_config = ConfigDict(extra="forbid")

    def row(self) -> dict[str, Any]:
        """Return what it says as a row of an import."""
        return self.model_dump(exclude_none=True)


Attributes = Annotated[
    dict[Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,80}$")], Text | Stored | float | bool], Field(max_length=50)
]
"""What the shop says under names of its own; those of columns of ours are left out."""


class CustomerBody(Body):
    """A customer, by the columns of `shuke import customers`; what is left out stays as it is."""

    name: Short | None = None
    language: Short | None = None
    timezone: Short | None = None
    birthday: Annotated[Short | None, Field(examples=["1990-03-05", "--03-05"])] = None
    birthday_calendar: Literal["solar", "lunar"] | None = None
    birthday_leap: bool | None = None
    feb29: Literal["feb28", "mar1"] | None = None
    phone: Short | None = None
    email: Short | None = None
    city: Short | None = None
    member: bool | None = None
    tier: Short | None = None
    owner: Annotated[Short | None, Field(description="Who looks after them: the name of an agent.")] = None
    marketing_consent: bool | None = None
    channel: Short | None = None
    channel_user_id: Short | None = None
    attributes: Attributes = {}

    def row(self) -> dict[str, Any]:
        ours = set(type(self).model_fields) | {"customer_id"}
        others = {name: value for name, value in self.attributes.items() if name not in ours}
        return self.model_dump(exclude_none=True, exclude={"attributes"}) | others


class LinkBody(Body):
    """A one-time link; ``way`` says how it gets to the customer: an e-mail to their address proves that as well."""

    way: Literal["link", "email"] = "link"
    hours: Annotated[int, Field(ge=1, le=720)] = 24


class LearningBody(Body):
    """Whether the bot may learn from what the customer writes; ``words`` is how they said it, kept as the proof."""

    allowed: bool
    words: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class ItemBody(Body):
    """An item of an order; ``line`` is its place among them, counted from 1 where it is left out."""

    line: Whole | None = None
    sku: Short
    quantity: Whole | None = None
    unit_price: Amount | None = None
    currency: Short | None = None


class OrderBody(Body):
    """An order, by the columns of `shuke import orders`; what is left out stays as it is."""

    customer_id: Short | None = None
    ordered_at: Moment | None = None
    status: Literal["created", "paid", "shipped", "delivered", "cancelled", "refunded"] | None = None
    paid_at: Moment | None = None
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    eta: Moment | None = None
    carrier: Short | None = None
    tracking_no: Short | None = None
    items: Annotated[list[ItemBody], Field(max_length=500)] = []
    attributes: Attributes = {}

    def rows(self, order_no: str) -> list[dict[str, Any]]:
        """Return the rows of an import that say the same."""
        ours = set(type(self).model_fields) | set(ItemBody.model_fields) | {"order_no"}
        others = {name: value for name, value in self.attributes.items() if name not in ours}
        head = self.model_dump(exclude_none=True, exclude={"items", "attributes"}) | {"order_no": order_no} | others
        return [head | item.row() for item in self.items] or [head]


class PointsBody(Body):
    """Points earned, or spent with a minus; ``reference`` is the movement's own name, entered once."""

    points: Whole
    reason: Short | None = None
    at: Moment | None = None
    expires_at: Moment | None = None
    reference: Short | None = None
    order_no: Annotated[Short | None, Field(description="What is spent, is spent on this order, once.")] = None


class RefundBody(Body):
    """Points that were spent come back: all that is left of them, or ``points`` of them, named by the spend's own
    reference or by its order; ``reference`` names this refund, entered once.
    """

    spent: Short | None = None
    order_no: Short | None = None
    points: Annotated[int | None, Field(ge=1, le=999_999_999)] = None
    reason: Short | None = None
    reference: Short | None = None


class CouponBody(Body):
    """A coupon for a customer, by the name that it was defined by; ``reference`` is its own, issued once."""

    coupon: Short
    for_points: bool = False
    reference: Short | None = None


class OfOrderBody(Body):
    """Which order it is about."""

    order_no: Short


class UseBody(OfOrderBody):
    """An order, and what it comes to before the coupon."""

    spend: Amount


class TicketBody(Body):
    """A new case."""

    category: Literal["product_quality", "service", "delivery", "billing", "missing_wrong_item", "other"]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    summary: Annotated[str, Field(min_length=1, max_length=500)]
    order_no: Short | None = None


class StatusBody(Body):
    """Where a case goes."""

    status: Literal["open", "resolved", "closed"]


class EventBody(Body):
    """What has happened: to an order (``order.shipped``, with a row of it), to a product (``stock.changed``, with
    ``sku`` and ``stock``), or anything else of the shop's own (``shop.…``, to a customer), which rules of care can be
    about.

    ``id`` is the event's own name: told again, it changes nothing.
    """

    id: Annotated[str, Field(min_length=1, max_length=190, pattern=r"^[\x21-\x7e]+$")] | None = None
    type: Annotated[
        str,
        Field(
            pattern=r"^(order\.(created|paid|shipped|delivered|cancelled|refunded)|stock\.changed"
            r"|shop(\.[a-z][a-z0-9_]{0,40}){1,3})$"
        ),
    ]
    customer_id: Short | None = None
    data: Annotated[dict[str, Any], Field(max_length=50)] = {}
