"""Promises kept in sight: owners are reminded and customers told before they are late, supervisors when they are.

Whoever was promised something also hears when it is put off.

Each is a unit of its own and marks what it did in the row that it is about, so a clock
that is killed in between, or a second one, does nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from care.calendar import moment_of, zone_named
from care.facts import gather, reachable_identity
from care.gate import Verdict, judge
from care.policy import Policy
from care.rules import Rule
from care.settings import CareSettings
from care.wishes import quiet_ends
from crm_store import conversations, customers, history, outbox, promises, schedule, switches
from crm_store.conversations import BOT, QUEUE
from crm_store.desk_hours import DeskHours
from crm_store.ports import Ids
from crm_store.promises import ANSWER
from crm_store.unit_of_work import Store
from flows.engine.values import moment

RULES = {
    ANSWER: Rule("promise_answer", on="", purpose="service", say="promise_answer_may_be_late"),
    "other": Rule("promise", on="", purpose="service", say="promise_may_be_late"),
}
"""What the customer is told by kind of promise; these rules are ours, since the law of promises is no shop's choice."""
PUT_OFF = {
    ANSWER: Rule("promise_answer_put_off", on="", purpose="service", say="promise_answer_put_off"),
    "other": Rule("promise_put_off", on="", purpose="service", say="promise_put_off"),
}
"""What the customer is told where a promise has another time now."""
NEWS_FOR = timedelta(days=1)
"""After that it is no news any more that something was put off."""
LATE = "the promise is due: nobody is told after that"
ENDED = "the promise has ended"
_A_DAY = timedelta(days=1)
_BEFORE_QUIET = timedelta(minutes=1)

