"""Opportunities: something that a customer may buy, with its stage, what it is worth and how likely it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history
from crm_store.base import Base, Exact, UtcDateTime, table_of
from crm_store.errors import ChangedMeanwhile, NotAllowed
from crm_store.origins import bringing, side_column
from crm_store.ports import Ids

STEPS: Mapping[str, tuple[str, ...]] = {
    "new": ("qualified", "lost"),
    "qualified": ("offered", "new", "lost"),
    "offered": ("negotiating", "qualified", "won", "lost"),
    "negotiating": ("offered", "won", "lost"),
    "won": (),
    "lost": ("new",),
}
"""To which stages an opportunity can go: one by one, back one, lost at any time, and what was lost begins anew."""
STAGES = tuple(STEPS)
LIKELY = {"new": 10, "qualified": 25, "offered": 50, "negotiating": 75, "won": 100, "lost": 0}
"""How likely (percent) an opportunity is in each stage, where nobody knows better."""
OPEN = ("new", "qualified", "offered", "negotiating")
LONGEST_TITLE = 120


class Opportunity(Base):
    """One opportunity; ``probability`` is in percent, ``value`` in its currency."""

    __tablename__ = "opportunities"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    title: Mapped[str]
    stage: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Exact)
    currency: Mapped[str]
    probability: Mapped[int]
    owner: Mapped[str | None]
    source: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_opportunities_customer_id", "customer_id", "opened_at"),
        Index("ix_opportunities_stage", "stage", "opened_at"),
    )


opportunities = table_of(Opportunity)

_ADD = insert(opportunities)
_OF = (
    select(opportunities)
    .where(opportunities.c.customer_id == bindparam("customer_id"))
    .order_by(opportunities.c.opened_at, opportunities.c.id)
)
_ONE = select(opportunities).where(
    opportunities.c.id == bindparam("key"), opportunities.c.customer_id == bindparam("whose")
)
_MOVE = (
    update(opportunities)
    .where(opportunities.c.id == bindparam("key"), opportunities.c.stage == bindparam("present"))
    .values(stage=bindparam("next"), probability=bindparam("likely"), closed_at=bindparam("closed"))
)


@dataclass(frozen=True, slots=True)
class OpportunityView:
    """An opportunity as others see it."""

    id: str
    title: str
    stage: str
    value: Decimal
    currency: str
    probability: int
    owner: str | None
    source: str | None
    opened_at: datetime
    closed_at: datetime | None

    @property
    def weighted(self) -> Decimal:
        """What it is worth by its likelihood, exactly."""
        return self.value * self.probability / 100

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "stage": self.stage,
            "value": str(self.value),
            "currency": self.currency,
            "probability": self.probability,
            "owner": self.owner,
            "source": self.source,
            "opened_at": self.opened_at.isoformat(),
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
        }


def of_customer(conn: Connection, customer_id: str) -> list[OpportunityView]:
    """Return a customer's opportunities, oldest first."""
    return [_view(row) for row in conn.execute(_OF, {"customer_id": customer_id})]


def open_one(
    conn: Connection,
    customer_id: str,
    title: str,
    value: Decimal,
    currency: str,
    *,
    now: datetime,
    by: str,
    ids: Ids,
    probability: int | None = None,
    owner: str | None = None,
    source: str | None = None,
) -> OpportunityView:
    """Begin an opportunity, in its first stage.

    Raises:
        ValueError: the title is empty or too long, the value is below 0 or no number, the
            currency is no three letters, or the probability lies outside of 0 to 100.
    """
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise ValueError(f"an opportunity has a title of 1 to {LONGEST_TITLE} characters")
    if not value.is_finite() or value < 0:
        raise ValueError("an opportunity is worth 0 or more; correct its value")
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ValueError("a currency is three letters, such as CNY")
    likely = _likely("new", probability)
    customers.hold(conn, customer_id)
    view = OpportunityView(
        ids.new(), title, "new", value, currency.upper(), likely, owner, source, now, None
    )  # fmt: skip
    row = {"customer_id": customer_id, "opened_at": now, "closed_at": None}
    conn.execute(_ADD, view.as_json() | row | {"value": value})
    _tell(conn, customer_id, "opportunity.opened", view, now, by, {})
    return view


def move(
    conn: Connection, customer_id: str, key: str, to: str, *, now: datetime, by: str, why: str | None = None,
    probability: int | None = None,
) -> OpportunityView:  # fmt: skip
    """Bring an opportunity to a stage; who, when and why is recorded.

    Raises:
        LookupError: the customer has no such opportunity.
        NotAllowed: that stage does not follow from where it stands; the text names those that do.
        ValueError: the probability lies outside of 0 to 100.
        ChangedMeanwhile: somebody else has moved it at this moment.
    """
    customers.hold(conn, customer_id)
    row = conn.execute(_ONE, {"key": key, "whose": customer_id}).one_or_none()
    if row is None:
        raise LookupError("this customer has no such opportunity")
    allowed = STEPS.get(row.stage, ())
    if to not in allowed:
        raise NotAllowed(
            f"an opportunity cannot go from {row.stage} to {to}; from there to {', '.join(allowed) or 'nowhere'}",
            code="no_such_step", from_=row.stage, to=to, allowed=allowed,
        )  # fmt: skip
    likely = _likely(to, probability)
    closed = now if to in ("won", "lost") else None
    moved = {"key": key, "present": row.stage, "next": to, "likely": likely, "closed": closed}
    if not conn.execute(_MOVE, moved).rowcount:
        raise ChangedMeanwhile("the opportunity was moved at the same moment")
    view = _view(conn.execute(_ONE, {"key": key, "whose": customer_id}).one())
    with bringing(row.side):  # its steps go with it
        _tell(conn, customer_id, "opportunity.moved", view, now, by, {"from": row.stage, "why": why})
    return view


def _likely(stage: str, probability: int | None) -> int:
    if stage in ("won", "lost"):
        return LIKELY[stage]
    likely = LIKELY[stage] if probability is None else probability
    if not 0 <= likely <= 100:
        raise ValueError("a probability is a whole number of percent, 0 to 100")
    return likely


def _view(row: Any) -> OpportunityView:
    return OpportunityView(
        row.id, row.title, row.stage, row.value, row.currency, row.probability, row.owner, row.source, row.opened_at,
        row.closed_at,
    )  # fmt: skip


def _tell(
    conn: Connection, customer_id: str, kind: str, view: OpportunityView, now: datetime, by: str,
    more: Mapping[str, Any],
) -> None:  # fmt: skip
    data = {"opportunity": view.id, "stage": view.stage, "probability": view.probability, **more}
    history.record(conn, at=now, kind=kind, by=by, customer_id=customer_id, data=data)
