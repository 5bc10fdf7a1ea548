"""From an occasion to a message: the dry run, the firing, and the last look before it leaves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from care import keeping, wishes
from care.facts import agreed, gather, reachable_identity, shut_to
from care.gate import SkipReason, Verdict, judge
from care.occasions import Occasion, occasions, still_stands
from care.policy import Policy
from care.rules import Rule
from crm_store import conversations, customers, history, identities, outbox, schedule, surveys, switches

SWEEP = "care"
"""The job whose watermark says up to when all occasions have been fired."""
PAUSED: Literal["paused"] = "paused"
"""Not a skip reason: what is paused waits."""

_A_DAY = timedelta(days=1)
_DEDUPE = "care:"


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of an occasion.

    ``outcome`` is ``queued`` (the message ``ref`` is in the outbox), ``skipped``
    (for ``reason``), ``duplicate`` (taken before; nothing was done), ``gone`` (there
    is no such customer any more) or ``paused`` (nothing was done; ask again).
    """

    occasion: Occasion
    outcome: Literal["queued", "skipped", "duplicate", "gone", "paused"]
    reason: SkipReason | None = None
    ref: str | None = None


def due(
    conn: Connection, policy: Policy, *, at: datetime, since: datetime | None = None
) -> list[tuple[Occasion, Verdict]]:
    """Say what is due in the day up to ``at`` (or since ``since``) and not yet taken; nothing is changed.

    Each is judged at the moment at which it is due, by what the store knows now and
    as if those before it had gone out.
    """
    found: list[tuple[Occasion, Verdict]] = []
    planned: dict[str, list[datetime]] = defaultdict(list)
    for occasion in occasions(conn, policy.rules, since=since or at - _A_DAY, until=at, settings=policy.settings):
        if schedule.is_taken(conn, occasion.rule, occasion.key):
            continue
        customer, rule = customers.by_id(conn, occasion.customer_id), policy.rules[occasion.rule]
        earlier, moment = planned[occasion.customer_id], occasion.due_at
        facts = gather(conn, customer, rule=rule, due_at=moment, policy=policy, now=moment, planned=earlier)
        verdict = judge(facts, rule.purpose, moment, policy.settings)
        if verdict.allowed and rule.purpose != "service":
            earlier.append(moment)
        found.append((occasion, verdict))
    return found


def fire(
    conn: Connection, occasion: Occasion, policy: Policy, *, ref: str, now: datetime, swept: datetime | None = None
) -> Fired:
    """Do what an occasion asks for, once for ever: one unit of work.

    ``ref`` names the message, if there comes one; ``swept`` is how far the clock
    has come when this occasion is done.
    """
    fired = _fire(conn, occasion, policy, ref, now)
    if swept is not None and fired.outcome != PAUSED:
        schedule.advance(conn, SWEEP, swept)
    return fired


def last_moment(conn: Connection, row: Any, now: datetime, policy: Policy) -> str | None:
    """Look once more right before ``row``, an outbox row of kind ``care``, ``survey`` or ``notice``, leaves.

    Returns None where it may, a skip reason where it may no more, and `PAUSED`
    where it has to wait.
    """
    if "care" in switches.paused(conn):
        return PAUSED
    if row.kind == "notice":
        return keeping.last_moment(conn, row, now)
    customer = customers.by_id(conn, row.customer_id)
    if customer is None:
        return "unreachable"
    if row.rule == wishes.RULE.name:
        return _last_moment_of_wish(conn, row, customer, now, policy)
    # A rule that the shop has ended since is judged like a greeting.
    rule = policy.rules.get(row.rule) or Rule(row.rule, on="", purpose="care", say="")
    if not still_stands(conn, rule, row.customer_id, row.dedupe_key.removeprefix(_DEDUPE)):
        return "open_complaint"
    return _judged_again(conn, row, customer, rule, now, policy)


def _last_moment_of_wish(conn: Connection, row: Any, customer: Any, now: datetime, policy: Policy) -> str | None:
    reason = wishes.last_moment(conn, row) or _judged_again(conn, row, customer, wishes.RULE, now, policy)
    if reason is not None:
        wishes.not_told(conn, row)
    return reason