Step = Literal["reminded", "told", "held back", "escalated"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done about a promise; ``ref`` is the message to the customer."""

    promise_id: str
    steps: tuple[Step, ...]
    ref: str | None = None


def remind_at(promise: Any, settings: CareSettings, desk: DeskHours) -> datetime:
    """Return when the owner is reminded: so long before as is set, but not before half of the time is over."""
    due: datetime = promise.due_at
    begins = _begins(promise, desk)
    return max(begins + (due - begins) / 2, due - settings.promise_reminded_before)


def tell_at(promise: Any, settings: CareSettings, desk: DeskHours, zone: ZoneInfo) -> datetime:
    """Return when the customer is told that it may be late: as `remind_at`, after three quarters, out of quiet hours.

    What would fall into the customer's quiet hours is said when they end, or, where
    that is too late, right before they begin.
    """
    due: datetime = promise.due_at
    begins = _begins(promise, desk)
    wanted = max(begins + (due - begins) * 3 / 4, due - settings.promise_told_before)
    local = wanted.astimezone(zone)
    if not settings.is_quiet(local.time()):
        return wanted
    today = local.date()
    ends = moment_of(today if local.time() < settings.quiet_until else today + _A_DAY, settings.quiet_until, zone)
    if ends < due:
        return ends
    begun = moment_of(today if local.time() >= settings.quiet_from else today - _A_DAY, settings.quiet_from, zone)
    made: datetime = promise.made_at
    return max(begun - _BEFORE_QUIET, made)


def _begins(promise: Any, desk: DeskHours) -> datetime:
    """Return from when on somebody can do something about a promise."""
    made: datetime = promise.made_at
    due: datetime = promise.due_at
    return min(desk.back_at(made) or made, due)


async def keep_watch(store: Store, now: datetime, *, policy: Policy, desk: DeskHours, ids: Ids) -> list[Kept]:
    """Do what is due about every promise, up to ``now``."""
    news = await store.read(_news, now)
    told = [await store.run(tell_put_off, row.id, policy, now=now, ref=ids.new()) for row in news]
    due = await store.read(_due, now, policy, desk)
    done = [await store.run(attend, id, policy, desk, now=now, ids=ids, ref=ids.new()) for id in due]
    return [one for one in (*told, *done) if one.steps]


def next_moment(
    conn: Connection, policy: Policy, desk: DeskHours, *, after: datetime, until: datetime
) -> datetime | None:
    """Return the first moment in (after, until] at which something is due about a promise, or None."""
    near = promises.near(conn, until + _horizon(policy.settings))
    moments = [at for row in near for _, at in _moments(conn, row, policy, desk)]
    mornings = (quiet_ends(conn, row.customer_id, policy, after) for row in _news(conn, after))
    moments += [at for at in mornings if at is not None]
    return min((at for at in moments if after < at <= until), default=None)


def attend(
    conn: Connection, id: str, policy: Policy, desk: DeskHours, *, now: datetime, ids: Ids, ref: str
) -> Kept:  # fmt: skip
    """Remind, tell or escalate, whatever is due about a promise now: one unit of work."""
    row = promises.by_id(conn, id)
    if row is None:
        return Kept(id, ())
    customers.hold(conn, row.customer_id)
    row = promises.by_id(conn, id)
    if row is None or row.state != "open":
        return Kept(id, ())
    if row.due_at <= now:
        # Whoever was not told before is not told by a machine any more: a person speaks.
        return Kept(id, ("escalated",) if promises.escalate(conn, row, now=now, ids=ids) else ())
    due = {step for step, at in _moments(conn, row, policy, desk) if at <= now}
    steps: list[Step] = []
    if "reminded" in due and promises.remind(conn, row, now=now, ids=ids):
        steps.append("reminded")
    told = _tell(conn, row, policy, ref, now) if "told" in due else None
    if told is not None:
        steps.append(told)
    return Kept(id, tuple(steps), ref if told == "told" else None)


def tell_put_off(conn: Connection, id: str, policy: Policy, *, now: datetime, ref: str) -> Kept:
    """Tell the customer once that a promise has another time now, this one's: one unit of work.

    Where an agent has the conversation they say it themselves.
    """
    row = promises.by_id(conn, id)
    if row is None:
        return Kept(id, ())
    customers.hold(conn, row.customer_id)
    row = promises.by_id(conn, id)
    if row is None or row.state != "open" or row.due_at <= now or "care" in switches.paused(conn):
        return Kept(id, ())
    rule = PUT_OFF[row.kind]
    customer, verdict = _asked(conn, row, rule, policy, now)
    if verdict.reason == "quiet_hours":
        return Kept(id, ())  # the morning is near
    if verdict.reason is not None:
        held_back = _hold_back(conn, row, rule, verdict, now)
        if verdict.reason == "open_complaint":  # so the gate calls it, of a service, that an agent speaks
            schedule.claim(conn, rule.name, row.id, now=now, outcome=verdict.reason)
        return Kept(id, ("held back",) if held_back else ())
    if not schedule.claim(conn, rule.name, row.id, now=now, outcome="queued"):
        return Kept(id, ())
    _queue(conn, row, rule, policy, customer, ref, now)
    return Kept(id, ("told",), ref)


def last_moment(conn: Connection, row: Any, now: datetime) -> str | None:
    """Look once more right before ``row``, an outbox row about a promise, leaves; return why it may not, or None."""
    promise = promises.by_id(conn, row.body["about"]["promise"])
    if promise is None or promise.state != "open":
        return ENDED
    if promise.due_at <= now:
        return LATE
    talk = conversations.of_customer(conn, row.customer_id)
    if talk is not None and talk.owner not in (BOT, QUEUE):
        return "an agent has the conversation"
    return None


def _due(conn: Connection, now: datetime, policy: Policy, desk: DeskHours) -> list[str]:
    near = promises.near(conn, now + _horizon(policy.settings))
    return [
        row.id for row in near if row.due_at <= now or any(at <= now for _, at in _moments(conn, row, policy, desk))
    ]


def _moments(conn: Connection, row: Any, policy: Policy, desk: DeskHours) -> Iterator[tuple[Step, datetime]]:
    yield "escalated", row.due_at
    if row.reminded_at is None and (at := remind_at(row, policy.settings, desk)) < row.due_at:
        yield "reminded", at
    if row.told_at is None:
        customer = customers.by_id(conn, row.customer_id)
        zone = zone_named(customer.timezone if customer else None, policy.settings.zone)
        if (at := tell_at(row, policy.settings, desk, zone)) < row.due_at:
            yield "told", at


def _horizon(settings: CareSettings) -> timedelta:
    # Quiet hours move what is said to the evening before.
    return max(settings.promise_reminded_before, settings.promise_told_before) + _A_DAY


def _news(conn: Connection, now: datetime) -> list[Any]:
    """Return the promises, put off in the place of others, of which the customer is still to be told."""
    return [
        row
        for row in promises.put_off(conn, now - NEWS_FOR)
        if not schedule.is_taken(conn, PUT_OFF[row.kind].name, row.id)
    ]


def _tell(conn: Connection, row: Any, policy: Policy, ref: str, now: datetime) -> Step | None:
    if "care" in switches.paused(conn):
        return None
    rule = RULES[row.kind]
    customer, verdict = _asked(conn, row, rule, policy, now)
    if verdict.reason is not None:  # it is tried again until it is due
        return "held back" if _hold_back(conn, row, rule, verdict, now) else None
    if not promises.mark_told(conn, row.id, now=now):
        return None
    _queue(conn, row, rule, policy, customer, ref, now)
    return "told"


def _asked(conn: Connection, row: Any, rule: Rule, policy: Policy, now: datetime) -> tuple[Any, Verdict]:
    """Return the customer of a promise, and what the gate says to telling them about it now."""
    customer: Any = customers.by_id(conn, row.customer_id)
    facts = gather(conn, customer, rule=rule, due_at=now, policy=policy, now=now)
    if facts.owner == QUEUE:
        facts = replace(facts, owner=BOT)  # who waits in the queue hears of nobody else
    return customer, judge(facts, rule.purpose, now, policy.settings)


def _hold_back(conn: Connection, row: Any, rule: Rule, verdict: Verdict, now: datetime) -> bool:
    """Record that it could not be said, once for each reason; False where it was."""
    assert verdict.reason is not None, "what the gate lets through is not held back"
    if not schedule.claim(conn, rule.name, f"{row.id}:{verdict.reason}", now=now, outcome=verdict.reason):
        return False
    about = {"rule": rule.name, "promise": row.id, "due_at": row.due_at.isoformat(), "gates": verdict.as_json()}
    history.record(
        conn, at=now, kind="care.skipped", by="care", customer_id=row.customer_id,
        data=about | {"reason": verdict.reason},
    )  # fmt: skip
    return True


def _queue(
    conn: Connection, row: Any, rule: Rule, policy: Policy, customer: Any, ref: str, now: datetime
) -> None:  # fmt: skip
    identity = reachable_identity(conn, customer.id, purpose=rule.purpose, now=now)
    assert identity is not None, "the gate lets nobody through who cannot be reached"
    about_what = "put_off" if rule is PUT_OFF[row.kind] else "promise"
    data = {"number": row.ticket, "promised": row.text, "due_at": moment(row.due_at)}
    body = policy.words_for(rule, customer, data, key=row.id, now=now) | {"about": {"promise": row.id}}
    message = {
        "ref": ref, "dedupe_key": f"{about_what}:{row.id}", "customer_id": customer.id,
        "conversation_id": row.conversation_id, "identity_id": identity.id, "channel": identity.channel,
        "recipient": identity.user_id, "kind": "notice", "rule": rule.name, "body": body,
        "status": "queued", "due_at": now, "created_at": now,
    }  # fmt: skip
    outbox.queue(conn, [message])
    history.record(
        conn, at=now, kind="message.out", by="care", ref=ref, customer_id=customer.id,
        conversation_id=row.conversation_id, identity_id=identity.id, channel=identity.channel, text=body["text"],
        data={"kind": "notice", "rule": rule.name, "promise": row.id},
    )  # fmt: skip
