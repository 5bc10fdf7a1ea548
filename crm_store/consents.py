"""What a customer agreed to hear from us, per purpose and channel, with the proof of every word.

``service`` is on unless everything is stopped; ``care`` (birthdays, tips) and
``marketing`` (offers) are off until the customer, or the shop's import, says yes.
``sensitive`` is the leave to keep what is nobody's business else: health, religion.
``learning`` is on unless the customer says no: their words, without anything that names
them, may then become examples from which the bot learns to understand.

A word is about all channels or about one. A no for one channel narrows what was agreed
to for all, and a later yes for all doesn't lift it, unless it was said on that very
channel; a later no for all stops everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Text, bindparam, not_, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history, origins, sides
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.origins import side_column

PURPOSES = ("service", "care", "marketing")
"""For what we write to a customer."""
SENSITIVE = "sensitive"
LEARNING = "learning"
EVERY = (*PURPOSES, SENSITIVE, LEARNING)


class Consent(Base):
    """The present word of a customer on one purpose, for all channels; `ConsentWord` has every word."""

    __tablename__ = "consents"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None]
    """Where the word comes from: ``import``, or the reference of the message that said it."""


class ConsentWord(Base):
    """One word that was given, with its proof: when, where, by whom and in which words. Append-only."""

    __tablename__ = "consent_words"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    purpose: Mapped[str]
    channel: Mapped[str | None]
    """The one channel that the word is about; None where it is about all."""
    value: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    said_on: Mapped[str | None]
    """The channel on which it was said; None where it came another way, which ``evidence`` names."""
    evidence: Mapped[str]
    """The reference of the message, ``import``, or what a colleague has seen."""
    words: Mapped[str | None] = mapped_column(Text)
    """What was said, where it is in no message of ours."""
    by: Mapped[str]
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_consent_words_customer_id", "customer_id", "purpose", "id"),)


consents = table_of(Consent)
consent_words = table_of(ConsentWord)

_OF = select(consents).where(consents.c.customer_id == bindparam("customer_id"))
_WORDS_OF = (
    select(consent_words).where(consent_words.c.customer_id == bindparam("customer_id")).order_by(consent_words.c.id)
)
_NARROWER = (
    select(consent_words)
    .where(consent_words.c.customer_id == bindparam("customer_id"), consent_words.c.channel.is_not(None))
    .order_by(consent_words.c.at, consent_words.c.id)
)
_SET = insert(consents)
_SET = _SET.on_conflict_do_update(
    index_elements=["customer_id", "purpose"],
    set_={"value": _SET.excluded.value, "at": _SET.excluded.at, "evidence": _SET.excluded.evidence},
)
_ON = select(consents.c.value).where(
    consents.c.customer_id == bindparam("customer_id"), consents.c.purpose == bindparam("purpose")
)
_REFUSED = select(consents.c.customer_id).where(
    consents.c.purpose == LEARNING, not_(consents.c.value), consents.c.customer_id.in_(bindparam("ids", expanding=True))
)
_ADD_WORD = plain_insert(consent_words)


def of_customer(conn: Connection, customer_id: str) -> dict[str, bool]:
    """Return the customer's word for all channels, on every purpose for which we write."""
    said = {row.purpose: bool(row.value) for row in conn.execute(_OF, {"customer_id": customer_id})}
    return {purpose: said.get(purpose, purpose == "service") for purpose in PURPOSES}


def on_channels(conn: Connection, customer_id: str, channels: Iterable[str]) -> dict[str, dict[str, bool]]:
    """Return, for each of these channels, what the customer agreed to hear there."""
    general = {row.purpose: row for row in conn.execute(_OF, {"customer_id": customer_id})}
    # The last word on each channel and purpose: they come in the order in which they were said.
    narrower = {(row.channel, row.purpose): row for row in conn.execute(_NARROWER, {"customer_id": customer_id})}
    return {
        channel: {purpose: _agreed(purpose, general.get(purpose), narrower.get((channel, purpose)))
                  for purpose in PURPOSES}
        for channel in channels
    }  # fmt: skip


def _agreed(purpose: str, general: Any | None, here: Any | None) -> bool:
    for_all = purpose == "service" if general is None else bool(general.value)
    if here is None:
        return for_all
    if not here.value:
        return False
    # A yes for this channel alone outlives an older no for all, and no later one.
    return for_all or general is None or bool(here.at > general.at)


def allows_sensitive(conn: Connection, customer_id: str) -> int | None:
    """Return the key of the word by which sensitive facts may be kept, or None where they may not."""
    last = None
    for row in conn.execute(_WORDS_OF, {"customer_id": customer_id}):
        if row.purpose == SENSITIVE and (last is None or row.at >= last.at):
            last = row
    return int(last.id) if last is not None and last.value else None


