"""Facts that the shop remembers of a customer: what they said of themselves, and in which message.

A fact is believed with a confidence, told as true until it is stale, and gives way to
one that contradicts it. What the customer has forgotten is gone: the row that stays
says only that there was something, so that it isn't learnt again from the same message.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Double, ForeignKey, Index, Text, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import consents, customers, history
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.memory_kinds import KINDS, checked, contradict, named, normal
from crm_store.origins import side, side_column
from crm_store.ports import Ids

STATUSES = ("active", "superseded", "forgotten", "pending")
Status = Literal["active", "superseded", "forgotten", "pending"]
ASKED = "memory.asked"
SURE_ENOUGH = 0.6
"""Below this a fact is asked about, not told."""
_NO_NAMES: Mapping[str, Collection[str]] = {}


class MemoryFact(Base):
    """One fact. Its text is None where it was forgotten, or waits for the customer's leave (``pending``)."""

    __tablename__ = "memory_facts"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    about: Mapped[str | None]
    """The related person whom it is about; None where it is the customer."""
    value: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    """The customer's own words."""
    source: Mapped[str]
    """The reference of the message that said it, or ``agent:NAME``, ``order:NUMBER``, ``import``."""
    confidence: Mapped[float] = mapped_column(Double)
    learned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_by: Mapped[str | None]
    consent_word: Mapped[int | None] = mapped_column(BigInteger)
    """By which of the customer's words something sensitive is kept."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_memory_facts_customer_id", "customer_id", "learned_at"),)


memory_facts = table_of(MemoryFact)

_ADD = insert(memory_facts)
_OF = (
    select(memory_facts)
    .where(memory_facts.c.customer_id == bindparam("customer_id"))
    .order_by(memory_facts.c.learned_at, memory_facts.c.id)
)
_CONFIRM = (
    update(memory_facts)
    .where(memory_facts.c.id == bindparam("key"))
    .values(
        confidence=bindparam("sure"), source=bindparam("from"), words=bindparam("said"),
        learned_at=bindparam("at"), expires_at=bindparam("until"),
    )
)  # fmt: skip
_SUPERSEDE = (
    update(memory_facts)
    .where(memory_facts.c.id == bindparam("key"))
    .values(status="superseded", ended_at=bindparam("now"), superseded_by=bindparam("by"))
)
_REVIVE = (
    update(memory_facts)
    .where(memory_facts.c.id == bindparam("key"))
    .values(status="active", ended_at=None, superseded_by=None)
)
_WIPE = (
    update(memory_facts)
    .where(memory_facts.c.id == bindparam("key"))
    .values(status="forgotten", ended_at=bindparam("now"), value=None, words=None, consent_word=None)
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as others see it; ``value`` is empty where it is forgotten or pending."""

    id: str
    kind: str
    value: str
    source: str
    confidence: float
    learned_at: datetime
    expires_at: datetime | None
    status: Status
    about: str | None = None
    words: str | None = None
    superseded_by: str | None = None
    side: str | None = None
    """On which side of a merge it was learnt, see `origins`."""

    @property
    def sensitive(self) -> bool:
        return KINDS[self.kind].sensitive

    def stale(self, now: datetime) -> bool:
        """Return whether it is too old to be told as true."""
        return self.expires_at is not None and self.expires_at <= now

    def as_json(self) -> dict[str, Any]:
        return {
            "fact": f"{self.kind}: {self.value}",
            "source": self.source,
            "confidence": self.confidence,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
        }


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a fact.

    ``outcome`` is ``learned``, ``confirmed`` (it was known), ``older`` (something said later
    contradicts it), ``pending`` (it waits for the customer's leave; its text isn't kept) or
    ``forgotten`` (they had it forgotten). ``contradicts`` are the facts that it put aside.
    """

    outcome: Literal["learned", "confirmed", "older", "pending", "forgotten"]
    fact: Fact
    contradicts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Where a fact comes from: the message's reference (or ``agent:NAME`` …), its words, and the talk it is in."""

    source: str
    words: str | None = None
    by: str = "customer"
    conversation_id: str | None = None
    channel: str | None = None


