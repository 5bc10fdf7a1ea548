"""What the dialogue may know of the world around a talk; the names are `flows.standard.FACTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection

from bot.ports import Capabilities
from crm_store import orders, outbox, rewards, tickets, zones
from crm_store.desk_hours import DeskHours
from crm_store.profile import CALLED
from flows.engine.values import clock, moment, weekdays
from flows.replies import Listener
from flows.wording import address
from nlu.understanding import Language

RECENT_ORDERS = 2
A_WHILE = timedelta(hours=8)
"""Whoever says hello after so much silence is back, and greeted by what is open."""
CARE_IN_MIND = timedelta(days=3)
"""So long after a message of ours a bare "stop" is an answer to it."""


class Facts(Mapping[str, Any]):
    """Facts by name; what costs a query is looked up when it is first asked for, and then stays as it was."""

    def __init__(self, known: Mapping[str, Any], looked_up: Mapping[str, Callable[[], Any]]) -> None:
        self._known = dict(known)
        self._looked_up = looked_up
        self._told: dict[str, Any] = {}

    def tell(self, **told: Any) -> None:
        """Add what this message tells of its customer: for the talk alone, and kept with no reason of a turn."""
        self._told.update(told)

    @property
    def known(self) -> dict[str, Any]:
        """Return what is known without another look."""
        return self._known

    def __getitem__(self, name: str) -> Any:
        if name in self._told:
            return self._told[name]
        if name not in self._known:
            self._known[name] = self._looked_up[name]()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._told or name in self._known or name in self._looked_up

    def __iter__(self) -> Iterator[str]:
        return iter({**self._told, **self._known, **self._looked_up})

    def __len__(self) -> int:
        return len({*self._told, *self._known, *self._looked_up})


def facts_of(
    conn: Connection,
    who: Any,
    able: Capabilities | None,
    desk: DeskHours,
    *,
    language: Language,
    now: datetime,
    undo_within: timedelta,
    evidence_for: str | None = None,
    follows_up: Callable[[], str | None] = lambda: None,
    privacy_url: str | None = None,
) -> Facts:
    """Return the facts for one message of ``who`` (a row of identity, customer and conversation)."""
    back = desk.back_at(now)

    def recent_orders() -> list[str]:
        return [one.order_no for one in orders.recent(conn, who.customer_id, RECENT_ORDERS)] if who.verified else []

    def open_case() -> str | None:
        theirs = tickets.of_customer(conn, who.customer_id) if who.verified and who.open_complaint else []
        return next((one.number for one in reversed(theirs) if one.status == "open"), None)

    def order_under_way() -> str | None:
        latest = orders.recent(conn, who.customer_id, RECENT_ORDERS) if who.verified else []
        return next((one.order_no for one in latest if one.status in ("paid", "shipped")), None)

    def redeemed_lately() -> bool:
        return bool(who.verified) and rewards.lately(conn, who.customer_id, now - undo_within) is not None

    @cache
    def care() -> Any | None:
        last = outbox.last_sent(conn, who.identity_id)
        return (
            last
            if last is not None and last.kind in ("care", "survey") and now - last.sent_at <= CARE_IN_MIND
            else None
        )

    known = {
        "verified": bool(who.verified),
        "language": language,
        "known_name": who.name,
        "channel_buttons": able.buttons if able else False,
        "can_request_contact": able.contact if able else False,
        "staffed": back is None,
        "back_at": moment(back) if back else None,
        "open_complaint": bool(who.open_complaint),
        "evidence_for": evidence_for,
        "returning": who.last_in_at is None or now - who.last_in_at >= A_WHILE,
        "privacy_url": privacy_url,
    }
    looked_up = {
        "recent_orders": recent_orders,
        "redeemed_lately": redeemed_lately,
        "open_case": open_case,
        "order_under_way": order_under_way,
        "last_was_care": lambda: care() is not None,
        "answers_care": lambda: row.rule if (row := care()) is not None else None,
        "care_number": lambda: row.body.get("about", {}).get("number") if (row := care()) is not None else None,
        "desk_days": lambda: weekdays(desk.days),
        "desk_opens": lambda: clock(desk.opens),
        "desk_closes": lambda: clock(desk.closes, ends=True),
        "follows_up": follows_up,
    }
    facts = Facts(known, looked_up)
    facts.tell(noted=None, noted_before=None, instead_of=None, told_matter=None)
    return facts


def listener_for(who: Any, facts: Facts, shop_zone: str, now: datetime) -> Listener:
    """Return to whom we speak; ``who`` is a row of `talk.load`."""
    kept = who.attributes or {}
    return Listener(
        language=facts["language"],
        zone=zones.of_row(who) or shop_zone,
        now=now,
        key=f"{who.id}:{who.turns}",
        salutation=kept.get(CALLED) or address(who.name, kept.get("gender"), facts["language"]),
        facts=facts,
    )