def allows_learning(conn: Connection, customer_id: str) -> bool:
    """Return whether the customer's words may be learnt from: unless they said no."""
    return conn.execute(_ON, {"customer_id": customer_id, "purpose": LEARNING}).scalar() is not False


def refusing_learning(conn: Connection, customer_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these customers said no to being learnt from."""
    ids = sorted(set(customer_ids))
    return frozenset(conn.execute(_REFUSED, {"ids": ids}).scalars()) if ids else frozenset()


def proofs(conn: Connection, customer_id: str) -> list[dict[str, Any]]:
    """Return every word that the customer gave, the oldest first, with its proof."""
    return [
        {
            "purpose": row.purpose, "channel": row.channel, "value": bool(row.value), "at": row.at.isoformat(),
            "said_on": row.said_on, "evidence": row.evidence, "words": row.words, "by": row.by,
        }
        for row in conn.execute(_WORDS_OF, {"customer_id": customer_id})
    ]  # fmt: skip


def set_consent(
    conn: Connection,
    customer_id: str,
    purpose: str,
    value: bool,
    *,
    now: datetime,
    evidence: str,
    by: str = "customer",
    conversation_id: str | None = None,
    channel: str | None = None,
    only_on: str | None = None,
    words: str | None = None,
) -> bool:
    """Keep the customer's word on one purpose; return whether they had not said just that before.

    ``channel`` is where it was said, ``only_on`` the one channel that it is about (None: all of them).
    A no is kept even where nothing had been agreed to: it outlives a later yes of somebody else.

    Raises:
        ValueError: there is no such purpose, or nothing proves the word.
    """
    if purpose not in EVERY:
        raise ValueError(f"there is no purpose {purpose!r}; use one of {', '.join(EVERY)}")
    if not evidence:
        raise ValueError("a consent needs its evidence: the reference of the message, import, or what was seen")
    about = {"customer_id": customer_id}
    proof = {"at": now, "said_on": channel, "evidence": evidence, "words": words, "by": by}
    narrower: dict[tuple[str, str], bool] = {}
    own: dict[tuple[str, str], bool] = {}
    merge: int | None = None
    for row in conn.execute(_NARROWER, about):
        narrower[row.channel, row.purpose] = bool(row.value)
        if row.side == origins.side():
            own[row.channel, row.purpose] = bool(row.value)
    if only_on is None:
        said = {row.purpose: bool(row.value) for row in conn.execute(_OF, about)}
        if value and channel is not None and narrower.get((channel, purpose)) is False:
            # Who says yes here, where they had said no, means here too.
            _keep(conn, about, purpose, channel, True, proof, conversation_id)
        word = {"purpose": purpose, "value": value, "at": now, "evidence": evidence}
        on_side = sides.keep_word(conn, customer_id, word, key=("purpose",))
        if said.get(purpose) == value and (on_side is None or not on_side.is_new):
            return False
        conn.execute(_SET, {**about, **word})
        if on_side is not None and not on_side.is_new:
            merge = on_side.merge  # they only repeat what they said; the other one had contradicted it
    elif narrower.get((only_on, purpose)) == value == own.get((only_on, purpose)):
        return False
    _keep(conn, about, purpose, only_on, value, proof, conversation_id, merge)
    return True


def _keep(
    conn: Connection, about: dict[str, str], purpose: str, only_on: str | None, value: bool, proof: dict[str, Any],
    conversation_id: str | None, merge: int | None = None,
) -> None:  # fmt: skip
    conn.execute(_ADD_WORD, {**about, **proof, "purpose": purpose, "channel": only_on, "value": value})
    data = {"purpose": purpose, "value": value, "evidence": proof["evidence"]}
    if only_on is not None:
        data["only_on"] = only_on
    if merge is not None:
        data["merge"] = merge
    history.record(
        conn, at=proof["at"], conversation_id=conversation_id, channel=proof["said_on"], kind="consent.changed",
        by=proof["by"], data=data, **about,
    )  # fmt: skip


def set_marketing(
    conn: Connection,
    customer_id: str,
    value: bool,
    *,
    now: datetime,
    evidence: str,
    by: str = "customer",
    conversation_id: str | None = None,
    channel: str | None = None,
) -> bool:
    """Say yes or no to care and marketing together, as an opt-in or opt-out does."""
    changed = [
        set_consent(
            conn, customer_id, purpose, value,
            now=now, evidence=evidence, by=by, conversation_id=conversation_id, channel=channel,
        )
        for purpose in ("care", "marketing")
    ]  # fmt: skip
    return any(changed)