def _judged_again(
    conn: Connection, row: Any, customer: Any, rule: Rule, now: datetime, policy: Policy
) -> SkipReason | None:  # fmt: skip
    facts = gather(conn, customer, rule=rule, due_at=row.created_at, policy=policy, now=now)
    theirs = identities.of_customer(conn, row.customer_id)
    reachable = any(one.id == row.identity_id and one.unreachable_since is None for one in theirs)
    # The message itself is among the sends that the cap counts, and its holdout was drawn.
    shut = shut_to(conn, row.identity_id, now=now)
    consent = agreed(conn, row.customer_id, row.channel)
    facts = replace(facts, reachable=reachable, consent=consent, shut=shut, sends=(), holdout=0.0)
    return judge(facts, rule.purpose, now, policy.settings).reason


def _fire(conn: Connection, occasion: Occasion, policy: Policy, ref: str, now: datetime) -> Fired:
    customers.hold(conn, occasion.customer_id)
    if "care" in switches.paused(conn):
        return Fired(occasion, PAUSED)
    if schedule.is_taken(conn, occasion.rule, occasion.key):
        return Fired(occasion, "duplicate")
    customer = customers.by_id(conn, occasion.customer_id)
    if customer is None:
        return Fired(occasion, "gone")
    rule = policy.rules[occasion.rule]
    facts = gather(conn, customer, rule=rule, due_at=occasion.due_at, policy=policy, now=now)
    verdict = judge(facts, rule.purpose, now, policy.settings)
    if verdict.reason is None and _asked_lately(conn, rule, customer.id, now):
        verdict = Verdict(False, "duplicate", verdict.gates)
    # Another node may have been faster since we looked.
    if not schedule.claim(conn, rule.name, occasion.key, now=now, outcome=verdict.reason or "queued"):
        return Fired(occasion, "duplicate")
    record = {
        "rule": rule.name,
        "purpose": rule.purpose,
        "occasion": occasion.key,
        "due_at": occasion.due_at.isoformat(),
        "gates": verdict.as_json(),
    }
    if verdict.reason is not None:
        skipped = {**record, "reason": verdict.reason}
        history.record(conn, at=now, kind="care.skipped", by="care", customer_id=customer.id, data=skipped)
        return Fired(occasion, "skipped", verdict.reason)
    _queue(conn, occasion, rule, policy, customer, ref, now, record)
    return Fired(occasion, "queued", ref=ref)


def _asked_lately(conn: Connection, rule: Rule, customer_id: str, now: datetime) -> bool:
    if rule.survey is None or rule.once_in is None:
        return False
    asked = (one for one in surveys.of_customer(conn, customer_id) if one.question == rule.survey)
    return any(one.sent_at > now - rule.once_in for one in asked)


def _queue(
    conn: Connection, occasion: Occasion, rule: Rule, policy: Policy, customer: Any, ref: str, now: datetime,
    record: dict[str, Any],
) -> None:  # fmt: skip
    identity = reachable_identity(conn, customer.id, purpose=rule.purpose, now=now)
    assert identity is not None, "the gate lets nobody through who cannot be reached"
    conversation = conversations.of_customer(conn, customer.id)
    conversation_id = conversation.id if conversation else None
    data = {**occasion.data, "survey": ref[-surveys.END :]} if rule.survey else occasion.data
    said = policy.words_for(rule, customer, data, key=occasion.key, now=now)
    kind = "survey" if rule.survey else "care"
    message = {
        "ref": ref, "dedupe_key": f"{_DEDUPE}{occasion.key}", "customer_id": customer.id,
        "conversation_id": conversation_id, "identity_id": identity.id, "channel": identity.channel,
        "recipient": identity.user_id, "kind": kind, "rule": rule.name, "body": said,
        "status": "queued", "due_at": now, "created_at": now,
    }  # fmt: skip
    outbox.queue(conn, [message])
    if rule.survey is not None:
        asked = {"customer_id": customer.id, "conversation_id": conversation_id, "channel": identity.channel}
        surveys.send(
            conn, key=occasion.key, id=ref, question=rule.survey, ticket=occasion.data.get("number"), message=ref,
            now=now, **asked,
        )  # fmt: skip
        history.record(
            conn, at=now, kind="message.out", by="care", ref=ref, text=said["text"], identity_id=identity.id,
            data={**record, "kind": kind}, **asked,
        )  # fmt: skip
        return
    history.record(
        conn, at=now, kind="care.queued", by="care", customer_id=customer.id, conversation_id=conversation_id,
        identity_id=identity.id, channel=identity.channel, data={**record, "message": ref},
    )  # fmt: skip