def learn(
    conn: Connection,
    customer_id: str,
    kind: str,
    value: str,
    said: Said,
    *,
    confidence: float,
    now: datetime,
    ids: Ids,
    said_at: datetime | None = None,
    expires_at: datetime | None = None,
    about: str | None = None,
) -> Learned:
    """Remember a fact; what it contradicts and was said earlier is superseded. The same message again changes nothing.

    Raises:
        ValueError: there is no such kind, the text is empty or too long, the confidence is
            not within 0 and 1, it ends before it begins, or it has no source.
    """
    text, at = " ".join(value.split()), said_at or now
    what = checked(kind, text, said.source, confidence, at, expires_at)
    ends = expires_at or (at + what.lasts if what.lasts else None)
    customers.hold(conn, customer_id)
    facts = _all(conn, customer_id)
    same = [one for one in facts if one.kind == kind and one.about == about]
    if gone := next((one for one in same if one.status == "forgotten" and one.source == said.source), None):
        return Learned("forgotten", gone)
    leave = consents.allows_sensitive(conn, customer_id) if what.sensitive else None
    fact = Fact(ids.new(), kind, text, said.source, confidence, at, ends, "active", about, said.words, side=side())
    waiting = [one for one in same if one.status == "pending" and one.source == said.source]
    if what.sensitive and leave is None:
        if waiting:
            return Learned("pending", waiting[0])
        fact = replace(fact, value="", words=None, status="pending")
        _add(conn, customer_id, fact, None)
        return Learned("pending", fact)
    for one in waiting:
        conn.execute(_SUPERSEDE, {"key": one.id, "now": now, "by": fact.id})
    # What the other side of a merge has told is theirs: each keeps their own, and the newest of both counts.
    own = _standing_alone(facts, fact.side)
    others = [
        one for one in facts
        if (one.status == "active" or one in own) and (_contradict(one, fact) or (_same(one, fact) and one not in own))
    ]  # fmt: skip
    known = next((one for one in own if _same(one, fact)), None)
    if known is not None:
        if known.status != "active":
            conn.execute(_REVIVE, {"key": known.id})
            for one in others:
                conn.execute(_SUPERSEDE, {"key": one.id, "now": now, "by": known.id})
        return Learned("confirmed", _confirm(conn, known, fact))
    later = max((one for one in others if one.learned_at > at), key=lambda one: one.learned_at, default=None)
    if later is not None:
        fact = replace(fact, status="superseded", superseded_by=later.id)
        _add(conn, customer_id, fact, leave, ended_at=now)
        return Learned("older", fact)
    _add(conn, customer_id, fact, leave)
    for one in others:
        conn.execute(_SUPERSEDE, {"key": one.id, "now": now, "by": fact.id})
    data = {"fact": fact.id, "kind": kind, "source": said.source, "confidence": confidence}
    if put_aside := [one.id for one in others if one in own]:
        data["contradicts"] = put_aside
    _tell(conn, customer_id, "memory.learned", now, said, data)
    return Learned("learned", fact, tuple(others))


def _standing_alone(facts: list[Fact], side: str | None) -> list[Fact]:
    """Return the facts of a side that count, or would if they had not been put aside by the other one."""
    sides = {one.id: one.side for one in facts}
    own = [one for one in facts if one.side == side]
    return [
        one for one in own
        if one.status == "active" or (one.status == "superseded" and sides.get(one.superseded_by or "", side) != side)
    ]  # fmt: skip


def _contradict(one: Fact, other: Fact) -> bool:
    return one.about == other.about and contradict(KINDS[one.kind], one.value, KINDS[other.kind], other.value)


