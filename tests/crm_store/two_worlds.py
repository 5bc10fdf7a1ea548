"""The same life in two worlds: in one customers are merged and taken apart, in the other they never were.

A step is a tuple: what, who, and what it needs. Whoever does something is named by their
user id on the channel; what nobody brings is done to the customer that has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from crm_store import (
    attributes,
    audit,
    consents,
    conversations,
    coupons,
    customers,
    history,
    identities,
    inbox,
    memory,
    merges,
    opportunities,
    orders,
    outbox,
    points,
    profile,
    promises,
    related,
    sides,
    surveys,
    tags,
    tasks,
    tickets,
    windows,
    wishes,
    zones,
)
from crm_store.coupons import Offer
from crm_store.customers import Birthday
from crm_store.memory import Said
from crm_store.merging import merge
from crm_store.models import metadata
from crm_store.origins import bringing
from crm_store.promises import NewPromise
from crm_store.tasks import NewTask
from crm_store.unmerging import unmerge
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, an_outbound

PEOPLE = ("ana", "bob", "cat", "dan")
COUNTED = ("history", "outbox", "inbox", "audit", "points_entries", "consent_words", "customer_tags", "zone_words")
"""Their keys count up: only the order is the same in two worlds."""


class Numbers:
    """Ids that count, the same in two worlds where the same is done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = count(1)

    def new(self) -> str:
        return f"{self._name}-{next(self._next)}"


