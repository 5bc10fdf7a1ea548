"""A message's whole way, top to bottom: understand → decide → act → record → answer.

    understand   asks the NLU; no transaction is open
    write        one transaction: the flows decide, their actions act, the history and the
                 reason are recorded, the answers are queued, the message is done
    deliver      hands the answers to the channel
    finish       one transaction: what became of them; the conversation's next message

Killed between any two of them, nothing is lost: the message is still open, or its
answers are still queued, and the sweep takes them up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from bot import talk
from bot.answering import Answering, MessageTaken, Written
from bot.delivery import Delivery, Outcome, settle
from bot.intake import Claimed, load_claimed
from bot.metrics import Metrics
from crm_store import conversations, customers, inbox, zones
from crm_store.ports import Clock
from crm_store.unit_of_work import Store
from crm_store.wakes import OUTBOX, TALK
from nlu.understanding import Language, Understanding

log = structlog.get_logger(__name__)

FIRST_REST = timedelta(seconds=1)
"""How long a message rests after a failed turn; it doubles with each attempt."""


class Understand(Protocol):
    """Finds out what a text means; always answers."""

    async def __call__(
        self, text: str, *, asking: str | None, language: Language, timezone: str, now: datetime
    ) -> Understanding: ...


class Turn:
    """Handles claimed messages, one at a time for each conversation."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        understand: Understand,
        answering: Answering,
        delivery: Delivery,
        *,
        worker: str,
        lease: timedelta,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._understand = understand
        self._answering = answering
        self._delivery = delivery
        self._worker = worker
        self._lease = lease
        self._metrics = metrics

    async def __call__(self, claimed: Claimed) -> Claimed | None:
        """Handle one message; return the conversation's next one, claimed, or None when it is free."""
        # Whatever is logged on the way, by whomever, names the message that it was for.
        with structlog.contextvars.bound_contextvars(turn=claimed.ref):
            return await self._take(claimed)

    async def _take(self, claimed: Claimed) -> Claimed | None:
        try:
            understood = await self._understood(claimed)
            with self._metrics.step("write"):
                written = await self._store.run(
                    self._answering.write, claimed, understood, now=self._clock.now(), lease=self._lease
                )
        except MessageTaken:
            # Our lease ran out and another worker was faster: all that is left is to let go.
            log.info("turn.taken_by_another", ref=claimed.ref)
            self._metrics.turn("taken")
            return await self._store.run(_let_go, claimed.conversation_id, worker=self._worker)
        except Exception as exc:  # noqa: BLE001 - a turn that fails is tried again, then given to a person
            return await self._failed(claimed, exc)
        self._metrics.turn(written.outcome)
        self._store.wakes.post(TALK, written.conversation_id)
        if written.waiting:
            self._store.wakes.post(OUTBOX)
        with self._metrics.step("deliver"):
            outcomes = await self._delivery.send(written.parcels)
        with self._metrics.step("finish"):
            return await self._finish(claimed, written, outcomes)

    async def _understood(self, claimed: Claimed) -> Understanding | None:
        if not claimed.inbound.text:
            return None
        state = claimed.state
        with self._metrics.understanding() as by:
            understood = await self._understand(
                claimed.inbound.text,
                asking=(state.get("dialogue") or {}).get("asking"),
                language=self._answering.language(state.get("language"), claimed.language),
                timezone=zones.of_row(claimed.who) or self._answering.zone,
                now=self._clock.now(),
            )
            by(understood.source)
            return understood

    async def _finish(self, claimed: Claimed, written: Written, outcomes: Sequence[Outcome]) -> Claimed | None:
        now = self._clock.now()
        # Shielded: a shutdown that cancels us here must not leave a sent answer unmarked.
        following = await asyncio.shield(
            self._store.run(finish, claimed, written, outcomes, worker=self._worker, now=now, until=now + self._lease)
        )
        if outcomes:
            self._store.wakes.post(TALK, written.conversation_id)
        return following

    async def _failed(self, claimed: Claimed, error: Exception) -> Claimed | None:
        # Only the kind of the error: a database puts the customer's words into its text.
        log.error("turn.failed", ref=claimed.ref, error=type(error).__name__, at=_place(error))
        given_up = await self._store.run(
            self._answering.give_up_or_rest, claimed, now=self._clock.now(), rest=FIRST_REST
        )
        self._metrics.turn("given_up" if given_up else "failed")
        return None


def finish(
    conn: Connection,
    claimed: Claimed,
    written: Written,
    outcomes: Sequence[Outcome],
    *,
    worker: str,
    now: datetime,
    until: datetime,
) -> Claimed | None:
    """Write down what became of the answers; keep the conversation for its next message, or set it free."""
    customers.hold(conn, written.customer_id)
    settle(conn, outcomes, sender=worker, now=now)
    is_over, following = _go_on(conn, written.conversation_id, worker=worker, now=now, until=until)
    if is_over:
        return following
    # Somebody else goes on with it, unless it has become another talk, by a merge, and our lease with it.
    who = talk.find(conn, claimed.inbound.channel, claimed.inbound.user_id)
    if who is None or who.id is None or who.id == written.conversation_id:
        return None
    return _go_on(conn, who.id, worker=worker, now=now, until=until)[1]


def _go_on(
    conn: Connection, conversation_id: str, *, worker: str, now: datetime, until: datetime
) -> tuple[bool, Claimed | None]:
    """End our lease, or return the next message under a fresh one; False where the lease is not ours."""
    if inbox.set_free(conn, conversation_id, worker):
        return True, None
    if not conversations.keep(conn, conversation_id, worker=worker, now=now, until=until):
        return False, None
    waiting: Any = inbox.oldest_open(conn, conversation_id)
    return True, load_claimed(conn, waiting)


def _let_go(conn: Connection, conversation_id: str, *, worker: str) -> None:
    conversations.release(conn, conversation_id, worker)


def _place(error: BaseException) -> str:
    """Return the file and line that raised, so that a failure can be found without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
