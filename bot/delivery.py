"""The outbox's way out: hand messages to their channels, try again, give up, and record what became of them.

A row is ``sending`` before its platform is called, so after a crash it is known that
nobody knows. A reply is then sent again, since silence is worse; a care message is
not, since twice is worse, and is recorded as ``unknown``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.errors import ChannelBusy, ChannelRefused
from bot.messages import Button, Outbound, OutboundKind
from bot.metrics import Metrics
from bot.ports import Channel, able_of
from bot.rates import Departures
from bot.windows import shut_for
from crm_store import budgets, conversations, handoffs, history, identities, outbox, switches
from crm_store.ports import Clock
from crm_store.privacy.erasing import is_erased
from crm_store.unit_of_work import Store
from crm_store.wakes import TALK

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_WAIT_FOR_ABSENT = timedelta(minutes=1)
SENDER_DIED = "the sender died while the platform was called"

FORGET_EVERY = timedelta(minutes=10)
"""How often used-up budgets that are full again are cleared away."""

SPOKEN_FIRST = ("care", "notice", "survey")
"""What nobody has asked for: it waits while care is paused, and is looked at once more before it leaves."""

LastMoment = Callable[[Connection, Any, datetime], str | None]
"""Asked right before a message of care, a survey or a notice leaves: a reason not to send it after all, or None."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbox row on its way: the message, and what delivery has to know of it."""

    message: Outbound
    customer_id: str
    conversation_id: str | None
    identity_id: str
    rule: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a platform did with a parcel; one of the three is set.

    ``external_id`` where it was taken, ``again_at`` where it is to be tried again,
    ``failure`` where it is over.
    """

    parcel: Parcel
    external_id: str | None = None
    again_at: datetime | None = None
    failure: str | None = None
    reason: str = ""
    unreachable: bool = False


type _Ended = tuple[Parcel, str, str | None]
"""A message that was ended without its platform, as what, and why."""


def parcel_of(row: Mapping[str, Any]) -> Parcel:
    """Return the parcel of an outbox row."""
    body = row["body"]
    buttons = tuple(Button(**button) for button in body.get("buttons", ()))
    message = Outbound(
        row["ref"], row["channel"], row["recipient"], row["kind"], body["text"], buttons,
        body.get("request_contact", False),
    )  # fmt: skip
    return Parcel(
        message, row["customer_id"], row["conversation_id"], row["identity_id"], row["rule"],
        row.get("attempts", 0), row["created_at"],
    )  # fmt: skip


class Delivery:
    """Delivers parcels over the channels of this process; those ``elsewhere`` are left to the ones that serve them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        channels: Mapping[str, Channel],
        *,
        worker: str,
        lease: timedelta,
        last_moment: LastMoment,
        metrics: Metrics,
        elsewhere: Collection[str] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._channels = channels
        self._worker = worker
        self._lease = lease
        self._last_moment = last_moment
        self._elsewhere = elsewhere
        self._under_way: set[str] = set()
        self._metrics = metrics
        self._forget_at = clock.now() + FORGET_EVERY
        self.crowded = False
        """Whether the last sweep left something behind that a platform will take in a moment."""

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Hand over the parcels of one recipient in their order; after one that has to wait, the others wait too."""
        outcomes: list[Outcome] = []
        wait_until: datetime | None = None
        under_way = {parcel.message.id for parcel in parcels}
        self._under_way |= under_way
        try:
            for parcel in parcels:
                if wait_until is not None:
                    outcomes.append(Outcome(parcel, again_at=wait_until, reason="behind another"))
                    continue
                outcome = await self._send(parcel)
                self._count(parcel, _fate(outcome))
                wait_until = outcome.again_at
                outcomes.append(outcome)
        finally:
            self._under_way -= under_way
        return outcomes

    async def sweep(self, at_work: Container[str] = frozenset()) -> int:
        """Recover what a dead sender left, then deliver what is due; return how many parcels were tried.

        ``at_work`` are conversations whose turn this process is taking: their answers
        may be under way longer than a lease, and are not sent again for that.
        """
        now = self._clock.now()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            await self._store.run(budgets.forget_full, now=now)
        due, never, self.crowded = await self._store.run(
            _take_due, self._last_moment, self._channels, worker=self._worker, now=now, until=now + self._lease,
            at_work=at_work, elsewhere=self._elsewhere,
        )  # fmt: skip
        for parcel, fate, reason in never:
            self._count(parcel, fate, reason)
            self._tell(parcel)
        # Each to somebody else, so none needs to wait for another's platform.
        for ended in await asyncio.gather(*(self._deliver(parcel) for parcel in due), return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended
        return len(due)

    def under_way(self) -> tuple[str, ...]:
        """Return the references of the messages that this process is sending."""
        return tuple(self._under_way)

    async def next_due(self) -> datetime | None:
        """Return when the next waiting message may leave, or None where none waits."""
        return await self._store.read(outbox.next_due)

    def _count(self, parcel: Parcel, fate: str, reason: str | None = None) -> None:
        self._metrics.message(parcel.message.channel, parcel.message.kind, fate)
        if fate == "skipped" and parcel.message.kind == "care":
            self._metrics.care(fate, reason)

    async def _deliver(self, parcel: Parcel) -> None:
        await self._store.run(settle, await self.send([parcel]), sender=self._worker, now=self._clock.now())
        self._tell(parcel)

    def _tell(self, parcel: Parcel) -> None:
        if parcel.conversation_id is not None:
            self._store.wakes.post(TALK, parcel.conversation_id)

    async def _send(self, parcel: Parcel) -> Outcome:
        channel = self._channels.get(parcel.message.channel)
        if channel is None:
            return self._later(parcel, "no such channel here", LONGEST_WAIT)
        try:
            return Outcome(parcel, external_id=await channel.send(parcel.message))
        except ChannelRefused as exc:
            return Outcome(parcel, failure="failed", reason=str(exc), unreachable=exc.unreachable)
        except ChannelBusy as exc:
            if not exc.certain and parcel.message.kind == "care":
                return Outcome(parcel, failure="unknown", reason=str(exc))
            return self._later(parcel, str(exc), exc.retry_after, absent=exc.absent)
        except Exception as exc:  # noqa: BLE001 - one message that breaks its channel must not hold up all others
            log.error("delivery.channel_broke", channel=parcel.message.channel, error=type(exc).__name__)
            reason = f"the channel broke: {type(exc).__name__}"
            if parcel.message.kind == "care":
                return Outcome(parcel, failure="unknown", reason=reason)
            return self._later(parcel, reason, FIRST_WAIT)

    def _later(self, parcel: Parcel, reason: str, asked: timedelta, *, absent: bool = False) -> Outcome:
        now = self._clock.now()
        if now - parcel.created_at >= GIVE_UP_AFTER:
            return Outcome(parcel, failure="failed", reason=f"given up: {reason}")
        longest = LONGEST_WAIT_FOR_ABSENT if absent else LONGEST_WAIT
        wait = max(asked, min(FIRST_WAIT * 2 ** min(parcel.attempts, 20), longest))
        # Why stands in the outbox: what a platform says may quote the message.
        tell = log.debug if absent else log.warning
        tell(
            "delivery.postponed",
            channel=parcel.message.channel,
            ref=parcel.message.id,
            attempt=parcel.attempts + 1,
            again_in_s=wait.total_seconds(),
        )
        return Outcome(parcel, again_at=now + wait, reason=reason)


def _fate(outcome: Outcome) -> str:
    """Return how an outcome is counted."""
    if outcome.external_id is not None:
        return "sent"
    return outcome.failure or "postponed"


def settle(conn: Connection, outcomes: Sequence[Outcome], *, sender: str, now: datetime) -> None:
    """Write down what became of parcels; what the customer got, or will never get, is history.

    Of what ``sender`` has lost meanwhile to somebody else, only that it was taken counts.
    """
    for outcome in outcomes:
        if outcome.failure is not None or outcome.parcel.message.kind == "care":  # there is something to record
            identities.hold_customer(conn, outcome.parcel.message.channel, outcome.parcel.message.recipient)
    sent = [(o.parcel.message.id, o.external_id) for o in outcomes if o.external_id is not None]
    if sent:
        outbox.mark_sent(conn, sent, now=now)
    for outcome in outcomes:
        parcel = outcome.parcel
        if outcome.again_at is not None:
            outbox.try_again(conn, parcel.message.id, sender=sender, due=outcome.again_at, reason=outcome.reason)
        elif outcome.failure is not None:
            if not outbox.end(conn, parcel.message.id, outcome.failure, outcome.reason, sender=sender):
                continue
            if outcome.unreachable:
                identities.mark_unreachable(conn, parcel.identity_id, now)
        if parcel.message.kind == "care":
            if outcome.external_id is not None:
                # Whoever was forgotten while a platform was slow is not written down again.
                if not is_erased(conn, parcel.customer_id):
                    _record_care(conn, parcel, "sent", None, now)
            elif outcome.failure is not None:
                _record_care(conn, parcel, outcome.failure, outcome.reason, now)
        elif outcome.failure is not None:
            _record(conn, parcel, "message.failed", {"reason": outcome.reason}, now)


def _take_due(
    conn: Connection,
    last_moment: LastMoment,
    channels: Mapping[str, Channel],
    *,
    worker: str,
    now: datetime,
    until: datetime,
    at_work: Container[str],
    elsewhere: Collection[str],
) -> tuple[list[Parcel], list[_Ended], bool]:
    """Return what is to be sent now, what never will be, and whether a platform's rate held anything back."""
    ended: list[_Ended] = []
    for row in outbox.expired(conn, now=now):
        if row.lease_owner == worker and row.conversation_id in at_work:
            continue
        if row.kind == "care":
            outbox.end(conn, row.ref, "unknown", SENDER_DIED, sender=row.lease_owner)
            _record_care(conn, parcel_of(row._mapping), "unknown", "crash", now)
            ended.append((parcel_of(row._mapping), "unknown", None))
        else:
            outbox.try_again(conn, row.ref, sender=row.lease_owner, due=now, reason=SENDER_DIED)
    held = switches.paused(conn)
    departures = Departures(conn, now)
    parcels = []
    crowded = False
    due = outbox.claim_due(conn, worker=worker, now=now, until=until, elsewhere=elsewhere)
    # By channel: all that take budgets take those of several channels in one order.
    for row in sorted(due, key=lambda row: row.channel):
        if row.kind in SPOKEN_FIRST and "care" in held:
            outbox.try_again(conn, row.ref, sender=worker, due=now + LONGEST_WAIT, reason="care is paused")
        elif (reason := _objection(conn, row, held, last_moment, now)) is not None:
            outbox.end(conn, row.ref, "skipped", reason, sender=worker)
            ended.append((parcel_of(row._mapping), "skipped", reason))
            if row.kind == "care":
                _record_care(conn, parcel_of(row._mapping), "skipped", reason, now)
            elif row.kind in SPOKEN_FIRST:
                _record(conn, parcel_of(row._mapping), "message.failed", {"reason": reason, "message": row.ref}, now)
        elif (later := departures.held_until(able_of(channels, row.channel), row)) is not None:
            outbox.hold(conn, row.ref, due=later)
            crowded = True
        elif (shut := shut_for(conn, able_of(channels, row.channel), row, now=now)) is not None:
            parcel = parcel_of(row._mapping)
            outbox.end(conn, row.ref, "skipped", shut, sender=worker)
            ended.append((parcel, "skipped", shut))
            if row.kind == "care":
                _record_care(conn, parcel, "skipped", shut, now)
            else:
                _record(conn, parcel, "message.failed", {"reason": shut, "message": row.ref}, now)
        else:
            parcels.append(parcel_of(row._mapping))
    return parcels, ended, crowded