class World:
    """One of the two; ``merging`` says which."""

    def __init__(self, conn: Connection, *, merging: bool) -> None:
        self.conn = conn
        self.merging = merging
        self.now = NOW
        self.ids, self.talk_ids = Numbers("id"), Numbers("talk")
        self.standing: list[int] = []
        self.spoken: set[str] = set()
        self._undo: list[tuple[str, str]] = []
        self.roots = {who: who for who in PEOPLE}
        """Who has whom, as it would be with the merges; the world without them does the same to the same."""
        coupons.define(conn, Offer("tea", "percent", Decimal(5), per_customer=100))
        a_customer(conn, "ana", number="C001", phone="+8613800138000", name="陈小姐", attributes={"a": 1})
        a_customer(conn, "bob", name="B.", language="en", birth_month=3, birth_day=5, attributes={"a": 2, "b": 3})
        a_customer(conn, "cat", number="C003", talks=False, email="cat@example.com")
        a_customer(conn, "dan", talks=False, member=True)

    def live(self, *steps: tuple[Any, ...]) -> World:
        for step, who, *more in steps:
            self.now += timedelta(minutes=1)
            getattr(self, f"_{step}")(who, *more)
        return self

    def end(self) -> World:
        while self.standing:
            self._unmerge("")
        return self

    def _merge(self, who: str, into: str) -> None:
        absorbed, survivor = self.roots[who], self.roots[into]
        if absorbed == survivor:
            return
        self.roots |= {one: survivor for one, root in self.roots.items() if root == absorbed}
        number = -1
        if self.merging:
            number = merge(self.conn, absorbed, survivor, evidence="agent", by="agent:li", now=self.now)
        self.standing.append(number)
        self._undo.append((absorbed, survivor))

    def _unmerge(self, who: str) -> None:
        if not self.standing:
            return
        number = self.standing.pop()
        absorbed, _ = self._undo.pop()
        self.roots |= dict.fromkeys(self._part_of(absorbed), absorbed)
        if self.merging:
            unmerge(self.conn, number, by="agent:li", now=self.now, ids=self.talk_ids)

    def _part_of(self, root: str) -> Iterator[str]:
        yield root
        for absorbed, survivor in self._undo:
            if survivor == root:
                yield from self._part_of(absorbed)

    def _says(self, who: str, words: str) -> None:
        conn, way = self.conn, self._way(who)
        talk = self._hears(way, words)
        self.spoken.add(who)
        state = {"dialogue": words}
        with bringing(way.side):
            conversations.save_turn(conn, talk, state=state, identity_id=way.id, now=self.now)
            sides.keep_turn(conn, way.customer_id, state=state, identity_id=way.id, now=self.now)
            answer = an_outbound(self.ids.new(), who, customer_id=way.customer_id, conversation_id=talk)
            outbox.queue(conn, [answer | {"due_at": self.now, "created_at": self.now}])
            history.record(
                conn, at=self.now, kind="message.out", by="bot", customer_id=way.customer_id, conversation_id=talk,
                identity_id=way.id, channel="telegram", text=f"re: {words}",
            )  # fmt: skip

    def _follows(self, who: str) -> None:
        self._hears(self._way(who), None)

    def _hears(self, way: Any, words: str | None) -> str:
        conn = self.conn
        talk = conversations.of_customer(conn, way.customer_id)
        if talk is None:
            conversations.add(
                conn, id=self.talk_ids.new(), customer_id=way.customer_id, identity_id=way.id, now=self.now
            )
            talk = conversations.of_customer(conn, way.customer_id)
        assert talk is not None
        inbox.store(
            conn, an_inbound(self.ids.new(), way.user_id, conversation_id=talk.id) | {"received_at": self.now}
        )  # fmt: skip
        history.record(
            conn, at=self.now, kind="message.in", by="customer", customer_id=way.customer_id, conversation_id=talk.id,
            identity_id=way.id, channel="telegram", text=words,
        )  # fmt: skip
        return str(talk.id)

    def _answered_by_li(self, who: str) -> None:
        """By nobody's identity, but to one."""
        way = self._way(who)
        own_talk = self._own_talk(way.customer_id)
        if who not in self.spoken:
            return
        ref = self.ids.new()
        outbox.queue(
            self.conn, [an_outbound(ref, who, customer_id=way.customer_id, conversation_id=own_talk, kind="agent")]
        )
        history.record(
            self.conn, at=self.now, kind="message.out", by="agent:li", customer_id=way.customer_id,
            conversation_id=own_talk, identity_id=way.id, text="li here",
        )  # fmt: skip

    def _own_talk(self, key: str) -> str | None:
        talk = conversations.of_customer(self.conn, key)
        return str(talk.id) if talk is not None else None

    def _word(self, who: str, purpose: str, value: bool) -> None:
        way = self._way(who)
        with bringing(way.side):
            consents.set_consent(self.conn, way.customer_id, purpose, value, now=self.now, evidence=f"said by {who}")

    def _tells(self, who: str, field: str, value: Any) -> None:
        way = self._way(who)
        with bringing(way.side):
            customers.change(self.conn, way.customer_id, **{field: value})
            history.record(
                self.conn, at=self.now, kind="profile.changed", by="customer", customer_id=way.customer_id,
                data={"field": field},
            )  # fmt: skip

    def _attribute(self, who: str, name: str, value: int) -> None:
        way = self._way(who)
        row: Any = customers.by_id(self.conn, way.customer_id)
        with bringing(way.side):
            customers.change(self.conn, way.customer_id, attributes={**(row.attributes or {}), name: f"{who} {value}"})

    def _listed(self, who: str, field: str, value: Any) -> None:
        """The shop's list says something of the customer who has them: by no identity."""
        customers.change(self.conn, self._whom(who), **{field: value})

    def _noted(self, who: str) -> None:
        key = self._whom(who)
        audit.record(self.conn, at=self.now, by="agent:li", action="note", customer_id=key)
        history.record(self.conn, at=self.now, kind="note", by="agent:li", customer_id=key, text="regular")

    def _complains(self, who: str) -> None:
        way = self._way(who)
        if who not in self.spoken:
            return
        with bringing(way.side):
            tickets.open_ticket(
                self.conn, customer_id=way.customer_id, conversation_id=self._own_talk(way.customer_id),
                channel="telegram", category="delivery", priority="normal", order_no=None, summary="late",
                now=self.now, ids=self.ids, desk=DESK,
            )  # fmt: skip

    def _case_moves(self, who: str, status: str) -> None:
        """A step by an agent, of whichever case of this person is the latest."""
        ours = select(tickets.tickets).order_by(tickets.tickets.c.number.desc())
        for case in self.conn.execute(ours):
            if (case.side or case.customer_id) == who and status in tickets.STEPS[case.status]:
                tickets.move(self.conn, case.number, status, now=self.now, by="agent:li")
                return

    def _earns(self, who: str, number: int) -> None:
        way = self._way(who)
        with bringing(way.side):
            lot = self.ids.new()
            points.lots.c  # noqa: B018 - the event names the balance of both, so it is not recorded here
            columns = {"customer_id": way.customer_id, "points": number}
            self.conn.execute(points.lots.insert(), {"id": lot, **columns, "remaining": number, "earned_at": self.now})
            self.conn.execute(points.entries.insert(), {**columns, "lot_id": lot, "at": self.now, "kind": "earned"})

    def _remembers(self, who: str, kind: str, value: str) -> None:
        way = self._way(who)
        said = Said(self.ids.new(), value)
        with bringing(way.side):
            memory.learn(self.conn, way.customer_id, kind, value, said, confidence=0.5, now=self.now, ids=self.ids)

    def _writes_down(self, who: str, field: str, value: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            profile.change(self.conn, way.customer_id, field, value, self._said(), now=self.now)

    def _born_on(self, who: str, day: int) -> None:
        way = self._way(who)
        with bringing(way.side):
            profile.change_birthday(self.conn, way.customer_id, Birthday(3, day), self._said(), now=self.now)

    def _called(self, who: str, name: str | None) -> None:
        way = self._way(who)
        with bringing(way.side):
            profile.call(self.conn, way.customer_id, name)

    def _put_by_li(self, who: str, value: int | None) -> None:
        attributes.put(self.conn, self._whom(who), "a", value, now=self.now, by="agent:li")

    def _tells_of(self, who: str, name: str | None, note: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            related.add(
                self.conn, way.customer_id, "child", self._said(), now=self.now, ids=self.ids, name=name, note=note
            )

    def _tells_no_more_of(self, who: str, name: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            told_of = next((one for one in related.own(self.conn, way.customer_id) if one.name == name), None)
            if told_of is not None:
                related.remove(self.conn, way.customer_id, told_of.id, self._said(), now=self.now)

    def _lives_in(self, who: str, zone: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            zones.say(self.conn, way.customer_id, zone, self._said(), now=self.now)

    def _bears(self, who: str, tag: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            tags.add(self.conn, way.customer_id, tag, now=self.now, by="bot")

    def _bears_no_more(self, who: str, tag: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            tags.remove(self.conn, way.customer_id, tag, now=self.now, by="bot")

    def _tagged_by_li(self, who: str, tag: str) -> None:
        tags.add(self.conn, self._whom(who), tag, now=self.now, by="agent:li")
        assert tag in tags.of_customer(self.conn, self._whom(who))

    def _untagged_by_li(self, who: str, tag: str) -> None:
        tags.remove(self.conn, self._whom(who), tag, now=self.now, by="agent:li")
        assert tag not in tags.of_customer(self.conn, self._whom(who))

    def _word_here(self, who: str, value: bool) -> None:
        """About the one channel on which it is said."""
        way = self._way(who)
        with bringing(way.side):
            consents.set_consent(
                self.conn, way.customer_id, "care", value, now=self.now, evidence=f"said by {who}", only_on="telegram"
            )

    def _wishes(self, who: str, sku: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            wishes.wish(self.conn, way.customer_id, sku, now=self.now, ids=self.ids)

    def _is_asked_and_answers(self, who: str, score: int) -> None:
        way, id = self._way(who), self.ids.new()
        with bringing(way.side):
            surveys.send(self.conn, key=f"csat:{id}", customer_id=way.customer_id, question="csat", now=self.now, id=id)
            surveys.answer(self.conn, id, score=score, now=self.now)

    def _is_promised(self, who: str) -> None:
        way = self._way(who)
        new = NewPromise(way.customer_id, self.now + timedelta(days=1), "bot", text="by tomorrow")
        with bringing(way.side):
            promises.make(self.conn, new, now=self.now, ids=self.ids)

    def _promise_is_kept(self, who: str) -> None:
        """By an agent, of whichever promise of this person is open."""
        for row in self.conn.execute(select(promises.promises).order_by(promises.promises.c.id)):
            if (row.side or row.customer_id) == who and row.state == "open":
                promises.keep(self.conn, row.id, proof="done", by="agent:li", now=self.now)
                return

    def _has_a_task_opened(self, who: str) -> None:
        way, key = self._way(who), self.ids.new()
        new = NewTask(key, "call_back", "call back", self.now + timedelta(days=1), customer_id=way.customer_id)
        with bringing(way.side):
            tasks.open_task(self.conn, new, now=self.now, ids=self.ids, by="bot")

    def _deal_opened_by_li(self, who: str) -> None:
        opportunities.open_one(
            self.conn, self._whom(who), "a sofa", Decimal(9), "CNY", now=self.now, by="agent:li", ids=self.ids
        )

    def _gets_a_coupon(self, who: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            coupons.issue(
                self.conn, way.customer_id, "tea", at=self.now, ids=self.ids, reference=self.ids.new(), by="bot",
                code=f"CODE-{self.ids.new()}",
            )  # fmt: skip

    def _said(self) -> Said:
        return Said(self.ids.new(), "so they said")

    def _orders(self, who: str) -> None:
        way = self._way(who)
        with bringing(way.side):
            orders.add(
                self.conn, order_no=self.ids.new(), customer_id=way.customer_id, status="paid", ordered_at=self.now
            )

    def _leaves(self, who: str) -> None:
        identities.mark_unreachable(self.conn, f"i-{who}", self.now)

    def _presses(self, who: str) -> None:
        windows.open_for(self.conn, f"i-{who}", until=self.now + timedelta(days=2), messages=5, now=self.now)

    def _way(self, who: str) -> Any:
        return identities.find(self.conn, "telegram", who)

    def _whom(self, who: str) -> str:
        root = merges.root(self.conn, who)
        assert root == (self.roots[who] if self.merging else who)
        return self.roots[who]


def everything(conn: Connection) -> dict[str, list[str]]:
    """Every row of every table, but for what a merge writes of itself; talks are named after their customers."""
    talks = {row.id: f"talk of {row.customer_id}" for row in conn.execute(select(conversations.conversations))}
    found = {}
    for table in metadata.sorted_tables:
        if table.name in ("merges", "history_unindexed"):
            continue
        rows = [dict(row._mapping) for row in conn.execute(select(table).order_by(*table.primary_key))]
        if table.name == "history":
            rows = [row for row in rows if "merge" not in (row["data"] or {})]
        if table.name == "consent_words":
            rows = _without_repeats(rows)
        for row in rows:
            if table.name in COUNTED:
                del row["id"]
            for column in ("conversation_id", *(["id"] if table.name == "conversations" else [])):
                if row.get(column) is not None:
                    row[column] = talks.get(row[column], f"a talk that is not there: {row[column]}")
        told = [json.dumps(row, default=str, ensure_ascii=False, sort_keys=True) for row in rows]
        found[table.name] = told if table.name in COUNTED else sorted(told)
    return found


def _without_repeats(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A word that somebody had to repeat, since the other had contradicted it, proves the same once more."""
    last: dict[tuple[str, str], bool] = {}
    found = []
    for word in words:
        about = word["customer_id"], word["purpose"]
        if last.get(about) != word["value"]:
            found.append(word)
        last[about] = word["value"]
    return found
