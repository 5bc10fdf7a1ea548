"""Checks that everything is in a state that exists, with what belongs to that state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, and_, or_

from crm_store import approvals as approval_store
from crm_store import memory, opportunities
from crm_store import promises as promise_store
from crm_store import surveys as survey_store
from crm_store import tasks as task_store
from crm_store import wishes as wish_store
from crm_store.approvals import approvals
from crm_store.consents import EVERY, consent_words, consents
from crm_store.coupons import STATES as COUPON_STATES
from crm_store.coupons import coupons
from crm_store.customers import customers
from crm_store.finds import Find, rows
from crm_store.inbox import inbox
from crm_store.learning import STATES as LESSON_STATES
from crm_store.learning import lessons
from crm_store.memory import memory_facts
from crm_store.orders import STATUSES as ORDER_STATUSES
from crm_store.orders import orders
from crm_store.outbox import outbox
from crm_store.points import KINDS as MOVEMENTS
from crm_store.points import entries
from crm_store.promises import promises
from crm_store.stages import STAGES
from crm_store.surveys import surveys
from crm_store.tasks import tasks
from crm_store.tickets import STEPS, tickets


def statuses(conn: Connection) -> Iterator[Find]:
    """Everything is in a state that exists, with what belongs to that state."""
    known: Sequence[tuple[Column[Any], Sequence[str]]] = (
        (inbox.c.status, ("open", "done", "dead")),
        (outbox.c.status, ("queued", "sending", "sent", "failed", "unknown", "skipped")),
        (customers.c.stage, STAGES),
        (orders.c.status, ORDER_STATUSES),
        (tickets.c.status, tuple(STEPS)),
        (entries.c.kind, MOVEMENTS),
        (coupons.c.state, COUPON_STATES),
        (consents.c.purpose, EVERY),
        (consent_words.c.purpose, EVERY),
        (memory_facts.c.status, memory.STATUSES),
        (opportunities.opportunities.c.stage, opportunities.STAGES),
        (promises.c.state, tuple(promise_store.STEPS)),
        (tasks.c.state, task_store.STATES),
        (approvals.c.state, approval_store.STATES),
        (surveys.c.state, survey_store.STATES),
        (lessons.c.state, LESSON_STATES),
        (wish_store.stock_wishes.c.state, wish_store.STATES),
    )
    for column, values in known:
        wrong = column.not_in(values)
        yield from rows(conn, "statuses", column.table, wrong, f"its {column.name} is none that there is")
    lost = and_(outbox.c.status == "sending", outbox.c.lease_until.is_(None))
    yield from rows(conn, "statuses", outbox, lost, "is being sent without a lease: nobody would ever take it up")
    learnt = and_(
        lessons.c.state == "accepted",
        or_(lessons.c.words.is_(None), lessons.c.intent.is_(None), lessons.c.language.is_(None)),
    )
    yield from rows(conn, "statuses", lessons, learnt, "is accepted and has no words, intent or language")
    gone = and_(lessons.c.state != "accepted", lessons.c.words.is_not(None))
    yield from rows(conn, "statuses", lessons, gone, "is not accepted, and its words are still there")
    wished = wish_store.stock_wishes
    over = and_(wished.c.state != "open", wished.c.ended_at.is_(None))
    yield from rows(conn, "statuses", wished, over, "is over and has no time of it")
    unsaid = and_(wished.c.state == "told", wished.c.message.is_(None))
    yield from rows(conn, "statuses", wished, unsaid, "is told and no message told it")
    unsent = and_(outbox.c.status == "sent", outbox.c.sent_at.is_(None))
    yield from rows(conn, "statuses", outbox, unsent, "is sent and has no time of it")
