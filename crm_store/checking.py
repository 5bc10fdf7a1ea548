"""Looks through the whole database for what must never be: sums that do not add up, things that point nowhere.

Each check is one statement or two, on both databases the same. What it finds is told
by table and key; never by a customer's words. It only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, and_, exists, func, not_, or_, select, text
from sqlalchemy.sql.elements import ColumnElement

from crm_store import schema
from crm_store import wishes as wish_store
from crm_store.approvals import approvals
from crm_store.belongings import OWNED
from crm_store.checking_states import statuses
from crm_store.consents import consent_words, consents
from crm_store.conversations import BOT, QUEUE, conversations
from crm_store.coupons import coupon_rules, coupons
from crm_store.customer_terms import customer_terms
from crm_store.customers import customers
from crm_store.finds import MOST_TOLD, Find, rows
from crm_store.guarding import openings
from crm_store.history import history
from crm_store.identities import identities
from crm_store.inbox import inbox
from crm_store.learning import lessons
from crm_store.memory import memory_facts
from crm_store.memory_kinds import KINDS
from crm_store.merges import merges
from crm_store.models import metadata
from crm_store.orders import orders
from crm_store.outbox import outbox
from crm_store.points import entries, lots, take_backs
from crm_store.promises import promises
from crm_store.search_index import is_ours, unindexed
from crm_store.surveys import surveys
from crm_store.tasks import tasks
from crm_store.teams import teams
from crm_store.tickets import STEPS, tickets

Check = Callable[[Connection], Iterator[Find]]


def checks() -> dict[str, Check]:
    """Return every check by its name, in the order in which they are made."""
    return {
        "form": _form,
        "file": _file,
        "references": _references,
        "points": _points,
        "coupons": _coupons,
        "statuses": statuses,
        "conversations": _conversations,
        "tickets": _tickets,
        "memory": _memory,
        "history": _history,
        "promises": _promises,
        "merges": _merges,
    }


def check(conn: Connection, *, progress: Callable[[float, str], None] = lambda share, name: None) -> list[Find]:
    """Return everything that is wrong, `MOST_TOLD` of each check; nothing where all is well."""
    found: list[Find] = []
    every = checks()
    for number, (name, look) in enumerate(every.items()):
        progress(number / len(every), name)
        for count, find in enumerate(look(conn)):
            if count == MOST_TOLD:
                found.append(Find(name, find.table, "…", f"and more: only the first {MOST_TOLD} are told"))
                break
            found.append(find)
        if found and name == "form":
            return found  # the other checks could not even be asked
    progress(1.0, "done")
    return found


def _form(conn: Connection) -> Iterator[Find]:
    """Its tables are those that the models declare, at the newest migration."""
    context = MigrationContext.configure(
        conn, opts={"compare_type": True, "target_metadata": metadata, "include_name": is_ours}
    )
    present = context.get_current_revision()
    if present != schema.newest():
        yield Find(
            "form", "alembic_version", str(present), f"is not the newest form {schema.newest()}; shuke db upgrade"
        )
        return
    for difference in compare_metadata(context, metadata):
        kind, *about = difference if isinstance(difference, tuple) else ("change", *difference)
        named = next((str(getattr(one, "name", one)) for one in about if one is not None), "?")
        yield Find("form", named, str(kind), "is not as the program declares it")


def _file(conn: Connection) -> Iterator[Find]:
    """SQLite's own check of pages and indexes."""
    if conn.dialect.name != "sqlite":
        return
    for (told,) in conn.execute(text(f"PRAGMA integrity_check({MOST_TOLD})")):
        if told != "ok":
            yield Find("file", "", "", told)


