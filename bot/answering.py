"""What a turn writes, in one transaction: decide, act, record, queue the answers.

The flow engine decides and knows no database; its actions run here, on this
transaction's connection, until it has nothing more to ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import Connection

from bot import beside, events, talk
from bot.answers import add_words, answer_rows
from bot.delivery import Parcel, parcel_of
from bot.errors import ShukeError
from bot.facts import Facts, facts_of, listener_for
from bot.hearing import heard_in, wants_out, write_down
from bot.intake import Claimed
from bot.journal import Journal
from bot.noticing import notice
from bot.outcome import Outcome, shown
from bot.ports import Capabilities, Channel, able_of
from bot.promised import INSTEAD, unentered
from bot.rates import held_until
from bot.survey_answers import as_answer
from bot.windows import count_answers, opened_by
from crm_store import conversations, handoffs, identities, inbox, outbox, sides
from crm_store import customers as customers_store
from crm_store.conversations import BOT, QUEUE
from crm_store.desk_hours import DeskHours
from crm_store.loyalty import Loyalty
from crm_store.origins import bringing
from crm_store.ports import Ids
from flows.actions import REGISTERED, ActionContext
from flows.engine.decide import decide
from flows.engine.heard import ActionDone, Decision, Heard
from flows.engine.state import DialogueState, Say
from flows.settings import FlowSettings
from flows.standard import Standard
from nlu.language import detect
from nlu.understanding import OUT_OF_SCOPE, Language, Understanding

ATTEMPTS = 5
"""After so many failed turns a message is given to a person."""
MOST_ACTIONS = 40


class MessageTaken(ShukeError):
    """Somebody else has handled this message; nothing was written."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a turn has committed: where, and the answers that may leave at once."""

    conversation_id: str
    customer_id: str
    parcels: tuple[Parcel, ...]
    waiting: bool
    """Whether there are answers that may not leave at once, or not from here."""
    outcome: Literal["answered", "silent", "noted"]
    """Whether there is an answer, or none because a person speaks, or because nothing was asked."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the dialogue has to know of the shop."""

    language: Language
    zone: str
    region: str
    desk: DeskHours
    loyalty: Loyalty
    flows: FlowSettings = field(default_factory=FlowSettings)


