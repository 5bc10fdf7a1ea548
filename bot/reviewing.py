"""Learning from what was misunderstood: which messages to look at, and which of them become examples.

    misunderstood   the bot did not know, was unsure, had to be told again or was left for a person,
                    or a colleague at the desk says what was meant
    accept, refuse  one message, by whoever looks after the training
    write_learnt    the shop's training files, as the store has it

Nothing of a customer who refuses is listed or taken (`crm_store.learning`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rapidfuzz import fuzz
from sqlalchemy import Connection, bindparam, select, tuple_

from bot.errors import ShukeError
from bot.forgetting import Places
from crm_store import audit, consents, customers, history, identities, learning, related
from crm_store.conversations import BOT
from crm_store.unit_of_work import Store
from nlu import learnt
from nlu.entities import OrderPattern
from nlu.entities.folding import fold
from nlu.fallback_words import HUMAN
from nlu.forgetting import forget_rows
from nlu.neutral import LONGEST, neutral
from nlu.understanding import OUT_OF_SCOPE

UNSURE: Final = 0.5
"""Below this confidence (0 to 1) an intent that was acted on is worth a look."""
RIGHT_AFTER: Final = timedelta(minutes=3)
"""Who writes again so soon may be saying the same once more."""
_ALIKE = 60  # of 100, by RapidFuzz; "where's my parcel" and "my parcel, where is it" have 65
_SHORTEST_ALIKE = 4
LOOKED_AT: Final = 20_000
"""So many of the newest messages are looked at, however far back they go: some seconds' work."""
_AT_ONCE = 500
_NOT_UNDERSTOOD = "misunderstood "  # how the engine's trace begins then

_h = history.history
_SAID = (
    select(_h.c.id, _h.c.ref, _h.c.at, _h.c.customer_id, _h.c.text, _h.c.why)
    .where(
        _h.c.kind == "message.in",
        _h.c.at >= bindparam("since"),
        tuple_(_h.c.at, _h.c.id) < tuple_(bindparam("at", type_=_h.c.at.type), bindparam("id")),
    )
    .order_by(_h.c.at.desc(), _h.c.id.desc())
    .limit(_AT_ONCE)
)


class ReviewRefused(ShukeError):
    """A message cannot be learnt from; the text says why and the mend."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the shop's messages are read: what `neutral` needs."""

    region: str
    currency: str
    orders: OrderPattern


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that was perhaps misunderstood, and why it is worth a look.

    ``reasons`` are of ``relabelled``, ``not_understood``, ``unsure``, ``said_again`` and
    ``asked_for_a_person``. ``learnt_as`` is what would be kept of its ``text``.
    """

    message: str
    at: datetime
    customer: str
    language: str
    text: str
    learnt_as: str
    understood: str
    confidence: float
    reasons: tuple[str, ...]
    meant: str | None = None
    said_by: str | None = None


def misunderstood(
    conn: Connection, reading: Reading, *, most: int, since: datetime, until: datetime, unsure: float = UNSURE
) -> list[Doubt]:
    """Return the newest ``most`` messages from ``since`` to ``until`` that are worth a look, the newest first.

    What a colleague has relabelled is there whenever it was said; of the rest `LOOKED_AT` messages are looked at.
    """
    doubts = {row.ref: _doubt(conn, row, reading, ("relabelled",)) for row in learning.waiting(conn, most=most)}
    found = len(doubts)
    for row, reasons in _doubtful(conn, since, until, unsure):
        if found == most:
            break
        if row.ref not in doubts:
            doubts[row.ref] = _doubt(conn, row, reading, reasons)
            found += 1
    return sorted(doubts.values(), key=lambda one: (one.at, one.message), reverse=True)


def accept(
    conn: Connection, message: str, intent: str, *, language: str | None, reading: Reading, by: str, now: datetime
) -> learnt.Row:
    """Keep a message (its reference) as an example of ``intent``; audited. Returns the row that comes of it.

    Raises:
        ReviewRefused: too little or too much is left of it, or nobody knows its language.
        NotAllowed: it is no message of a customer, or they refuse.
    """
    said = learning.teachable(conn, message)
    written_in = language or str(_understood(said).get("language"))
    if written_in not in learnt.LANGUAGES:
        raise ReviewRefused(f"{message}: say by --language in which language it is: zh or en")
    words = _neutral(conn, said, written_in, reading)
    if len(words) > LONGEST or not any(one.isalnum() for one in words):
        raise ReviewRefused(f"{message}: an example has a letter and at most {LONGEST} characters; take another")
    learning.accept(conn, message, intent, language=written_in, words=words, by=by, now=now)
    audit.record(conn, at=now, by=by, action="learn", customer_id=said.customer_id, intent=intent)
    return learnt.Row(message, intent, written_in, words)


def refuse(conn: Connection, message: str, *, by: str, now: datetime) -> None:
    """Let nobody learn from a message (its reference); audited.

    Raises:
        NotAllowed: it is no message of a customer.
    """
    customer = learning.refuse(conn, message, by=by, now=now)
    audit.record(conn, at=now, by=by, action="dont_learn", customer_id=customer)


def write_learnt(store: Store, places: Places) -> bool:
    """Let the shop's training files hold what the store has accepted; return whether anything was changed."""
    rows = [learnt.Row(one.message, one.intent, one.language, one.words) for one in store.read_now(learning.kept)]
    return learnt.put(places.training, rows, models=places.models)


