"""What can be set of the shop itself: where it is, when its people answer, how soon, and how it thanks for orders."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from crm_store.desk_hours import ANSWER_DUE, AnswerTimes
from crm_store.points_refunds import GRACE
from crm_store.take_backs import Missing

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)


def _local(time_of_day: time) -> time:
    if time_of_day.tzinfo is not None:
        raise ValueError('is a time of day where the shop is; write one such as "09:00", without a zone')
    return time_of_day


LocalTime = Annotated[time, AfterValidator(_local)]


class Section(BaseModel):
    """A part of the settings: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ShopSettings(Section):
    """The shop itself."""

    zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    """Where a phone number without a country code belongs."""
    order_no: str = r"[A-Z]\d{5}|\d{11}"
    """What the shop's order numbers look like, as a regular expression."""

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError("is no time zone; write one such as Asia/Shanghai") from exc
        return zone

    @field_validator("order_no")
    @classmethod
    def _pattern_compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise ValueError(f"is no regular expression: {exc}") from exc
        if re.fullmatch(pattern, "") is not None:
            raise ValueError("takes an empty text for an order number; let it ask for at least one character")
        return pattern


class DeskSettings(Section):
    """When people answer; ``closes`` 00:00 is midnight, the end of the day."""

    opens: LocalTime = time(9)
    closes: LocalTime = time(21)
    days: tuple[Day, ...] = Field(default=DAYS, min_length=1)
    holidays: Literal["china", "none"] | None = None
    """Whose public holidays the desk keeps; by default those of China where `shop.region` is CN."""
    closed_on: tuple[date, ...] = ()
    """Days on which nobody is there beside those."""

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("closes has to be later than opens, on the same day; 00:00 is midnight")
        return self


class TicketSettings(Section):
    """How soon a person answers a case, by its priority; customers of some tiers wait a share of that."""

    urgent: timedelta = Field(default=ANSWER_DUE["urgent"], gt=timedelta(0))
    high: timedelta = Field(default=ANSWER_DUE["high"], gt=timedelta(0))
    normal: timedelta = Field(default=ANSWER_DUE["normal"], gt=timedelta(0))
    low: timedelta = Field(default=ANSWER_DUE["low"], gt=timedelta(0))
    tiers: dict[str, Annotated[float, Field(gt=0, le=1)]] = {"gold": 0.5, "diamond": 0.25}

    @property
    def answers(self) -> AnswerTimes:
        return AnswerTimes({priority: getattr(self, priority) for priority in ANSWER_DUE}, self.tiers)


class PointsSettings(Section):
    """What paid orders earn; nothing until ``per_unit`` is set."""

    per_unit: Decimal | None = Field(default=None, gt=0)
    valid_months: int | None = Field(default=12, gt=0)
    factors: dict[str, Annotated[Decimal, Field(gt=0)]] = {}
    since: date | None = None
    missing: Missing = "owed"
    grace: timedelta = Field(default=GRACE, gt=timedelta(0))
    """How long points are good that come back after their lot has expired."""


class TierSettings(Section):
    """From how much spent on a customer has a tier; without a threshold tiers are what the shop's lists say."""

    thresholds: dict[str, Annotated[Decimal, Field(gt=0)]] = {}
    base: str = Field(default="regular", min_length=1)
    months: int = Field(default=12, gt=0)
    kept_for: timedelta = Field(default=timedelta(0), ge=timedelta(0))