# References that the tables themselves do not enforce, since rows of queues are written on the way of every message.
# A coupon's order is none of them: the till may use one before the shop tells of the order. Nor has an order to have
# items: an event or a list need not name any.
_LOOSE: tuple[tuple[ColumnElement[Any], ColumnElement[Any]], ...] = (
    (inbox.c.conversation_id, conversations.c.id),
    (inbox.c.identity_id, identities.c.id),
    (outbox.c.customer_id, metadata.tables["customers"].c.id),
    (outbox.c.conversation_id, conversations.c.id),
    (outbox.c.identity_id, identities.c.id),
    (history.c.conversation_id, conversations.c.id),
    (history.c.identity_id, identities.c.id),
    (tickets.c.conversation_id, conversations.c.id),
    (memory_facts.c.superseded_by, memory_facts.c.id),
    (memory_facts.c.consent_word, consent_words.c.id),
    (unindexed.c.id, history.c.id),
    (customer_terms.c.customer_id, customers.c.id),
    (lots.c.origin, lots.c.id),
    (entries.c.undoes, entries.c.id),
    (entries.c.take_back_id, take_backs.c.id),
    (promises.c.conversation_id, conversations.c.id),
    (lots.c.order_no, orders.c.order_no),
    (take_backs.c.order_no, orders.c.order_no),
    (promises.c.ticket, tickets.c.number),
    (promises.c.replaces, promises.c.id),
    (tasks.c.conversation_id, conversations.c.id),
    (tasks.c.promise_id, promises.c.id),
    (tasks.c.ticket, tickets.c.number),
    (approvals.c.conversation_id, conversations.c.id),
    (approvals.c.ticket, tickets.c.number),
    (surveys.c.conversation_id, conversations.c.id),
    (surveys.c.ticket, tickets.c.number),
    (lessons.c.message, history.c.ref),
    (wish_store.stock_wishes.c.message, outbox.c.ref),
)


def _references(conn: Connection) -> Iterator[Find]:
    """Whatever a row points to is there."""
    declared = [
        (key.parent, key.column) for table in metadata.sorted_tables for key in sorted(table.foreign_keys, key=str)
    ]
    for child, parent in (*declared, *_LOOSE):
        there = parent.table.alias("there")
        lost = and_(child.is_not(None), ~exists().where(there.c[parent.name] == child))
        name = child.name
        yield from rows(conn, "references", child.table, lost, f"{name} points to nothing")


def _points(conn: Connection) -> Iterator[Find]:
    """What is left of each lot is what its movements add up to, neither less than nothing nor more than was earned."""
    sums = (
        select(
            lots.c.id,
            lots.c.points,
            lots.c.remaining,
            func.coalesce(func.sum(entries.c.points), 0).label("moved"),
        )
        .join_from(lots, entries, entries.c.lot_id == lots.c.id, isouter=True)
        .group_by(lots.c.id, lots.c.points, lots.c.remaining)
        .subquery()
    )
    for row in conn.execute(select(sums).where(sums.c.moved != sums.c.remaining).order_by(sums.c.id)):
        yield Find("points", "points_lots", row.id, f"{row.remaining} are left and its entries add up to {row.moved}")
    wrong = or_(lots.c.remaining < 0, lots.c.remaining > lots.c.points)
    yield from rows(conn, "points", lots, wrong, "more is left than was earned, or less than nothing")
    foreign = exists().where(lots.c.id == entries.c.lot_id, lots.c.customer_id != entries.c.customer_id)
    yield from rows(conn, "points", entries, foreign, "moves points of somebody else's lot")
    given = entries.alias("given")
    given_back = select(func.sum(given.c.points)).where(given.c.undoes == entries.c.id).scalar_subquery()
    more = and_(entries.c.kind == "spent", given_back > -entries.c.points)
    yield from rows(conn, "points", entries, more, "more of it came back than was spent")
    moved = select(-func.sum(entries.c.points)).where(entries.c.take_back_id == take_backs.c.id).scalar_subquery()
    parts = func.coalesce(moved, 0) + take_backs.c.owed + take_backs.c.lapsed + take_backs.c.forgiven
    unequal = or_(parts != take_backs.c.points, take_backs.c.owed < 0)
    yield from rows(conn, "points", take_backs, unequal, "its parts do not add up to what is taken back")