def _objection(conn: Connection, row: Any, held: frozenset[str], last_moment: LastMoment, now: datetime) -> str | None:
    if row.recipient.startswith(identities.ERASED):
        return "erased"
    if row.kind in SPOKEN_FIRST:
        return last_moment(conn, row, now)
    if row.kind != "reply" or row.conversation_id is None:
        return None
    if "bot" in held:
        # Nobody wants to hear it when the bot runs again: a person answers instead.
        handoffs.request(
            conn, conversation_id=row.conversation_id, customer_id=row.customer_id, reason="bot_paused", now=now,
            channel=row.channel,
        )  # fmt: skip
        return "the bot is paused"
    talk = conversations.by_id(conn, row.conversation_id)
    if talk is not None and talk.owner.startswith("agent:"):
        return "an agent has the conversation"
    return None


def _record_care(conn: Connection, parcel: Parcel, fate: str, reason: str | None, now: datetime) -> None:
    data: dict[str, Any] = {"rule": parcel.rule, "message": parcel.message.id}
    if reason is not None:
        data["reason"] = reason
    said = {"ref": parcel.message.id, "text": parcel.message.text} if fate == "sent" else {}
    _record(conn, parcel, f"care.{fate}", data, now, **said)


def _record(conn: Connection, parcel: Parcel, kind: str, data: dict[str, Any], now: datetime, **columns: str) -> None:
    # Customers are merged, and taken apart, while a platform is being called: the row has gone along.
    present = outbox.by_ref(conn, parcel.message.id)
    whose = parcel if present is None else present
    history.record(
        conn, at=now, kind=kind, by="system", customer_id=whose.customer_id, conversation_id=whose.conversation_id,
        identity_id=parcel.identity_id, channel=parcel.message.channel, data=data, **columns,
    )  # fmt: skip


def queued(
    *,
    ref: str,
    dedupe_key: str,
    customer_id: str,
    conversation_id: str | None,
    identity_id: str,
    channel: str,
    recipient: str,
    kind: OutboundKind,
    text: str,
    now: datetime,
    buttons: Sequence[Button] = (),
    request_contact: bool = False,
    rule: str | None = None,
) -> dict[str, Any]:
    """Return the outbox row of a new message, waiting to leave."""
    body: dict[str, Any] = {"text": text}
    if buttons:
        body["buttons"] = [{"title": button.title, "payload": button.payload} for button in buttons]
    if request_contact:
        body["request_contact"] = True
    return {
        "ref": ref, "dedupe_key": dedupe_key, "customer_id": customer_id, "conversation_id": conversation_id,
        "identity_id": identity_id, "channel": channel, "recipient": recipient, "kind": kind, "rule": rule,
        "body": body, "status": "queued", "due_at": now, "created_at": now,
    }  # fmt: skip
