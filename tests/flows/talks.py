"""Whole talks in a test: the shipped flows and replies, their real actions, a store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, insert

from crm_store import conversations, customers, history, identities, models, points
from crm_store.conversations import conversations as conversation_table
from crm_store.desk_hours import DeskHours
from crm_store.loyalty import Loyalty
from crm_store.orders import order_lines, orders
from crm_store.ports import Ulids, VirtualClock
from flows.actions import REGISTERED, ActionContext
from flows.engine.decide import decide
from flows.engine.heard import ActionDone, Heard
from flows.engine.state import DialogueState
from flows.engine.values import clock, moment, weekdays
from flows.replies import Listener, Rendered
from flows.settings import FlowSettings
from flows.standard import load_standard
from nlu.understanding import Entity, IntentScore

DESK = DeskHours(ZoneInfo("Asia/Shanghai"), time(9), time(21), frozenset(range(7)))
LOYALTY = Loyalty(ZoneInfo("Asia/Shanghai"), "CNY")
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
STANDARD = load_standard()


def heard(text: str, *intents: str, sentiment: float = 0.0, urgency: float = 0.0, **entities: Any) -> Heard:
    """Return words as an NLU would understand them; an entity's value stands in the text."""
    names = intents or ("out_of_scope",)
    found = []
    for name, value in entities.items():
        start = text.find(str(value))
        found.append(Entity(name, value, str(value), start, start + len(str(value))))
    return Heard(
        text=text,
        intent=names[0],
        intents=tuple(IntentScore(name, 0.95) for name in names),
        confidence=0.95,
        entities=tuple(found),
        sentiment=sentiment,
        urgency=urgency,
    )


class Shop:
    """A store with one verified customer (王芳, phone …1234, two orders) and one stranger's order A20001 (…9999)."""

    def __init__(self) -> None:
        self.clock = VirtualClock(MONDAY)
        self.ids = Ulids(self.clock, Random(7))
        self.conn: Connection = create_engine("sqlite://").connect()
        models.metadata.create_all(self.conn)
        self.add_customer("wang", "王芳", "+8613800001234")
        self.add_customer("other", "Ana Lopez", "+447700909999")
        self.add_order("A10101", "wang", "delivered", delivered_at=datetime(2026, 11, 20, 4, tzinfo=UTC))
        shipped = {"carrier": "顺丰", "tracking_no": "SF1234567890", "eta": datetime(2026, 11, 25, 4, tzinfo=UTC)}
        self.add_order("A10293", "wang", "shipped", **shipped)
        self.add_order("A20001", "other", "shipped", **shipped)

    def add_customer(self, key: str, name: str, phone: str) -> None:
        customers.add(self.conn, id=key, created_at=MONDAY, name=name, phone=phone)
        identity = {"id": f"{key}-id", "channel": "telegram", "user_id": key, "customer_id": key}
        identities.add(self.conn, **identity, now=MONDAY)
        row = {"id": f"{key}-talk", "customer_id": key, "identity_id": f"{key}-id", "owner": "bot", "turns": 0}
        self.conn.execute(insert(conversation_table), {**row, "created_at": MONDAY})

    def add_order(self, order_no: str, customer: str, status: str, **fields: Any) -> None:
        ordered_at = datetime(2026, 11, 18 if order_no == "A10101" else 19, 4, tzinfo=UTC)
        row = dict.fromkeys(("paid_at", "shipped_at", "delivered_at", "eta", "carrier", "tracking_no"))
        known = {"order_no": order_no, "customer_id": customer, "status": status, "ordered_at": ordered_at}
        self.conn.execute(insert(orders), {**row, **known, **fields})
        line = {"order_no": order_no, "line": 1, "sku": "TEA-1", "quantity": 1}
        self.conn.execute(insert(order_lines), {**line, "unit_price": Decimal("199.50"), "currency": "CNY"})

    def earn(self, customer: str, amount: int, expires_at: datetime | None) -> None:
        points.earn(self.conn, customer, amount, at=MONDAY, ids=self.ids, expires_at=expires_at)

    def events(self, kind: str) -> list[dict[str, Any]]:
        rows = self.conn.execute(history.history.select().order_by(history.history.c.id))
        return [row.data for row in rows if row.kind == kind]

    def owner(self, customer: str = "wang") -> str:
        return str(conversations.by_id(self.conn, f"{customer}-talk").owner)


