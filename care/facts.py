"""What the gate needs to know about a customer, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from care.calendar import zone_named
from care.gate import Facts
from care.policy import Policy
from care.rules import BIRTHDAY, Rule
from crm_store import consents, conversations, identities, tickets, windows, zones
from crm_store.outbox import outbox
from crm_store.windows import KEPT_FOR_ANSWERS, Shut

BACK_IN_STOCK = "back_in_stock"
"""A rule of purpose `service` that is ours, and in no shop's list (`care.wishes`)."""
LOOK_BACK = timedelta(days=33)
"""How far back sends are looked up: a calendar month of any zone lies within it."""

_left_at = func.coalesce(outbox.c.sent_at, outbox.c.created_at)
_SENDS = (
    select(outbox.c.rule, _left_at.label("at"))
    .where(
        outbox.c.customer_id == bindparam("customer_id"),
        outbox.c.kind == "care",
        outbox.c.status.in_(("queued", "sending", "sent", "unknown")),
        outbox.c.created_at > bindparam("since"),
    )
    .order_by(outbox.c.id)
)


def gather(
    conn: Connection, customer: Any, *, rule: Rule, due_at: datetime, policy: Policy, now: datetime,
    planned: Collection[datetime] = (),
) -> Facts:  # fmt: skip
    """Return the facts about a customer (their row) for a rule; ``planned`` sends count as sent."""
    conversation = conversations.of_customer(conn, customer.id)
    identity = reachable_identity(conn, customer.id, purpose=rule.purpose, now=now)
    return Facts(
        customer_id=customer.id,
        rule=rule.name,
        due_at=due_at,
        zone=zone_named(zones.of_row(customer), policy.settings.zone),
        consent=agreed(conn, customer.id, identity.channel if identity is not None else None),
        open_tickets=tickets.has_open(conn, customer.id),
        owner=conversation.owner if conversation else conversations.BOT,
        reachable=identity is not None,
        shut=shut_to(conn, identity.id, now=now) if identity is not None else None,
        sends=(*_counted_sends(conn, customer.id, policy.rules, now), *planned),
        own_day=rule.on == BIRTHDAY,
        holdout=rule.holdout,
    )


def agreed(conn: Connection, customer_id: str, channel: str | None) -> Mapping[str, bool]:
    """Return what a customer agreed to hear on a channel, or on all of them where there is no way to them."""
    if channel is None:
        return consents.of_customer(conn, customer_id)
    return consents.on_channels(conn, customer_id, [channel])[channel]


def reachable_identity(conn: Connection, customer_id: str, *, purpose: str, now: datetime) -> Any | None:
    """Return the identity to write to: of those that can be reached the last seen, else the newest.

    One on a channel where the customer hears of this purpose comes first, then one whose
    platform takes a message now before one that waits for the customer to write.
    """
    reachable = [row for row in identities.of_customer(conn, customer_id) if row.unreachable_since is None]
    if len(reachable) > 1:
        heard = consents.on_channels(conn, customer_id, {row.channel for row in reachable})
        reachable = [row for row in reachable if heard[row.channel][purpose]] or reachable
        reachable = [row for row in reachable if shut_to(conn, row.id, now=now) is None] or reachable
    if not reachable:
        return None
    seen = [row for row in reachable if row.last_seen_at is not None]
    if seen:
        return max(seen, key=lambda row: (row.last_seen_at, row.created_at, row.id))
    return max(reachable, key=lambda row: (row.created_at, row.id))


def shut_to(conn: Connection, identity_id: str, *, now: datetime) -> Shut | None:
    """Say why the platform takes no care for this identity now; None where it does, or has no such bounds."""
    window = windows.find(conn, identity_id)
    return None if window is None else windows.shut(window, now=now, keep=KEPT_FOR_ANSWERS)


def _counted_sends(conn: Connection, customer_id: str, rules: Mapping[str, Rule], now: datetime) -> list[datetime]:
    # Of a rule that exists no more the purpose is unknown: it counts.
    free = {rule.name for rule in rules.values() if rule.purpose == "service"} | {BACK_IN_STOCK}
    rows = conn.execute(_SENDS, {"customer_id": customer_id, "since": now - LOOK_BACK})
    return [row.at for row in rows if row.rule not in free]