def _confirm(conn: Connection, known: Fact, again: Fact) -> Fact:
    if known.source == again.source:
        return known  # the same message, handled a second time
    sure = round(1 - (1 - known.confidence) * (1 - again.confidence), 3)
    newest = again if again.learned_at >= known.learned_at else known
    ends = None if None in (known.expires_at, again.expires_at) else max(
        filter(None, (known.expires_at, again.expires_at))
    )  # fmt: skip
    conn.execute(
        _CONFIRM,
        {"key": known.id, "sure": sure, "from": newest.source, "said": newest.words, "at": newest.learned_at,
         "until": ends},
    )  # fmt: skip
    return replace(
        known, confidence=sure, source=newest.source, words=newest.words, learned_at=newest.learned_at, expires_at=ends
    )


def known(conn: Connection, customer_id: str, now: datetime, *, also_unsure: bool = True) -> list[Fact]:
    """Return what is remembered and not stale, oldest first; sensitive facts only while their owner allows it.

    Without ``also_unsure`` only what may be told as true.
    """
    facts = [one for one in _all(conn, customer_id) if one.status == "active" and not one.stale(now)]
    if any(one.sensitive for one in facts) and consents.allows_sensitive(conn, customer_id) is None:
        facts = [one for one in facts if not one.sensitive]
    return [one for one in facts if also_unsure or one.confidence >= SURE_ENOUGH]


def every(conn: Connection, customer_id: str) -> list[Fact]:
    """Return every fact, in whatever state, in the order in which they were learnt."""
    return _all(conn, customer_id)


def use(conn: Connection, customer_id: str, kinds: Collection[str], said: Said, *, now: datetime) -> list[Fact]:
    """Return what may be told as true of these kinds, and record that it was used for the message ``said.source``."""
    facts = [one for one in known(conn, customer_id, now, also_unsure=False) if one.kind in kinds]
    used(conn, customer_id, facts, said, now=now)
    return facts


def used(conn: Connection, customer_id: str, facts: Sequence[Fact], said: Said, *, now: datetime) -> None:
    """Record that these facts were used for the message ``said.source``."""
    if facts:
        data = {"facts": [one.id for one in facts], "kinds": sorted({one.kind for one in facts}), "for": said.source}
        _tell(conn, customer_id, "memory.used", now, said, data)


def asked(conn: Connection, customer_id: str, fact: Fact, said: Said, *, now: datetime) -> None:
    """Record that the customer is asked whether this fact still holds."""
    _tell(conn, customer_id, ASKED, now, said, {"fact": fact.id, "kind": fact.kind, "for": said.source})


def forget(conn: Connection, customer_id: str, fact_id: str, said: Said, *, now: datetime) -> list[Fact]:
    """Forget one fact, with what it had replaced; return what was there. Nothing is returned where there is none."""
    return _forget(conn, customer_id, lambda one: one.id == fact_id, said, now)


def forget_words(
    conn: Connection, customer_id: str, words: str, said: Said, *, now: datetime,
    names: Mapping[str, Collection[str]] = _NO_NAMES,
) -> list[Fact]:  # fmt: skip
    """Forget the facts that these words name: by their text, or by what their kind is called (``names``)."""
    return _forget(conn, customer_id, lambda one: meant(one, words, names), said, now)


def forget_all(conn: Connection, customer_id: str, said: Said, *, now: datetime) -> list[Fact]:
    """Forget every fact; the profile, orders and the talk itself are no facts and stay."""
    return _forget(conn, customer_id, lambda one: True, said, now)


def forget_about(conn: Connection, customer_id: str, person: str, said: Said, *, now: datetime) -> list[Fact]:
    """Forget every fact about a related person."""
    return _forget(conn, customer_id, lambda one: one.about == person, said, now)


def withdraw_sensitive(conn: Connection, customer_id: str, said: Said, *, now: datetime) -> list[Fact]:
    """Take the customer's no to keeping sensitive facts, and forget them."""
    consents.set_consent(
        conn, customer_id, consents.SENSITIVE, False, now=now, evidence=said.source, by=said.by,
        conversation_id=said.conversation_id, channel=said.channel, words=said.words,
    )  # fmt: skip
    return _forget(conn, customer_id, lambda one: one.sensitive, said, now)