class Answering:
    """Writes turns. Holds what does not change between them: the flows, the replies, the shop."""

    def __init__(
        self,
        dialogue: Standard,
        shop: Shop,
        channels: Mapping[str, Channel],
        ids: Ids,
        *,
        worker: str,
        elsewhere: Mapping[str, Capabilities] | None = None,
    ) -> None:
        """``elsewhere`` are the channels that other processes serve, and what they can do."""
        self._book = dialogue.book
        self._replies = dialogue.replies
        self._knowledge = dialogue.knowledge
        self._shop = shop
        self._channels = channels
        self._elsewhere = elsewhere or {}
        self._ids = ids
        self._worker = worker

    @property
    def zone(self) -> str:
        """The shop's time zone."""
        return self._shop.zone

    def language(self, spoken: str | None, known: str | None) -> Language:
        """Return the language to answer in where a message does not tell: as last spoken, on file, or the shop's."""
        for language in (spoken, known):
            if language and (short := language[:2].lower()) in ("zh", "en"):
                return cast(Language, short)
        return self._shop.language

    def write(
        self, conn: Connection, claimed: Claimed, understood: Understanding | None, *, now: datetime, lease: timedelta
    ) -> Written:
        """Do everything that a message leads to, or nothing.

        Raises:
            MessageTaken: the message has been handled meanwhile.
        """
        inbound = claimed.inbound
        about, who = None, claimed.who
        customers_store.hold(conn, who.customer_id)
        is_about_them = inbound.kind in ("contact", "event")
        if is_about_them or not inbox.finish_as_loaded(conn, claimed.inbox_id, who=who):
            if not inbox.finish(conn, claimed.inbox_id):
                raise MessageTaken("the message has been handled by another worker")
            identities.hold_customer(conn, inbound.channel, inbound.user_id)
            if is_about_them:
                about = events.apply(conn, inbound, region=self._shop.region, now=now)
            who = talk.load(conn, inbound.channel, inbound.user_id)
        with bringing(who.side):
            return self._write(conn, claimed, understood, who, about, now, lease)

    def _write(
        self, conn: Connection, claimed: Claimed, understood: Understanding | None, who: Any,
        about: Mapping[str, Any] | None, now: datetime, lease: timedelta,
    ) -> Written:  # fmt: skip
        inbound = claimed.inbound
        spoken = (who.state or {}).get("language")
        if understood is not None and understood.language != "other":
            spoken = understood.language
        language = self.language(spoken, who.language or inbound.language)
        before = DialogueState.from_json((who.state or {}).get("dialogue") or {})

        heard = as_answer(conn, who, heard_in(claimed, understood, language), before, self._shop.flows.feedback, now)
        journal = Journal(conn, now, who)
        write_down(journal, claimed, about)
        shown = notice(conn, who, claimed, understood, before, journal, self._shop.flows.complaints, now)
        facts = self._facts(conn, who, language, now, before, heard, evidence_for=shown)
        outcome = Outcome(before, facts, listener_for(who, facts, self._shop.zone, now), journal)
        if heard is None:
            outcome.trace.append("nothing to answer")
        else:
            self._respond(who, self._context(conn, who, heard, claimed.ref, language, outcome, now), before, outcome)

        if who.language is None and understood is not None and understood.language != "other":
            customers_store.change(conn, who.customer_id, language=understood.language)  # for who speaks first next
        rows = self._queue(conn, who, claimed, outcome, now, lease)
        self._record(who, claimed, understood, outcome, rows, now)
        if heard is not None:  # who leaves, or whose receipt comes, has not spoken: answers keep their way
            state: dict[str, Any] = {"dialogue": outcome.state.to_json(), "language": language}
            if outcome.noticed or (who.state or {}).get("noticed"):
                state["noticed"] = True
            waits = who.owner == BOT and not who.paused and outcome.state.asking is not None
            silence_at = now + self._shop.flows.talk.nudge_after if waits else None
            turn = {"state": state, "identity_id": who.identity_id, "now": now, "silence_at": silence_at}
            conversations.save_turn(conn, who.id, **turn)
            if who.is_merged:
                sides.keep_turn(conn, who.customer_id, **turn)
        parcels = tuple(parcel_of(row) for row in rows if row["status"] == "sending")
        return Written(
            who.id,
            who.customer_id,
            parcels,
            waiting=len(parcels) < len(rows),
            outcome="answered" if rows else "noted" if heard is None else "silent",
        )

    def give_up_or_rest(self, conn: Connection, claimed: Claimed, *, now: datetime, rest: timedelta) -> bool:
        """A turn has failed: try again after a rest; after too many attempts a person has to answer (then True)."""
        identities.hold_customer(conn, claimed.inbound.channel, claimed.inbound.user_id)
        attempts = inbox.failed(conn, claimed.inbox_id)
        if attempts < ATTEMPTS:
            conversations.rest(conn, claimed.conversation_id, now=now, until=now + rest * 2 ** max(attempts - 1, 0))
            return False
        inbox.bury(conn, claimed.inbox_id)
        who = talk.load(conn, claimed.inbound.channel, claimed.inbound.user_id)
        with bringing(who.side):
            self._give_up(conn, claimed, who, now)
        conversations.release(conn, who.id, self._worker)
        return True

    def _give_up(self, conn: Connection, claimed: Claimed, who: Any, now: datetime) -> None:
        language = self.language((who.state or {}).get("language"), who.language or claimed.inbound.language)
        if (written_in := detect(claimed.inbound.text or "", language)) != "other":
            language = written_in
        facts = self._facts(conn, who, language, now, DialogueState(), None)
        journal = Journal(conn, now, who)
        write_down(journal, claimed, None)
        outcome = Outcome(DialogueState(), facts, listener_for(who, facts, self._shop.zone, now), journal)
        outcome.trace.append("given to a person: the turn failed too often")
        journal.write()
        self._hand_over(conn, who, "error", now)
        if who.owner == BOT:
            self._say(outcome, [Say("handoff_after_error")])
        rows = self._queue(conn, who, claimed, outcome, now, lease=None)
        self._record(who, claimed, None, outcome, rows, now)

    def able(self, channel: str) -> Capabilities | None:
        """Return what a channel can do, here or elsewhere; None where nobody knows."""
        return able_of(self._channels, channel) or self._elsewhere.get(channel)

    def _context(
        self, conn: Connection, who: Any, heard: Heard, ref: str, language: Language, outcome: Outcome, now: datetime
    ) -> ActionContext:
        def record(kind: str, data: Mapping[str, Any]) -> None:
            outcome.journal.add(kind, "bot", data)
            outcome.journal.write()

        return ActionContext(
            conn=conn, now=now, ids=self._ids, customer_id=who.customer_id, identity_id=who.identity_id,
            conversation_id=who.id, channel=who.channel, verified=bool(who.verified), language=language,
            zone=outcome.listener.zone, heard=heard, message=ref,
            settings=self._shop.flows, loyalty=self._shop.loyalty, knowledge=self._knowledge,
            desk=self._shop.desk, record=record,
        )  # fmt: skip

    def _respond(self, who: Any, context: ActionContext, before: DialogueState, outcome: Outcome) -> None:
        """Answer, or leave it to whoever speaks; a wish to be left alone is kept in any case."""
        conn, now = context.conn, context.now
        if beside.has_told(context.heard):
            outcome.journal.write()
            context = beside.remember(context, outcome.facts)
        if who.paused:
            outcome.trace.append("the bot is paused")
            outcome.journal.write()
            self._hand_over(conn, who, "bot_paused", now)
        elif who.owner == BOT:
            self._decide(who, context, outcome)
            self._add_notes(who, context, outcome)
        elif who.owner == QUEUE and wants_out(context.heard, before):
            outcome.journal.write()
            handoffs.cancel(conn, who.id, now=now)
            self._say(outcome, [Say("handoff_cancelled")])
            outcome.trace.append("waiting ended by the customer")
        else:
            outcome.state = replace(before, last_says=())  # what the bot said is behind what was said since
            outcome.trace.append(f"silent: the conversation is with {who.owner}")
        if beside.wants_less(context.heard):
            outcome.journal.write()
            if beside.leave_alone(context, [one["action"] for one in outcome.actions]):
                outcome.trace.append("a wish to be left alone was kept")

    def _add_notes(self, who: Any, context: ActionContext, outcome: Outcome) -> None:
        """Add to an answer what was noted beside it, and to the first one ever how a customer's words are kept."""
        done = [one["action"] for one in outcome.actions]
        if not outcome.messages or "hand_over" in done:
            return
        note = beside.note_to_say(context.heard, outcome.facts, outcome.says, done)
        if note is not None:
            said = self._replies.render(note, outcome.listener)
            outcome.messages = beside.with_note(outcome.messages, said, asks=outcome.state.asking is not None)
        if not self._shop.flows.relationship.privacy_notice or (who.state or {}).get("noticed"):
            return
        outcome.noticed = True
        if not beside.is_noticed(context.conn, context.customer_id):
            notice = self._replies.render(beside.NOTICE, outcome.listener)
            outcome.messages = beside.with_note(outcome.messages, notice, asks=False)
            outcome.journal.add(beside.NOTICED, "bot", {"url": outcome.facts["privacy_url"]})

    def _decide(self, who: Any, context: ActionContext, outcome: Outcome) -> None:
        conn, now, facts, heard = context.conn, context.now, outcome.facts, context.heard
        decision = decide(self._book, outcome.state, heard, facts)
        self._take_in(conn, who, decision, outcome, now)
        for _ in range(MOST_ACTIONS):
            if decision.act is None:
                return
            if not REGISTERED[decision.act.name].only_reads:
                outcome.journal.write()  # what was before stands before what the action writes
            result = REGISTERED.run(decision.act, context)
            outcome.actions.append({"action": decision.act.name, "result": shown(result)})
            decision = decide(self._book, outcome.state, ActionDone(decision.act.name, result), facts)
            self._take_in(conn, who, decision, outcome, now)
        raise ShukeError(f"flow {outcome.state.flow}: more than {MOST_ACTIONS} actions for one message")

    def _take_in(self, conn: Connection, who: Any, decision: Decision, outcome: Outcome, now: datetime) -> None:
        outcome.state = decision.state
        outcome.trace.extend(decision.trace)
        for event in decision.events:
            outcome.journal.add(event.kind, "bot", event.data)
        self._say(outcome, self._entered(conn, who, decision.says, outcome, now))

    def _entered(
        self, conn: Connection, who: Any, says: Sequence[Say], outcome: Outcome, now: datetime
    ) -> Sequence[Say]:
        """Leave out promises that nobody has entered: a person is called, and no time is named."""
        not_entered = unentered(
            conn, self._replies, says, outcome.state, outcome.listener, customer_id=who.customer_id, now=now
        )
        if not not_entered:
            return says
        outcome.trace.extend(f"not said, since it is not entered: {say.reply}" for say in not_entered)
        outcome.journal.write()
        self._hand_over(conn, who, "not_promised", now)
        return [INSTEAD if say in not_entered else say for say in says]

    def _say(self, outcome: Outcome, says: Sequence[Say]) -> None:
        outcome.state, messages = self._replies.speak(outcome.state, says, outcome.listener)
        outcome.says.extend(says)
        outcome.messages.extend(messages)

    def _facts(
        self, conn: Connection, who: Any, language: Language, now: datetime, before: DialogueState, heard: Heard | None,
        *, evidence_for: str | None = None,
    ) -> Facts:  # fmt: skip
        def follows_up() -> str | None:
            if heard is None:
                return None
            inquiry, today = before.slots.get("inquiry"), now.astimezone(self._shop.desk.zone).date()
            alone = heard.intent == OUT_OF_SCOPE
            return self._knowledge.goes_on_with(inquiry, heard.text, today=today, fits_nothing=alone)

        return facts_of(
            conn, who, self.able(who.channel), self._shop.desk, language=language, now=now,
            undo_within=self._shop.flows.loyalty.undo_within, evidence_for=evidence_for, follows_up=follows_up,
            privacy_url=self._shop.flows.relationship.privacy_url,
        )  # fmt: skip

    def _hand_over(self, conn: Connection, who: Any, reason: str, now: datetime) -> None:
        handoffs.request(
            conn, conversation_id=who.id, customer_id=who.customer_id, reason=reason, now=now, channel=who.channel
        )

    def _queue(
        self, conn: Connection, who: Any, claimed: Claimed, outcome: Outcome, now: datetime, lease: timedelta | None
    ) -> list[dict[str, Any]]:
        """Queue the answers; they may leave at once where nothing else is on its way there and the rate allows it."""
        able = self.able(who.channel)
        rows = answer_rows(outcome.messages, able, who=who, answers=claimed.ref, ids=self._ids, now=now)
        at_once = lease is not None and not who.others_waiting and who.channel not in self._elsewhere
        held = None
        if rows and at_once:
            held = held_until(
                conn, able, channel=who.channel, identity_id=who.identity_id, kind="reply", count=len(rows), now=now
            )
        # In this order also in the sweep: budgets, then windows. Two that take both cannot wait for each other.
        opened_by(conn, able, claimed.inbound, who.identity_id, received_at=claimed.received_at, now=now)
        shut, last = count_answers(conn, able, who.identity_id, count=len(rows), now=now)
        if last:
            add_words(rows[-1], self._replies.render(Say("window_ends"), outcome.listener).text, able)
        if shut is not None:
            for row in rows:
                row |= {"status": "skipped", "error": shut}
            outbox.queue(conn, rows)
            return rows
        if lease is not None and at_once and held is None:
            for row in rows:
                row["status"] = "sending"
            outbox.queue_sending(conn, rows, worker=self._worker, now=now, until=now + lease)
        else:
            for row in rows:
                row["due_at"] = held or now
            outbox.queue(conn, rows)
        return rows

    def _record(
        self,
        who: Any,
        claimed: Claimed,
        understood: Understanding | None,
        outcome: Outcome,
        rows: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> None:
        """Put what was understood, why it was answered so, and the answers into the history."""
        decided = {
            "at": now.isoformat(),
            "owner": who.owner,
            "flow": outcome.state.flow,
            "asking": outcome.state.asking,
            "facts": outcome.facts.known,
            "trace": outcome.trace,
            "actions": outcome.actions,
            "replies": [say.reply for say in outcome.says],
            "sent": [row["ref"] for row in rows],
        }
        heard = understood.as_json() if understood else None
        outcome.journal.explain(claimed.ref, {"understood": heard, "decided": decided})
        for row in rows:
            answer = {"kind": row["kind"], "answers": claimed.ref}
            outcome.journal.add("message.out", "bot", answer, ref=row["ref"], text=row["body"]["text"])
            if row["status"] == "skipped":
                failed = {"reason": row["error"], "message": row["ref"]}
                outcome.journal.add("message.failed", "system", failed)
        outcome.journal.write()