class Talk:
    """One customer's talk, a message at a time."""

    def __init__(
        self, shop: Shop, *, verified: bool = True, language: str = "zh", customer: str = "wang", **facts: Any
    ) -> None:
        self.shop = shop
        self.state = DialogueState()
        self.messages: tuple[Rendered, ...] = ()
        self.flow_events: list[tuple[str, str]] = []
        self.verified = verified
        self._language = language
        self._customer = customer
        self._facts = facts
        self._turn = 0

    def says(self, text: str, *intents: str, **more: Any) -> str:
        """Say something; return the bot's messages, a line each."""
        return self.hears(heard(text, *intents, **more))

    def presses(self, title_or_payload: str) -> str:
        """Press a button by its payload, or one of the last ones by its title."""
        titles = dict(self.state.options)
        return self.hears(Heard(payload=titles.get(title_or_payload, title_or_payload)))

    def hears(self, event: Heard) -> str:
        self._turn += 1
        facts = self.facts()
        decision = decide(STANDARD.book, self.state, event, facts)
        says, events = list(decision.says), list(decision.events)
        while decision.act is not None:
            result = REGISTERED.run(decision.act, self._context(event))
            decision = decide(STANDARD.book, decision.state, ActionDone(decision.act.name, result), facts)
            says += decision.says
            events += decision.events
        # As between two messages in real life: through JSON.
        state = DialogueState.from_json(decision.state.to_json())
        salutation = {"zh": "王女士", "en": "Fang"}[self._language]
        listener = Listener(self._language, "Asia/Shanghai", MONDAY, f"talk:{self._turn}", salutation, facts)
        self.state, self.messages = STANDARD.replies.speak(state, says, listener)
        self.flow_events = [(event.kind, event.flow) for event in events]
        return "\n".join(message.text for message in self.messages)

    def facts(self) -> Mapping[str, Any]:
        own = ["A10293", "A10101"] if self.verified else []
        return {
            "verified": self.verified,
            "language": self._language,
            "known_name": None,
            "channel_buttons": True,
            "can_request_contact": True,
            "staffed": True,
            "back_at": None,
            "recent_orders": own,
            "open_complaint": False,
            "last_was_care": False,
            "answers_care": None,
            "care_number": None,
            "evidence_for": None,
            "returning": False,
            "open_case": None,
            "order_under_way": None,
            "noted": None,
            "noted_before": None,
            "instead_of": None,
            "told_matter": None,
            "privacy_url": None,
            "desk_days": weekdays(range(7)),
            "desk_opens": clock(time(9)),
            "desk_closes": clock(time(21)),
            "redeemed_lately": False,
            "follows_up": None,
        } | self._facts

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.state.options]

    def _context(self, event: Heard) -> ActionContext:
        who = self._customer
        return ActionContext(
            conn=self.shop.conn,
            now=self.shop.clock.now(),
            ids=self.shop.ids,
            customer_id=who,
            identity_id=f"{who}-id",
            conversation_id=f"{who}-talk",
            channel="telegram",
            verified=self.verified,
            language=self._language,
            zone="Asia/Shanghai",
            heard=event,
            settings=FlowSettings(),
            loyalty=LOYALTY,
            knowledge=STANDARD.knowledge,
            message="in-1",
            desk=DESK,
            record=lambda kind, data: None,
        )


def nobody_in() -> dict[str, Any]:
    """Return the facts of an evening."""
    return {"staffed": False, "back_at": moment(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))}