def meant(fact: Fact, words: str, names: Mapping[str, Collection[str]] = _NO_NAMES) -> bool:
    """Return whether words name a fact that is remembered."""
    return fact.status in ("active", "pending") and named(words, fact.value, names.get(fact.kind, ()))


def settle(conn: Connection, customer_id: str, *, now: datetime) -> list[str]:
    """Put aside what contradicts something said later, after two customers have become one; return the keys put aside.

    Equal facts become one, the newer.
    """
    active = [one for one in _all(conn, customer_id) if one.status == "active"]
    aside: list[str] = []
    for number, one in enumerate(active):
        later = next(
            (new for new in active[number + 1 :] if _contradict(one, new) or _same(one, new)), None
        )  # fmt: skip
        if later is not None:
            conn.execute(_SUPERSEDE, {"key": one.id, "now": now, "by": later.id})
            aside.append(one.id)
    return aside


def part(conn: Connection, one: str, other: str, *, now: datetime) -> None:
    """Let facts count again that only the other one contradicts, after a customer has become two."""
    theirs = {key: {fact.id for fact in _all(conn, key)} for key in (one, other)}
    for key, not_theirs in ((one, theirs[other]), (other, theirs[one])):
        for fact in _all(conn, key):
            if fact.status == "superseded" and fact.superseded_by in not_theirs:
                conn.execute(_REVIVE, {"key": fact.id})
        settle(conn, key, now=now)


def _same(one: Fact, other: Fact) -> bool:
    return (one.kind, one.about, normal(one.value)) == (other.kind, other.about, normal(other.value))


def _forget(conn: Connection, customer_id: str, which: Callable[[Fact], bool], said: Said, now: datetime) -> list[Fact]:
    customers.hold(conn, customer_id)
    facts = _all(conn, customer_id)
    wanted = [one for one in facts if one.status != "forgotten" and which(one)]
    gone = {one.id for one in wanted}
    # What a forgotten fact had replaced would else be what is left of it. A fact is replaced by one learnt
    # after it, or said later: so this goes on until there are no more.
    while more := {one.id for one in facts if one.superseded_by in gone} - gone:
        gone |= more
    for one in facts:
        if one.id in gone and one.status != "forgotten":
            conn.execute(_WIPE, {"key": one.id, "now": now})
            _tell(conn, customer_id, "memory.forgotten", now, said, {"fact": one.id, "kind": one.kind})
    return [one for one in wanted if one.status == "active"]


def _tell(conn: Connection, customer_id: str, kind: str, now: datetime, said: Said, data: Mapping[str, Any]) -> None:
    # Without the text: what is forgotten would go on standing in the history.
    history.record(
        conn, at=now, kind=kind, by=said.by, customer_id=customer_id, conversation_id=said.conversation_id,
        channel=said.channel, data=data,
    )  # fmt: skip


def _add(conn: Connection, customer_id: str, fact: Fact, leave: int | None, ended_at: datetime | None = None) -> None:
    conn.execute(
        _ADD,
        {
            "id": fact.id, "customer_id": customer_id, "kind": fact.kind, "about": fact.about,
            "value": fact.value or None, "words": fact.words, "source": fact.source, "confidence": fact.confidence,
            "learned_at": fact.learned_at, "expires_at": fact.expires_at, "status": fact.status,
            "ended_at": ended_at, "superseded_by": fact.superseded_by, "consent_word": leave,
        },
    )  # fmt: skip


def _all(conn: Connection, customer_id: str) -> list[Fact]:
    return [
        Fact(
            row.id, row.kind, row.value or "", row.source, row.confidence, row.learned_at, row.expires_at, row.status,
            row.about, row.words, row.superseded_by, row.side,
        )
        for row in conn.execute(_OF, {"customer_id": customer_id})
    ]  # fmt: skip
