"""Customers who do not answer: one gentle nudge, and after a day what was under way is laid aside.

Both are due at a moment that the conversation keeps (`silence_at`). Whoever takes a
silence up moves that moment in the same statement that looks at it, so that two clocks
do it once, and a customer who has just spoken has moved it before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot import talk
from bot.answering import Shop
from bot.answers import answer_rows
from bot.facts import facts_of, listener_for
from bot.journal import Journal
from bot.ports import Capabilities
from bot.windows import count_answers, joined
from crm_store import conversations, customers, identities, inbox, outbox, sides, switches, windows, zones
from crm_store.conversations import BOT
from crm_store.ports import Ids
from crm_store.unit_of_work import Store
from crm_store.wakes import OUTBOX
from crm_store.windows import KEPT_FOR_ANSWERS
from flows.engine.decide import decide
from flows.engine.heard import FellSilent
from flows.engine.state import DialogueState
from flows.standard import Standard

MOST = 200
"""So many are taken up in one sweep; the rest in the next."""

Done = Literal["nudged", "left in peace", "closed", "nothing"]


class Silence:
    """Takes up what is due about silent customers."""

    def __init__(
        self,
        store: Store,
        dialogue: Standard,
        shop: Shop,
        able: Callable[[str], Capabilities | None],
        ids: Ids,
        *,
        is_quiet: Callable[[time], bool],
    ) -> None:
        """``able`` tells what a channel can do; ``is_quiet`` whether a customer's time of day is no time to speak."""
        self._store = store
        self._dialogue = dialogue
        self._shop = shop
        self._able = able
        self._ids = ids
        self._is_quiet = is_quiet

    async def sweep(self, now: datetime) -> list[Done]:
        """Do what is due up to ``now``, each silence in a unit of its own."""
        due = await self._store.read(conversations.silent, now, most=MOST)
        done = [await self._store.run(self.take_up, row.id, now=now) for row in due]
        if "nudged" in done:
            self._store.wakes.post(OUTBOX)
        return done

    def take_up(self, conn: Connection, id: str, *, now: datetime) -> Done:
        """Nudge or close: one unit of work."""
        found = conversations.by_id(conn, id)
        if found is None or found.silence_at is None:
            return "nothing"
        customers.hold(conn, found.customer_id)
        row = conversations.by_id(conn, id)
        if row is None or row.silence_at is None or row.silence_at > now or row.last_in_at is None:
            return "nothing"
        closes_at = row.last_in_at + self._shop.flows.talk.close_after
        closes = closes_at <= now
        then = None if closes else closes_at
        if not conversations.break_silence(conn, id, seen=row.silence_at, then=then):
            return "nothing"
        sides.keep_owner(conn, row, {"silence_at": then})
        before = DialogueState.from_json((row.state or {}).get("dialogue") or {})
        if row.owner != BOT or before.asking is None or inbox.oldest_open(conn, id) is not None:
            return "nothing"
        spoke = next((one for one in identities.of_customer(conn, row.customer_id) if one.id == row.identity_id), None)
        if spoke is None:
            return "nothing"
        who = talk.load(conn, spoke.channel, spoke.user_id)
        if closes:
            self._close(conn, row, who, before, now)
            return "closed"
        return self._nudge(conn, who, before, now)

    def _close(self, conn: Connection, row: Any, who: Any, before: DialogueState, now: datetime) -> None:
        decision = decide(self._dialogue.book, before, FellSilent(closes=True), {})
        state = {**(row.state or {}), "dialogue": decision.state.to_json()}
        conversations.let_go(conn, row.id, state=state)
        sides.keep_owner(conn, row, {"state": state})
        journal = Journal(conn, now, who)
        for event in decision.events:
            journal.add(event.kind, "bot", event.data)
        journal.write()

    def _nudge(self, conn: Connection, who: Any, before: DialogueState, now: datetime) -> Done:
        able = self._able(who.channel)
        zone = zones.of_row(who) or self._shop.zone
        window = windows.find(conn, who.identity_id)
        if (
            "bot" in switches.paused(conn)
            or who.unreachable_since is not None
            or self._is_quiet(now.astimezone(ZoneInfo(zone)).time())
            or (window is not None and windows.shut(window, now=now, keep=KEPT_FOR_ANSWERS) is not None)
        ):
            return "left in peace"
        language = (who.state or {}).get("language") or self._shop.language
        facts = facts_of(
            conn, who, able, self._shop.desk, language=language, now=now,
            undo_within=self._shop.flows.loyalty.undo_within,
        )  # fmt: skip
        decision = decide(self._dialogue.book, before, FellSilent(), facts)
        # The dialogue stays as it is: "say that again" repeats the question, and its buttons still count.
        _, messages = self._dialogue.replies.speak(
            before, decision.says, listener_for(who, facts, self._shop.zone, now)
        )
        silence = f"silence:{who.id}:{who.turns}"
        rows = answer_rows(joined(messages), able, who=who, answers=silence, ids=self._ids, now=now)
        shut, _ = count_answers(conn, able, who.identity_id, count=len(rows), now=now)
        if shut is not None:
            return "left in peace"
        outbox.queue(conn, rows)
        journal = Journal(conn, now, who)
        for row in rows:
            said = {"kind": row["kind"], "after": "silence"}
            journal.add("message.out", "bot", said, ref=row["ref"], text=row["body"]["text"])
        journal.write()
        return "nudged"