def give_up_refused(store: Store, places: Places) -> int:
    """Take out the rows that are not to be learnt from any more; return how many. None is added."""
    present = learnt.messages_in(places.training)
    if not present:
        return 0
    gone = present - {row.message for row in store.read_now(learning.kept)}
    return forget_rows(places.training, gone, models=places.models)


def _doubtful(
    conn: Connection, since: datetime, until: datetime, unsure: float
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    later: dict[str, Any] = {}
    place = {"since": since, "at": until, "id": 0}
    looked_at = 0
    while looked_at < LOOKED_AT and (rows := list(conn.execute(_SAID, place))):
        looked_at += len(rows)
        decided = learning.of_messages(conn, [row.ref for row in rows if row.ref])
        silent = consents.refusing_learning(conn, (row.customer_id for row in rows if row.customer_id))
        for row in rows:
            following = later.get(row.customer_id)
            later[row.customer_id] = row
            if row.ref is None or not row.text or row.ref in decided or row.customer_id in silent:
                continue
            if reasons := tuple(_reasons(row, following, unsure)):
                yield row, reasons
        place |= {"at": rows[-1].at, "id": rows[-1].id}


def _reasons(row: Any, following: Any | None, unsure: float) -> Iterator[str]:
    understood, decided = _understood(row), ((row.why or {}).get("decided") or {})
    intent, source = understood.get("intent"), understood.get("source")
    if decided.get("owner") != BOT or intent is None:
        return  # to a person, or to nobody: what the bot made of it did not matter
    lost = any(line.startswith(_NOT_UNDERSTOOD) for line in decided.get("trace", ()))
    if intent == OUT_OF_SCOPE and source == "rules" and not lost:
        return  # an answer and nothing else, or nothing that can be read
    if not any(character.isalnum() for character in row.text):
        return
    if lost or source == "fallback" or intent == OUT_OF_SCOPE:
        yield "not_understood"
    elif source == "rasa" and understood.get("confidence", 1.0) < unsure:
        yield "unsure"
    if following is None or following.at - row.at > RIGHT_AFTER:
        return
    if _understood(following).get("intent") == HUMAN != intent:
        yield "asked_for_a_person"
    if _alike(row.text, following.text or ""):
        yield "said_again"


def _alike(one: str, other: str) -> bool:
    first, second = fold(one), fold(other)
    if min(len(first), len(second)) < _SHORTEST_ALIKE:
        return False
    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second)) >= _ALIKE


def _understood(row: Any) -> dict[str, Any]:
    return (row.why or {}).get("understood") or {}


def _doubt(conn: Connection, row: Any, reading: Reading, reasons: tuple[str, ...]) -> Doubt:
    understood = _understood(row)
    language = str(understood.get("language") or "other")
    return Doubt(
        row.ref, row.at, row.customer_id, language, row.text or "",
        _neutral(conn, row, language, reading) if row.text else "",
        str(understood.get("intent") or ""), float(understood.get("confidence") or 0.0), reasons,
        getattr(row, "meant", None), getattr(row, "said_by", None),
    )  # fmt: skip


def _neutral(conn: Connection, said: Any, language: str | None, reading: Reading) -> str:
    return neutral(
        said.text, language="zh" if language == "zh" else "en", names=_names(conn, said.customer_id),
        region=reading.region, currency=reading.currency, orders=reading.orders,
    )  # fmt: skip


def _names(conn: Connection, customer_id: str) -> Collection[str]:
    """Return what the customer and the people around them are called, and by what platforms know them."""
    row = customers.by_id(conn, customer_id)
    around = (one.name for one in related.of_customer(conn, customer_id))
    ways = (one.user_id for one in identities.of_customer(conn, customer_id))
    known = (row.name, row.phone, row.email, row.customer_no) if row is not None else ()
    return [str(one) for one in (*known, *around, *ways) if one and len(str(one)) > 1]