def _coupons(conn: Connection) -> Iterator[Find]:
    """Of none more were issued than there are, and each that is used, or waits to be, has its order."""
    standing = (
        select(func.count())
        .where(coupons.c.rule == coupon_rules.c.name, coupons.c.state != "cancelled")
        .scalar_subquery()
    )
    yield from rows(conn, "coupons", coupon_rules, coupon_rules.c.issued != standing, "counts others than were issued")
    too_many = coupon_rules.c.issued > coupon_rules.c.stock
    yield from rows(conn, "coupons", coupon_rules, too_many, "more were issued than its stock")
    used = and_(coupons.c.state == "used", or_(coupons.c.order_no.is_(None), coupons.c.used_at.is_(None)))
    yield from rows(conn, "coupons", coupons, used, "is used, and not by an order at a time")
    until = or_(coupons.c.order_no.is_(None), coupons.c.reserved_until.is_(None))
    waits = and_(coupons.c.state == "reserved", until)
    yield from rows(conn, "coupons", coupons, waits, "is reserved, and not for an order until a time")


def _conversations(conn: Connection) -> Iterator[Find]:
    """Each has one owner, waits only in the queue, and is leased to the end of a time."""
    owner = conversations.c.owner
    nobody = and_(owner.not_in((BOT, QUEUE)), owner.not_like("agent:_%"))
    yield from rows(conn, "conversations", conversations, nobody, "its owner is nobody")
    waits = or_(
        and_(owner == QUEUE, conversations.c.waiting_since.is_(None)),
        and_(owner != QUEUE, conversations.c.waiting_since.is_not(None)),
    )
    yield from rows(
        conn, "conversations", conversations, waits, "waits outside of the queue, or is in it without a time"
    )
    team = conversations.c.team
    misled = and_(team.is_not(None), or_(owner != QUEUE, team.not_in(select(teams.c.id))))
    yield from rows(conn, "conversations", conversations, misled, "is for a team outside of the queue, or for none")
    endless = and_(conversations.c.lease_owner.is_not(None), conversations.c.lease_until.is_(None))
    yield from rows(conn, "conversations", conversations, endless, "is leased without an end")


def _tickets(conn: Connection) -> Iterator[Find]:
    """The steps in the history lead from the opening to where each case stands, each one allowed."""
    stands = {row.number: row.status for row in conn.execute(select(tickets.c.number, tickets.c.status))}
    walked: dict[str, str | None] = dict.fromkeys(stands)
    steps = select(history.c.kind, history.c.data).where(
        history.c.kind.in_(("ticket.opened", "ticket.resolved", "ticket.closed", "ticket.reopened"))
    )
    for kind, data in conn.execute(steps.order_by(history.c.id)):
        number, step = str((data or {}).get("number")), kind.removeprefix("ticket.")
        if number not in walked:
            yield Find("tickets", "history", number, f"a case was {step} that is not there")
            continue
        before, after = walked[number], "open" if step in ("opened", "reopened") else step
        allowed = before is None if step == "opened" else before is not None and after in STEPS.get(before, ())
        if not allowed:
            yield Find("tickets", "tickets", number, f"was {step} while it was {before or 'not open yet'}")
        walked[number] = after
    for number, status in sorted(stands.items()):
        if walked[number] != status:
            led = walked[number] or "nowhere"
            yield Find("tickets", "tickets", number, f"is {status}, and its steps lead to {led}")
    resolved = and_(tickets.c.status == "resolved", tickets.c.resolved_at.is_(None))
    yield from rows(conn, "tickets", tickets, resolved, "is resolved and has no time of it")


