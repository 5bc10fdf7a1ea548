"""The virtual world of `shuke simulate`: the real pipeline on a clock that stands still until it is moved.

A JSON line in, a JSON line out. Channels only record; everything else, from the
understanding to the ledger, is what runs in the shop. Same seed, model and input:
same output, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from bot.desk_actions import ActionRefused, AgentAction, act
from bot.errors import ShukeError
from bot.listening import Listening
from bot.messages import Inbound, Outbound
from bot.ports import Capabilities
from bot.settings import Settings
from bot.wiring import House, build_house, import_settings
from care.due import SWEEP
from care.occasions import next_due
from care.schedule import sweep
from crm_store import conversations, history, identities, outbox, schedule, schema
from crm_store.customers import by_id, by_number
from crm_store.errors import StoreError
from crm_store.imports import KINDS, RowRefused, apply_row, apply_shop_event
from crm_store.ports import Ulids, VirtualClock
from crm_store.showing import customer_json, find_customer
from crm_store.unit_of_work import Store
from flows.engine.state import DialogueState
from nlu.errors import NluUnavailable
from nlu.understand import Understander
from nlu.understanding import Understanding

BEGINNING = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
CHANNELS = ("telegram", "wechat", "wecom", "webchat", "terminal")
ATTACHMENTS = ("photo", "voice", "sticker", "file", "location")
EVENTS = ("follow", "unfollow", "blocked", "delivered", "read", "clicked", "link")
_NOT_EVENTS = ("message.in", "message.out")


class LineRefused(ShukeError):
    """A line that the world cannot act on; the text says what is wrong with it and how to mend it."""


class RecordingChannel:
    """Takes every message and keeps it."""

    capabilities = Capabilities(text_limit=4096, buttons=True, contact=True)

    def __init__(self, name: str, sent: list[Outbound]) -> None:
        self.name = name
        self._sent = sent

    async def send(self, message: Outbound) -> str:
        self._sent.append(message)
        return message.id


class _Remembering(Listening):
    """Understands, and remembers what the line that is being handled was understood to mean."""

    last: Understanding | None = None
    broken: NluUnavailable | None = None

    async def __call__(self, text: str, **how: Any) -> Understanding:
        try:
            self.last = await super().__call__(text, **how)
        except NluUnavailable as exc:
            # The turn would try again later; in a world without a deadline this is the end.
            self.broken = exc
            raise
        return self.last


class World:
    """One virtual world; `handle` takes a line and returns what came of it."""

    def __init__(
        self, settings: Settings, understander: Understander, *, seed: int, store_url: str | None = None
    ) -> None:
        self._settings = settings
        self._understander = understander
        self._seed = seed
        self._store_url = store_url
        self._zone = ZoneInfo(settings.shop.zone)
        self._folder: TemporaryDirectory[str] | None = None
        self._begin()

    def _begin(self) -> None:
        url = self._store_url
        if url is None:
            self._folder = TemporaryDirectory(prefix="shuke-world-")
            url = f"sqlite:///{Path(self._folder.name) / 'world.db'}"
            self.store = Store(url, durable=False)
            self.store.run_now(schema.create)
        else:
            schema.upgrade(url)
            self.store = Store(url)
        self.clock = VirtualClock(BEGINNING)
        self.ids = Ulids(self.clock, Random(self._seed))
        self.sent: list[Outbound] = []
        self._listening = _Remembering(self._understander, self.store, self.clock)
        self.house: House = build_house(
            self._settings,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            channels={name: RecordingChannel(name, self.sent) for name in CHANNELS},
            understand=self._listening,
            worker="world",
        )
        self._imports = import_settings(self._settings)
        self._messages = 0
        self._seen = self.store.read_now(history.last_id)
        self.store.run_now(_begin_care, self.clock.now())

    def close(self) -> None:
        """End this world and remove its store."""
        self.store.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def handle(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Let one line happen and return the state after it.

        Raises:
            LineRefused: nothing happened, except that the clock may have moved.
        """
        self.sent.clear()
        self._listening.last = None
        if line.get("reset"):
            self.close()
            self._begin()
            return await self._state(line, None)
        if "at" in line:
            await self._move_to(_moment(line["at"]))
        extra: dict[str, Any] = {}
        if "load" in line:
            extra = await self._load(line)
        elif "shop" in line:
            await self._shop(line)
        elif "show" in line:
            extra = {"shown": await self._show(line)}
        elif "agent" in line:
            await self._agent(line)
        elif "customer" in line:
            extra = await self._customer(line)
        elif "at" not in line:
            raise LineRefused("nothing to do; give at, customer, agent, load, shop, show or reset")
        await self._settle()
        return await self._state(line, extra)

    async def _move_to(self, target: datetime) -> None:
        if target < self.clock.now():
            stands = self.clock.now().astimezone(self._zone).isoformat()
            raise LineRefused(f"at {target.isoformat()}: the clock stands at {stands} and never goes back")
        while (due := await self.store.read(self._next_due, target)) is not None:
            self.clock.move_to(max(due, self.clock.now()))
            await self._sweep()
        self.clock.move_to(target)
        await self._sweep()

    async def _sweep(self) -> None:
        await sweep(self.store, self.clock.now(), policy=self.house.policy, ids=self.ids)
        await self._settle()

    def _next_due(self, conn: Connection, target: datetime) -> datetime | None:
        policy = self.house.policy
        care = next_due(conn, policy.rules, after=self.clock.now(), until=target, settings=policy.settings)
        waiting = outbox.next_due(conn)
        return min((due for due in (care, waiting) if due is not None and due <= target), default=None)

    async def _settle(self) -> None:
        """Deliver until nothing is due any more."""
        while await self.house.delivery.sweep():
            continue

    async def _customer(self, line: Mapping[str, Any]) -> dict[str, Any]:
        inbound = self._inbound(line)
        receipt = await self.house.intake.receive(inbound)
        following = receipt.claimed
        while following is not None:
            following = await self.house.turn(following)
        if self._listening.broken is not None:
            raise self._listening.broken
        return {"duplicate": True} if receipt.duplicate else {}

    def _inbound(self, line: Mapping[str, Any]) -> Inbound:
        channel = line.get("channel", "telegram")
        if channel not in CHANNELS:
            raise LineRefused(f"channel {channel!r} is not known; use one of {', '.join(CHANNELS)}")
        user = line["customer"]
        if not isinstance(user, str) or not user:
            raise LineRefused("customer has to be the user's name on the channel, as text")
        self._messages += 1
        external = str(line.get("message_id") or f"line-{self._messages}")
        about = {"channel": channel, "account": "world", "external_id": external, "user_id": user}
        if "text" in line:
            if not isinstance(line["text"], str):
                raise LineRefused("text has to be a text")
            return Inbound(**about, kind="text", text=_storable(line["text"]))
        if "payload" in line:
            return Inbound(**about, kind="payload", payload=_storable(str(line["payload"])))
        if "attachment" in line:
            kind = (line["attachment"] or {}).get("kind")
            if kind not in ATTACHMENTS:
                raise LineRefused(f"attachment.kind {kind!r} is not known; use one of {', '.join(ATTACHMENTS)}")
            return Inbound(**about, kind="attachment", attachment=kind)
        if "contact" in line:
            phone = (line["contact"] or {}).get("phone")
            if not phone:
                raise LineRefused('contact has no phone; write {"contact": {"phone": "+8613800001234"}}')
            return Inbound(**about, kind="contact", contact_phone=str(phone))
        if "event" in line:
            if line["event"] not in EVENTS:
                raise LineRefused(f"event {line['event']!r} is not known; use one of {', '.join(EVENTS)}")
            data = {name: line[name] for name in ("message", "token") if line.get(name)}
            return Inbound(**about, kind="event", event=line["event"], data=data)
        raise LineRefused("the customer does nothing; give text, payload, attachment, contact or event")

    async def _agent(self, line: Mapping[str, Any]) -> None:
        customer = await self.store.read(self._customer_of, line)
        wanted = AgentAction(
            str(line["agent"]), str(line.get("action")), customer, line.get("text"), line.get("ticket")
        )
        try:
            await self.store.run(act, wanted, now=self.clock.now(), ids=self.ids)
        except (ActionRefused, StoreError) as exc:
            raise LineRefused(str(exc)) from exc

    def _customer_of(self, conn: Connection, line: Mapping[str, Any]) -> str:
        user = line.get("customer")
        if not user:
            raise LineRefused("an agent acts for a customer; give customer")
        for channel in (line["channel"],) if "channel" in line else CHANNELS:
            identity = identities.find(conn, channel, str(user))
            if identity is not None:
                return str(identity.customer_id)
        known = by_number(conn, str(user))
        if known is None:
            raise LineRefused(f"customer {user!r} is not known; they have to write first")
        return str(known.id)

    async def _load(self, line: Mapping[str, Any]) -> dict[str, Any]:
        kind, rows = line["load"], line.get("rows")
        if kind not in KINDS:
            raise LineRefused(f"load {kind!r} is not known; use one of {', '.join(KINDS)}")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LineRefused("rows has to be a list of objects with the import's columns")
        refused = []
        seen: dict[Any, int] = {}
        for number, row in enumerate(rows, 1):
            ordinal = seen[row.get("order_no")] = seen.get(row.get("order_no"), 0) + 1
            try:
                await self.store.run(
                    apply_row, kind, row, line=ordinal, now=self.clock.now(), ids=self.ids, settings=self._imports
                )
            except RowRefused as exc:
                refused.append({"row": number, "reason": str(exc)})
        if kind == "products":
            await self._listening.read_names()
        if refused and len(refused) == len(rows):
            raise LineRefused("; ".join(f"row {one['row']}: {one['reason']}" for one in refused))
        return {"refused": refused} if refused else {}

    async def _shop(self, line: Mapping[str, Any]) -> None:
        try:
            await self.store.run(
                apply_shop_event, str(line["shop"]), line.get("data") or {},
                now=self.clock.now(), ids=self.ids, settings=self._imports,
            )  # fmt: skip
        except RowRefused as exc:
            raise LineRefused(f"data: {exc}") from exc

    async def _show(self, line: Mapping[str, Any]) -> dict[str, Any]:
        if line["show"] != "customer":
            raise LineRefused(f"show {line['show']!r} is not known; use customer")
        return await self.store.read(self._shown, str(line.get("id")))

    def _shown(self, conn: Connection, name: str) -> dict[str, Any]:
        customer = find_customer(conn, name)
        if customer is None:
            raise LineRefused(f"id {name!r}: no such customer; give a customer_id, an internal id or CHANNEL:USER")
        return customer_json(conn, customer, self.clock.now())

    async def _state(self, line: Mapping[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
        return await self.store.read(self._describe, line, extra or {})

    def _describe(self, conn: Connection, line: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
        heard = self._listening.last.as_json() if self._listening.last and "text" in line else {}
        talk = self._talk_of(conn, line)
        state = DialogueState.from_json(((talk.state if talk else None) or {}).get("dialogue") or {})
        entries = history.since(conn, self._seen)
        if entries:
            self._seen = entries[-1].id
        return {
            "at": self._local(self.clock.now()),
            "customer": line.get("customer"),
            "intent": heard.get("intent"),
            "intents": heard.get("intents"),
            "confidence": heard.get("confidence"),
            "language": heard.get("language"),
            "entities": heard.get("entities"),
            "flow": state.flow,
            "asking": state.asking,
            "slots": state.shown_slots,
            "owner": talk.owner if talk else None,
            "sent": [self._sent_json(conn, message) for message in self.sent],
            "events": [self._event_json(conn, e) for e in entries if e.kind not in _NOT_EVENTS],
            **extra,
        }

    def _talk_of(self, conn: Connection, line: Mapping[str, Any]) -> Any | None:
        if not line.get("customer"):
            return None
        try:
            return conversations.of_customer(conn, self._customer_of(conn, line))
        except LineRefused:
            return None

    def _sent_json(self, conn: Connection, message: Outbound) -> dict[str, Any]:
        row = outbox.by_ref(conn, message.id)
        assert row is not None, "what was sent was in the outbox"
        shown = {
            "id": message.id,
            "at": self._local(row.sent_at or self.clock.now()),
            "to": message.recipient,
            "customer": self._name(conn, row.customer_id),
            "channel": message.channel,
            "kind": message.kind,
        }
        if row.rule:
            shown["rule"] = row.rule
        buttons = [{"title": button.title, "payload": button.payload} for button in message.buttons]
        return shown | {"text": message.text, "buttons": buttons}

    def _event_json(self, conn: Connection, entry: Any) -> dict[str, Any]:
        about = {"type": entry.kind, "at": self._local(entry.at), "customer": self._name(conn, entry.customer_id)}
        if entry.channel:
            about["channel"] = entry.channel
        return about | {"by": entry.by} | (entry.data or {})

    def _name(self, conn: Connection, customer_id: str | None) -> str | None:
        """Return how the input calls a customer: the shop's number, or the user of somebody who has none."""
        if customer_id is None:
            return None
        row = by_id(conn, customer_id)
        if row is not None and row.customer_no:
            return str(row.customer_no)
        theirs = identities.of_customer(conn, customer_id)
        return str(theirs[0].user_id) if theirs else customer_id

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).isoformat()


async def run(world: World, lines: AsyncIterator[bytes] | Iterable[bytes], write: Callable[[bytes], None]) -> None:
    """Handle line after line; a line that is refused is answered with its error, and the run goes on."""
    number = 0
    async for raw in _each(lines):
        if not raw.strip():
            continue
        number += 1
        try:
            line = json.loads(raw)
            if not isinstance(line, dict):
                raise LineRefused(f"is a JSON {type(line).__name__}; a line has to be an object")
            out: dict[str, Any] = {"line": number} | await world.handle(line)
        except UnicodeDecodeError as exc:
            out = {"line": number, "error": f"is not UTF-8 at byte {exc.start}; save the input as UTF-8"}
        except json.JSONDecodeError as exc:
            out = {"line": number, "error": f"is no JSON at column {exc.colno}: {exc.msg}"}
        except LineRefused as exc:
            out = {"line": number, "error": str(exc)}
        write(orjson.dumps(out) + b"\n")


async def _each(lines: AsyncIterator[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(lines, AsyncIterator):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line


def _begin_care(conn: Connection, now: datetime) -> None:
    """Occasions count from the beginning of the world on."""
    if schedule.swept_until(conn, SWEEP) is None:
        schedule.advance(conn, SWEEP, now)


def _moment(given: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        raise LineRefused(f"at {given!r} is no time; write one such as 2026-11-23T09:00:00+08:00") from None
    if moment.tzinfo is None:
        raise LineRefused(f"at {given!r} has no time zone; write one such as 2026-11-23T09:00:00+08:00")
    return moment


def _storable(text: str) -> str:
    return "".join(char for char in text if char != "\x00" and not "\ud800" <= char <= "\udfff")
