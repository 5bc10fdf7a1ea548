"""What is back in stock is told to whoever asked to hear of it: once, when they may be written to.

It is `service`, since it was asked for: it needs no leave to send offers, and counts into no
cap. What stands in the way now (the night, somebody of ours who is speaking, a platform's
window) makes it wait; the wish stays open and is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from care.calendar import moment_of, zone_named
from care.facts import BACK_IN_STOCK, gather, reachable_identity
from care.gate import judge
from care.policy import Policy
from care.rules import Rule
from crm_store import catalogue, conversations, customers, history, outbox, schedule, switches, wishes, zones
from crm_store.ports import Ids
from crm_store.unit_of_work import Store
from flows.engine.values import money

RULE = Rule(BACK_IN_STOCK, on="", purpose="service", say="care_back_in_stock")
"""Ours, and no shop's choice: it was said to the customer that they would be told."""
AT_ONCE = 200
MOST_WAITING = 1_000_000
SOLD_OUT = "late"
"""The skip reason where it is sold out again before the message could leave."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was done about a wish; ``ref`` is the message, where one was queued."""

    wish_id: str
    outcome: Literal["queued", "held back", "ended", "nothing"]
    ref: str | None = None


async def keep_wishes(store: Store, now: datetime, *, policy: Policy, ids: Ids) -> list[Told]:
    """Tell everybody who waits for what is in stock now; return what was done."""
    done: list[Told] = []
    behind = ""
    while waiting := await store.read(wishes.ready, behind, AT_ONCE):
        done += [await store.run(attend, row.id, policy, ref=ids.new(), now=now) for row in waiting]
        behind = waiting[-1].id
    return [one for one in done if one.outcome != "nothing"]


def next_moment(conn: Connection, policy: Policy, *, after: datetime, until: datetime) -> datetime | None:
    """Return the first moment in (after, until] at which quiet hours end for somebody who is to be told, or None."""
    moments = (quiet_ends(conn, row.customer_id, policy, after) for row in wishes.ready(conn, "", MOST_WAITING))
    return min((at for at in moments if at is not None and after < at <= until), default=None)


def attend(conn: Connection, id: str, policy: Policy, *, ref: str, now: datetime) -> Told:
    """Tell the customer of a wish that it is met, if they may be told now: one unit of work."""
    seen = wishes.by_id(conn, id)
    if seen is None:
        return Told(id, "nothing")
    customers.hold(conn, seen.customer_id)
    row, customer, product = wishes.by_id(conn, id), customers.by_id(conn, seen.customer_id), None
    if row is not None and row.state == "open" and row.customer_id == seen.customer_id:
        product = catalogue.by_sku(conn, row.sku)
    if row is None or customer is None or not _in_stock(product):
        return Told(id, "nothing")
    if row.until <= now:
        wishes.end(conn, row, "expired", by="care", now=now)
        return Told(id, "ended")
    if "care" in switches.paused(conn):
        return Told(id, "nothing")
    facts = gather(conn, customer, rule=RULE, due_at=now, policy=policy, now=now)
    verdict = judge(facts, RULE.purpose, now, policy.settings)
    record = {"rule": RULE.name, "purpose": RULE.purpose, "wish": row.id, "sku": row.sku, "gates": verdict.as_json()}
    if verdict.reason is None:
        _queue(conn, row, product, policy, customer, ref, now, record)
        return Told(id, "queued", ref)
    if verdict.reason == "quiet_hours" or not schedule.claim(
        conn, RULE.name, f"{row.id}:{verdict.reason}", now=now, outcome=verdict.reason
    ):
        return Told(id, "nothing")  # the morning is near; and what is in the way is told once
    history.record(
        conn, at=now, kind="care.skipped", by="care", customer_id=customer.id, data=record | {"reason": verdict.reason}
    )
    if verdict.reason == "no_consent":
        wishes.end(conn, row, verdict.reason, by="care", now=now)
        return Told(id, "ended")
    return Told(id, "held back")


def last_moment(conn: Connection, row: Any) -> str | None:
    """Look once more right before ``row``, an outbox row of this rule, leaves; return why it may not, or None."""
    if _in_stock(catalogue.by_sku(conn, row.body["about"]["sku"])):
        return None
    return SOLD_OUT


def not_told(conn: Connection, row: Any) -> None:
    """``row``, an outbox row of this rule, does not leave: the wish stands again."""
    wishes.reopen(conn, row.customer_id, row.ref)


def _in_stock(product: Any | None) -> bool:
    return product is not None and product.stock is not None and product.stock > 0


def quiet_ends(conn: Connection, customer_id: str, policy: Policy, now: datetime) -> datetime | None:
    """Return when the quiet hours of a customer end; None where there are none now."""
    customer = customers.by_id(conn, customer_id)
    if customer is None:
        return None
    settings = policy.settings
    zone = zone_named(zones.of_row(customer), settings.zone)
    local = now.astimezone(zone)
    if not settings.is_quiet(local.time()):
        return None
    day = local.date() + timedelta(days=0 if local.time() < settings.quiet_until else 1)
    return moment_of(day, settings.quiet_until, zone)


def _queue(
    conn: Connection, row: Any, product: Any, policy: Policy, customer: Any, ref: str, now: datetime,
    record: dict[str, Any],
) -> None:  # fmt: skip
    identity = reachable_identity(conn, customer.id, purpose=RULE.purpose, now=now)
    assert identity is not None, "the gate lets nobody through who cannot be reached"
    talk = conversations.of_customer(conn, customer.id)
    talk_id = talk.id if talk else None
    called = catalogue.called(conn, [row.sku]).get(row.sku, {})
    name = called.get(policy.language_of(customer.language), row.sku)
    price = money(product.price, product.currency) if product.price is not None and product.currency else None
    said = policy.words_for(RULE, customer, {"product": name, "price": price, "sku": row.sku}, key=row.id, now=now)
    wishes.tell(conn, row, ref=ref, now=now)
    message = {
        "ref": ref, "dedupe_key": f"wish:{row.id}:{ref}", "customer_id": customer.id, "conversation_id": talk_id,
        "identity_id": identity.id, "channel": identity.channel, "recipient": identity.user_id, "kind": "care",
        "rule": RULE.name, "body": said | {"about": {"sku": row.sku, "wish": row.id}}, "status": "queued",
        "due_at": now, "created_at": now,
    }  # fmt: skip
    outbox.queue(conn, [message])
    history.record(
        conn, at=now, kind="care.queued", by="care", customer_id=customer.id, conversation_id=talk_id,
        identity_id=identity.id, channel=identity.channel, data={**record, "message": ref},
    )  # fmt: skip
