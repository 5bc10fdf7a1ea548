"""What is learnt from customers' messages: who says what a message meant, and which words of it are kept for training.

    proposed    a colleague at the desk says what the customer had meant
    accepted    whoever looks after the training took it: its neutral words are an example now
    refused     nobody is to learn from this message

A customer may refuse that anything of theirs is learnt from (`consents.LEARNING`): nothing
of theirs is then proposed or accepted, and what was accepted before is given up.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Text, bindparam, exists, not_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import consents, history
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.errors import NotAllowed
from crm_store.origins import side_column

STATES = ("proposed", "accepted", "refused")

_ACCEPTED = text("state = 'accepted'")
_PROPOSED = text("state = 'proposed'")


class Lesson(Base):
    """What one message of a customer meant, as people say."""

    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    message: Mapped[str] = mapped_column(unique=True)
    """The reference of the message in the history."""
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    understood: Mapped[str | None]
    """The intent that the bot took it for; None where it was not asked."""
    intent: Mapped[str | None]
    """The right one; None of a message that was refused without a word about it."""
    language: Mapped[str | None]
    state: Mapped[str]
    words: Mapped[str | None] = mapped_column(Text)
    """What is trained on, without anything that names somebody; of what is accepted alone."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_lessons_customer_id", "customer_id"),
        Index("ix_lessons_accepted", "id", sqlite_where=_ACCEPTED, postgresql_where=_ACCEPTED),
        Index("ix_lessons_proposed", "id", sqlite_where=_PROPOSED, postgresql_where=_PROPOSED),
    )


lessons = table_of(Lesson)

_PUT = insert(lessons)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["message"],
    set_={name: _PUT.excluded[name] for name in ("understood", "intent", "language", "state", "words", "at", "by")},
)
_OF_MESSAGE = select(lessons).where(lessons.c.message == bindparam("message"))
_OF_MESSAGES = select(lessons).where(lessons.c.message.in_(bindparam("messages", expanding=True)))
_REFUSED_BY_OWNER = exists().where(
    consents.consents.c.customer_id == lessons.c.customer_id,
    consents.consents.c.purpose == consents.LEARNING,
    not_(consents.consents.c.value),
)
_KEPT = select(lessons).where(_ACCEPTED, not_(_REFUSED_BY_OWNER)).order_by(lessons.c.id)
_WAITING = (
    select(history.history, lessons.c.intent.label("meant"), lessons.c.by.label("said_by"))
    .join_from(lessons, history.history, history.history.c.ref == lessons.c.message)
    .where(_PROPOSED, not_(_REFUSED_BY_OWNER))
    .order_by(lessons.c.id.desc())
    .limit(bindparam("most"))
)
_GIVE_UP = (
    update(lessons)
    .where(lessons.c.customer_id == bindparam("whose"), lessons.c.state != "refused")
    .values(state="refused", words=None, at=bindparam("now"), by=bindparam("who"))
)


def of_message(conn: Connection, message: str) -> Any | None:
    """Return what people say that a message (its reference) meant, or None."""
    return conn.execute(_OF_MESSAGE, {"message": message}).one_or_none()


def of_messages(conn: Connection, messages: Collection[str]) -> dict[str, Any]:
    """Return the same for many messages, those of which nobody has said anything left out."""
    if not messages:
        return {}
    return {row.message: row for row in conn.execute(_OF_MESSAGES, {"messages": list(messages)})}


def teachable(conn: Connection, message: str) -> Any:
    """Return a message, an entry of the history, that may be learnt from.

    Raises:
        NotAllowed: there is no such message of a customer, it has no words, or they refuse.
    """
    said = _message(conn, message)
    if not said.text:
        raise NotAllowed(f"{message}: it has no words, or none any more", code="no_such_message")
    if not consents.allows_learning(conn, said.customer_id):
        raise NotAllowed(f"{message}: its customer refuses that their words are learnt from", code="learning_refused")
    return said


def propose(conn: Connection, message: str, intent: str, *, customer_id: str, by: str, now: datetime) -> None:
    """A colleague says what a message of this customer (internal id) had meant; a later word takes the place of it.

    Raises:
        NotAllowed: it is no message of theirs, they refuse that it is learnt from, or it was decided on already.
    """
    said = teachable(conn, message)
    if said.customer_id != customer_id:
        raise NotAllowed("that is no message of this customer", code="no_such_message")
    before = of_message(conn, message)
    if before is not None and before.state != "proposed":
        raise NotAllowed("this message was decided on already; shuke nlu review decides anew", code="learnt_already")
    _put(conn, said, state="proposed", intent=intent, language=None, words=None, by=by, now=now)


def accept(
    conn: Connection, message: str, intent: str, *, language: str, words: str, by: str, now: datetime
) -> None:  # fmt: skip
    """Keep the neutral ``words`` of a message as an example of ``intent``, also where something else was said before.

    Raises:
        NotAllowed: there is no such message of a customer, or they refuse that it is learnt from.
    """
    said = teachable(conn, message)
    _put(conn, said, state="accepted", intent=intent, language=language, words=words, by=by, now=now)


def refuse(conn: Connection, message: str, *, by: str, now: datetime) -> str:
    """Let nobody learn from a message; what was accepted of it is given up. Returns whose it is (internal id).

    Raises:
        NotAllowed: there is no such message of a customer.
    """
    said = _message(conn, message)
    before = of_message(conn, message)
    intent = before.intent if before is not None else None
    _put(conn, said, state="refused", intent=intent, language=None, words=None, by=by, now=now)
    return str(said.customer_id)


def say(
    conn: Connection, customer_id: str, allowed: bool, *, evidence: str, by: str, now: datetime,
    words: str | None = None,
) -> bool:  # fmt: skip
    """Keep a customer's word on being learnt from; after a no, what was learnt of them is given up.

    ``evidence`` and ``words`` as in `consents.set_consent`. Returns whether they had not said just that before.
    """
    changed = consents.set_consent(
        conn, customer_id, consents.LEARNING, allowed, now=now, evidence=evidence, by=by, words=words
    )
    if not allowed:
        conn.execute(_GIVE_UP, {"whose": customer_id, "now": now, "who": by})
    return changed


def kept(conn: Connection) -> list[Any]:
    """Return the lessons that are to be trained on, in the order in which they came."""
    return list(conn.execute(_KEPT))


def waiting(conn: Connection, *, most: int) -> list[Any]:
    """Return the newest ``most`` messages that wait for a decision, as entries of the history.

    ``meant`` is what a colleague, ``said_by``, takes each for.
    """
    return list(conn.execute(_WAITING, {"most": most}))


def _message(conn: Connection, message: str) -> Any:
    said = history.by_ref(conn, message)
    if said is None or said.kind != "message.in" or said.customer_id is None:
        raise NotAllowed(f"{message}: no message of a customer is called so", code="no_such_message")
    return said


def _put(conn: Connection, said: Any, **columns: Any) -> None:
    understood = ((said.why or {}).get("understood") or {}).get("intent")
    now = columns.pop("now")
    # It stands on the side of its message, so that it goes along when one customer becomes two again.
    about = {"message": said.ref, "customer_id": said.customer_id, "side": said.side, "understood": understood}
    conn.execute(_PUT, {**about, "at": now, **columns})