def _memory(conn: Connection) -> Iterator[Find]:
    """What is remembered has its text and its leave, what is forgotten has neither, and nothing contradicts itself."""
    facts, status = memory_facts, memory_facts.c.status
    unproved = ~exists().where(
        consent_words.c.customer_id == consents.c.customer_id, consent_words.c.purpose == consents.c.purpose,
        consent_words.c.channel.is_(None), consent_words.c.value == consents.c.value,
    )  # fmt: skip
    yield from rows(conn, "memory", consents, unproved, "is a word without its proof")
    left = and_(status.in_(("forgotten", "pending")), or_(facts.c.value.is_not(None), facts.c.words.is_not(None)))
    yield from rows(conn, "memory", facts, left, "is forgotten or waits for leave, and its text is still there")
    empty = and_(status.in_(("active", "superseded")), facts.c.value.is_(None))
    yield from rows(conn, "memory", facts, empty, "is remembered without a text")
    private = facts.c.kind.in_([kind.name for kind in KINDS.values() if kind.sensitive])
    unasked = and_(status == "active", private, facts.c.consent_word.is_(None))
    yield from rows(conn, "memory", facts, unasked, "is sensitive and kept without its owner's leave")
    other = facts.alias("other")
    twice = and_(
        status == "active",
        facts.c.kind.in_([kind.name for kind in KINDS.values() if kind.single]),
        exists().where(
            other.c.customer_id == facts.c.customer_id, other.c.kind == facts.c.kind, other.c.status == "active",
            other.c.id > facts.c.id, func.coalesce(other.c.about, "") == func.coalesce(facts.c.about, ""),
        ),
    )  # fmt: skip
    yield from rows(conn, "memory", facts, twice, "is remembered beside another that contradicts it")


def _history(conn: Connection) -> Iterator[Find]:
    """It may be changed by nobody, but within the transaction of an erasure."""
    yield from rows(conn, "history", openings, openings.c.id > 0, "the history was left open: anybody may change it")


def _promises(conn: Connection) -> Iterator[Find]:
    """None has ended without what shows how, none was told about after it was due, and what was done has its time."""
    kept, ended = promises.c.state == "kept", promises.c.state.in_(("kept", "renegotiated", "withdrawn"))
    wrongs = {
        "is kept and nothing shows it": and_(kept, promises.c.proof.is_(None)),
        "has ended without its time": and_(ended, promises.c.ended_at.is_(None)),
        "has ended without a reason": and_(ended, ~kept, promises.c.reason.is_(None)),
        "is escalated and has no time of it": and_(promises.c.state == "escalated", promises.c.late_at.is_(None)),
        "was told to the customer after it was due": promises.c.told_at >= promises.c.due_at,
    }
    for what, wrong in wrongs.items():
        yield from rows(conn, "promises", promises, wrong, what)
    later = promises.alias("later")
    follows = ~exists().where(later.c.replaces == promises.c.id)
    lost = and_(promises.c.state == "renegotiated", follows)
    yield from rows(conn, "promises", promises, lost, "is renegotiated and nothing came in its place")
    undone = and_(tasks.c.state == "done", tasks.c.done_at.is_(None))
    yield from rows(conn, "promises", tasks, undone, "is done and has no time of it")


def _merges(conn: Connection) -> Iterator[Find]:
    """Who was absorbed is no customer, can be one again, and whatever stands on their side is their survivor's."""
    is_standing = merges.c.undone_at.is_(None)
    there = customers.alias("there")
    twice = and_(is_standing, exists().where(there.c.id == merges.c.absorbed_id))
    yield from rows(conn, "merges", merges, twice, "who was absorbed is a customer still")
    whole = and_(merges.c.survivor.is_not(None), merges.c.absorbed.is_not(None), merges.c.joint.is_not(None))
    yield from rows(conn, "merges", merges, and_(is_standing, not_(whole)), "it could not be undone")
    inner = merges.alias("inner")
    gone = and_(
        is_standing,
        ~exists().where(there.c.id == merges.c.survivor_id),
        ~exists().where(inner.c.absorbed_id == merges.c.survivor_id, inner.c.undone_at.is_(None)),
    )
    yield from rows(conn, "merges", merges, gone, "its survivor is nobody")
    for of in OWNED:
        astray = and_(
            of.c.side.is_not(None), ~exists().where(inner.c.absorbed_id == of.c.side, inner.c.undone_at.is_(None))
        )
        yield from rows(conn, "merges", of, astray, "stands on the side of somebody who was not absorbed")
