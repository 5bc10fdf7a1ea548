"""Customers on several lines speak, are linked, merged and taken apart, and are answered: who hears what.

A step is a message, a shared phone, a merge or its undoing, an agent's word, or time
that passes; some happen while the platform is being called or a text is being
understood. What is checked is what a line was handed: an answer goes to whoever asked,
an agent's words to whoever spoke last of those who were one customer as they were said, or
has just opened the talk.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from bot.desk_actions import ActionRefused, AgentAction, act
from bot.errors import ChannelBusy
from bot.intake import Intake
from bot.listening import Listening
from bot.messages import Inbound, Outbound
from bot.metrics import Metrics
from bot.ports import Capabilities
from bot.settings import build
from bot.wiring import build_house, build_understander
from crm_store import conversations, customers, identities, inbox, merges, outbox
from crm_store.errors import NotAllowed
from crm_store.history import history
from crm_store.merging import merge
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from crm_store.unmerging import unmerge

LINES = ("telegram", "wechat", "webchat")
NAMES = ("ana", "bob", "cat", "dan")
"""Each of them on each line; equal names on two lines are strangers, as ever."""
A_ROUND = 400
"""So many steps with the same customers; then new ones come, and what waits leaves first."""
WORDS = ("你好", "hello", "我的订单到哪了", "thanks", "转人工", "算了")
BEGINNING = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
_LOOK_BACK = 100
"""Where units run side by side, a lower key may be committed after a higher one."""
_SINCE = select(
    history.c.id, history.c.kind, history.c.ref, history.c.customer_id, history.c.identity_id, history.c.data,
)  # fmt: skip
_ON_THEIR_WAY = select(outbox.outbox.c.ref).where(outbox.outbox.c.status.in_(("queued", "sending")))
_OPENED = (
    select(inbox.inbox.c.identity_id)
    .where(inbox.inbox.c.conversation_id == bindparam("talk"), inbox.inbox.c.status != "done")
    .order_by(inbox.inbox.c.id)
    .limit(1)
)
_UNANSWERED = select(inbox.inbox.c.ref).where(inbox.inbox.c.status != "done")

type Way = tuple[str, str]
"""A channel and a user id there."""


@dataclass(slots=True)
class Tally:
    """What happened, and what went wrong: each line names the message and who got it."""

    steps: int = 0
    replies: int = 0
    by_agents: int = 0
    merged: int = 0
    unmerged: int = 0
    wrong: list[str] = field(default_factory=list)


class Ticking(VirtualClock):
    """Never tells the same moment twice, as real clocks hardly do."""

    def now(self) -> datetime:
        moment = super().now()
        self.move_to(moment + timedelta(microseconds=1))
        return moment


class Line:
    """A channel that keeps nothing; now and then it is busy."""

    def __init__(self, name: str, board: Switchboard) -> None:
        self.name = name
        self.capabilities = Capabilities(text_limit=4096, buttons=True, contact=True)
        self.busy = 0
        self._board = board

    async def send(self, message: Outbound) -> str:
        await self._board.meanwhile()
        if self.busy:
            self.busy -= 1
            raise ChannelBusy("busy on demand", retry_after=timedelta(seconds=5), certain=True)
        self._board.left.append((self.name, message))
        return f"platform:{message.id}"


class Switchboard:
    """A house with three lines, and all who call; `live` takes so many steps."""

    def __init__(self, store: Store, root: Path, *, seed: int) -> None:
        self.store, self.tally = store, Tally()
        self.left: list[tuple[str, Outbound]] = []
        self._chance = Random(seed)
        self._clock = Ticking(BEGINNING)
        self._ids = Ulids(self._clock, Random(seed))
        settings = build({}, root=root)
        self._listen = Listening(build_understander(settings, None), store, self._clock)
        self._lines = {name: Line(name, self) for name in LINES}
        self._house = build_house(
            settings, store=store, clock=self._clock, ids=self._ids, channels=self._lines,
            understand=self._understand, worker="here",
        )  # fmt: skip
        self._later = Intake(
            store, self._clock, self._ids, worker="here", lease=settings.work.lease, start=None, metrics=Metrics()
        )
        self._round = 0
        self._is_meanwhile = False
        self._heard: dict[str, Way] = {}
        """Who sent a message, by its reference."""
        self._ways: dict[str, Way] = {}
        """By the internal id of the identity."""
        self._origin: dict[Way, str] = {}
        """Whom a way belongs to, were there no merges."""
        self._into: dict[str, str] = {}
        """Who has become whom by the merges that stand."""
        self._numbers: dict[str, int] = {}
        self._spoke: dict[Way, int] = {}
        """The key of the newest entry in the history by which somebody spoke."""
        self._spoke_in: dict[Way, int] = {}
        """In which step that was taken in."""
        self._read_until = 0
        self._linked: set[int] = set()

    async def live(self, steps: int) -> Tally:
        """Take ``steps``, then let everything leave that waits."""
        doings: Mapping[Callable[[], Coroutine[Any, Any, None]], int] = {
            self._says: 34, self._writes_only: 14, self._shares_phone: 4, self._merge: 8, self._unmerge: 7,
            self._agent: 18, self._time_passes: 12, self._gets_busy: 3,
        }  # fmt: skip
        for step in range(steps):
            if step % A_ROUND == 0:
                await self._new_round()
            (doing,) = self._chance.choices(list(doings), list(doings.values()))
            await doing()
            await self._house.worker.stop()
            await self._look()
            self._clock.move_to(self._clock.now() + timedelta(seconds=1))
            self.tally.steps += 1
        await self._drain()
        return self.tally

    async def meanwhile(self) -> None:
        """Something else happens while somebody waits for a platform or the NLU."""
        if self._is_meanwhile or self._chance.random() > 0.2:
            return
        self._is_meanwhile = True
        try:
            await self._chance.choice((self._merge, self._unmerge, self._agent, self._writes_only))()
        finally:
            self._is_meanwhile = False

    async def _understand(self, text: str, **how: Any) -> Any:
        understood = await self._listen(text, **how)
        await self.meanwhile()
        return understood

    async def _says(self) -> None:
        await self._hears(self._house.intake, self._message(*self._anybody(), kind="text"))

    async def _writes_only(self) -> None:
        """Stored by a process that takes no turns: a sweep does."""
        await self._hears(self._later, self._message(*self._anybody(), kind="text"))

    async def _shares_phone(self) -> None:
        phone = f"+86138{self._round:05d}{self._chance.randrange(3):03d}"
        await self._hears(self._house.intake, self._message(*self._anybody(), kind="contact", contact_phone=phone))

    def _message(self, channel: str, user: str, **said: Any) -> Inbound:
        if said["kind"] == "text":
            said["text"] = self._chance.choice(WORDS)
        return Inbound(channel=channel, account="shop", external_id=self._ids.new(), user_id=user, **said)

    async def _hears(self, intake: Intake, inbound: Inbound) -> None:
        way = inbound.channel, inbound.user_id
        receipt = await intake.receive(inbound)
        self._heard[receipt.ref] = way
        if way not in self._origin:
            row = await self.store.read(identities.find, *way)
            assert row is not None, "who has written is known"
            self._ways[row.id], self._origin[way] = way, row.customer_id
        if receipt.claimed is not None:
            self._house.worker.start(receipt.claimed)

    async def _merge(self) -> None:
        if len(self._origin) > 1:
            absorbed, survivor = (self._root(way) for way in self._chance.sample(sorted(self._origin), 2))
            await self.store.run(self._merge_two, absorbed, survivor)

    def _merge_two(self, conn: Connection, absorbed: str, survivor: str) -> None:
        try:
            number = merge(conn, absorbed, survivor, evidence="agent", by="agent:li", now=self._clock.now())
        except NotAllowed:
            return  # one customer already
        self._take_in(conn, number)
        self.tally.merged += 1

    async def _unmerge(self) -> None:
        if self._numbers:
            await self.store.run(self._unmerge_one, self._chance.choice(sorted(self._numbers.values())))

    def _unmerge_one(self, conn: Connection, number: int) -> None:
        try:
            unmerge(conn, number, by="agent:li", now=self._clock.now(), ids=self._ids)
        except NotAllowed:
            return  # a later merge holds it
        self._take_in(conn, number)
        self.tally.unmerged += 1

    async def _agent(self) -> None:
        if self._origin:
            root = self._root(self._chance.choice(sorted(self._origin)))
            await self.store.run(self._agent_acts, root, self._chance.choices(["reply", "return"], [3, 2])[0])

    def _agent_acts(self, conn: Connection, root: str, action: str) -> None:
        customers.hold(conn, root)
        self._read(conn)
        talk = conversations.of_customer(conn, root)
        if talk is None:
            return
        to = self._spoke_last(conn, talk, root)
        if not to:
            return
        text = " or ".join(f"{channel} {user}" for channel, user in to) if action == "reply" else None
        try:
            act(conn, AgentAction("li", action, root, text=text), now=self._clock.now(), ids=self._ids)
        except (ActionRefused, NotAllowed):
            return  # they have no talk, or nobody to give it back

    def _spoke_last(self, conn: Connection, talk: Any, root: str) -> list[Way]:
        """Return whose message was taken in last, and who has opened the talk and still waits for the first turn.

        Turns that ran side by side in one step, which they only do on a shared store, were taken in at once: which
        of them began last and which was written down last are two orders, and either was the last to speak.
        """
        theirs = [way for way in self._origin if self._root(way) == root]
        spoke = [way for way in theirs if way in self._spoke]
        last = [max(spoke, key=self._spoke.__getitem__)] if spoke else []
        if last and self.store.is_shared:
            step = self._spoke_in[last[0]]
            last += [way for way in spoke if way not in last and self._spoke_in[way] == step]
        opened = [self._ways[one] for one in conn.execute(_OPENED, {"talk": talk.id}).scalars()]
        return [*last, *(way for way in opened if way in theirs and talk.turns == 0)]

    async def _time_passes(self) -> None:
        self._clock.move_to(self._clock.now() + timedelta(seconds=self._chance.choice((1, 10, 90))))
        await self._house.worker.sweep()

    async def _gets_busy(self) -> None:
        self._lines[self._chance.choice(LINES)].busy = self._chance.randrange(1, 4)

    async def _new_round(self) -> None:
        await self._drain()
        self._round += 1
        for seen in (self._heard, self._ways, self._origin, self._into, self._numbers, self._spoke, self._spoke_in):
            seen.clear()
        number = f"C{self._round}"
        await self.store.run(
            customers.add, id=self._ids.new(), created_at=self._clock.now(), customer_no=number,
            phone=f"+86138{self._round:05d}000",
        )  # fmt: skip

    async def _drain(self) -> None:
        for line in self._lines.values():
            line.busy = 0
        self._is_meanwhile = True
        for _ in range(20):
            self._clock.move_to(self._clock.now() + timedelta(minutes=11))
            await self._house.worker.sweep()
            await self._house.worker.stop()
        self._is_meanwhile = False
        await self._look()
        for still, what in ((_ON_THEIR_WAY, "never left"), (_UNANSWERED, "was never taken up, or failed")):
            refs = await self.store.read(_refs, still)
            self.tally.wrong += [f"{ref} {what}" for ref in refs]

    async def _look(self) -> None:
        await self.store.read(self._read)
        if self.left:
            await self.store.read(self._check)

    def _check(self, conn: Connection) -> None:
        for line, message in self.left:
            row: Any = outbox.by_ref(conn, message.id)
            got = line, message.recipient
            if message.kind == "agent":
                self.tally.by_agents += 1
                meant = [tuple(way.split(" ")) for way in message.text.split(" or ")]
            else:
                self.tally.replies += 1
                meant = [self._heard[row.dedupe_key.split(":")[1]]]
            if got not in meant or got != self._ways[row.identity_id]:
                self.tally.wrong.append(f"{message.kind} {message.id} for {meant} went to {got}")
        self.left.clear()

    def _read(self, conn: Connection) -> None:
        """Take in what the history tells: who has spoken, who has become whom."""
        back = _LOOK_BACK if self.store.is_shared else 0
        since = _SINCE.where(history.c.id > self._read_until - back).order_by(history.c.id)
        for entry in conn.execute(since):
            self._read_until = max(self._read_until, entry.id)
            way = self._ways.get(entry.identity_id)
            if entry.kind == "message.in" and way is not None:
                if self._heard[entry.ref] != way:
                    self.tally.wrong.append(f"{entry.ref} by {self._heard[entry.ref]} is told of {way}")
                if entry.id > self._spoke.get(way, 0):
                    self._spoke[way], self._spoke_in[way] = entry.id, self.tally.steps
            elif entry.kind in ("identity.merged", "identity.unmerged"):
                self._take_in(conn, entry.data["merge"])
            elif entry.kind == "identity.linked" and way is not None and entry.id not in self._linked:
                self._linked.add(entry.id)
                if "merge" not in entry.data and self._root(way) != entry.customer_id:
                    self._origin[way] = entry.customer_id  # it alone has moved

    def _take_in(self, conn: Connection, number: int) -> None:
        one: Any = merges.by_id(conn, number)
        if one.undone_at is None:
            self._into[one.absorbed_id], self._numbers[one.absorbed_id] = one.survivor_id, number
        elif self._numbers.get(one.absorbed_id) == number:
            del self._into[one.absorbed_id], self._numbers[one.absorbed_id]

    def _root(self, way: Way) -> str:
        who = self._origin[way]
        while who in self._into:
            who = self._into[who]
        return who

    def _anybody(self) -> Way:
        return self._chance.choice(LINES), f"{self._chance.choice(NAMES)}-{self._round}"


def _refs(conn: Connection, of: Select[Any]) -> list[str]:
    return list(conn.execute(of).scalars())
