"""Surveys: a question asked once about one thing, and the answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.errors import NotAllowed
from crm_store.origins import bringing, side, side_column

SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10)}
"""The least and the most that each question is answered by: how content, how easy, whether one would recommend us."""
STATES = ("sent", "answered")
_SENT = text("state = 'sent'")
END = 8
"""So many characters at the end of its id name a survey on its buttons: of one customer's they are enough."""


class Survey(Base):
    """One question to one customer; ``question`` is a key of `SCALES`."""

    __tablename__ = "surveys"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Names what it asks about: nothing is asked about twice."""
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    question: Mapped[str]
    ticket: Mapped[str | None]
    message: Mapped[str | None]
    """The reference of the message that asks."""
    state: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[int | None]
    words: Mapped[str | None]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_surveys_customer_id", "customer_id", "sent_at"),
        Index("ix_surveys_answered", "question", "answered_at"),
    )


surveys = table_of(Survey)

_ADD = insert(surveys).on_conflict_do_nothing(index_elements=["key"]).returning(surveys.c.id)
_BY_ID = select(surveys).where(surveys.c.id == bindparam("id"))
_OF = select(surveys).where(surveys.c.customer_id == bindparam("customer_id")).order_by(surveys.c.sent_at, surveys.c.id)
_OPEN_OF = (
    select(surveys)
    .where(surveys.c.customer_id == bindparam("customer_id"), _SENT)
    .order_by(surveys.c.sent_at.desc(), surveys.c.id.desc())
    .limit(1)
)
_ANSWER = (
    update(surveys)
    .where(surveys.c.id == bindparam("which"), _SENT)
    .values(state="answered", answered_at=bindparam("now"), score=bindparam("given"), words=bindparam("said"))
)
_ADD_WORDS = (
    update(surveys)
    .where(surveys.c.id == bindparam("which"))
    .values(words=func.coalesce(surveys.c.words + "\n", "") + bindparam("said", type_=String))
)
_BY_MESSAGE = select(surveys).where(surveys.c.message == bindparam("ref")).limit(1)
_COUNTS = (
    select(surveys.c.score, func.count().label("times"))
    .where(
        surveys.c.question == bindparam("of"),
        surveys.c.answered_at >= bindparam("since"),
        surveys.c.answered_at < bindparam("until"),
    )
    .group_by(surveys.c.score)
)


@dataclass(frozen=True, slots=True)
class Score:
    """What answers to a question come to; None where nobody has answered."""

    answers: int
    mean: float | None
    index: float | None
    """NPS: promoters (9, 10) less detractors (0 to 6) in percent; else the share of the upper two scores in percent."""


def send(
    conn: Connection, *, key: str, customer_id: str, question: str, now: datetime, id: str, ticket: str | None = None,
    message: str | None = None, conversation_id: str | None = None, channel: str | None = None,
) -> str | None:  # fmt: skip
    """Note under the new ``id`` that a question is asked, ``survey.sent``; return it, or None where it was before.

    Raises:
        ValueError: the question is none of `SCALES`.
    """
    if question not in SCALES:
        raise ValueError(f"there is no question {question!r}; use one of {', '.join(SCALES)}")
    row = {
        "id": id, "key": key, "customer_id": customer_id, "conversation_id": conversation_id,
        "question": question, "ticket": ticket, "message": message, "state": "sent", "sent_at": now,
        "answered_at": None, "score": None, "words": None,
    }  # fmt: skip
    added: str | None = conn.execute(_ADD, row).scalar_one_or_none()
    if added is not None:
        _record(conn, "survey.sent", row, "bot", now, channel)
    return added


def answer(
    conn: Connection, id: str, *, score: int, now: datetime, words: str | None = None, channel: str | None = None
) -> None:
    """Note the customer's answer, ``survey.answered``.

    Raises:
        NotAllowed: there is no such question, it is answered, or the score lies outside its scale.
    """
    row = conn.execute(_BY_ID, {"id": id}).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no survey {id}", code="no_survey")
    least, most = SCALES[row.question]
    if not least <= score <= most:
        raise NotAllowed(f"{row.question} is answered by {least} to {most}", code="off_scale", least=least, most=most)
    if conn.execute(_ANSWER, {"which": id, "now": now, "given": score, "said": words}).rowcount != 1:
        raise NotAllowed(f"survey {id} is answered already", code="survey_answered")
    said = {"words": words} if words else {}
    _record(conn, "survey.answered", row._mapping, "customer", now, channel, score=score, scale=most, **said)


def add_words(conn: Connection, id: str, words: str) -> None:
    """Keep what the customer says to the score that they gave."""
    conn.execute(_ADD_WORDS, {"which": id, "said": words})


def by_message(conn: Connection, ref: str) -> Any | None:
    """Return the question that the message with this reference asks, or None."""
    return conn.execute(_BY_MESSAGE, {"ref": ref}).one_or_none()


def open_of(conn: Connection, customer_id: str) -> Any | None:
    """Return the question that the customer was asked last and has not answered, or None."""
    return conn.execute(_OPEN_OF, {"customer_id": customer_id}).one_or_none()


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return what the customer was asked, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def score(conn: Connection, question: str, *, since: datetime, until: datetime) -> Score:
    """Return what the answers to a question from ``since`` to before ``until`` come to."""
    times = {row.score: row.times for row in conn.execute(_COUNTS, {"of": question, "since": since, "until": until})}
    answers = sum(times.values())
    if not answers:
        return Score(0, None, None)
    high = SCALES[question][1] - 1
    good = sum(count for value, count in times.items() if value >= high)
    bad = sum(count for value, count in times.items() if value <= 6) if question == "nps" else 0
    mean = sum(value * count for value, count in times.items()) / answers
    return Score(answers, mean, 100 * (good - bad) / answers)


def _record(
    conn: Connection, kind: str, row: Any, by: str, now: datetime, channel: str | None, **more: Any
) -> None:  # fmt: skip
    data = {"survey": row["id"], "question": row["question"], **more}
    if row["ticket"]:
        data["number"] = row["ticket"]
    with bringing(row.get("side", side())):
        history.record(
            conn, at=now, kind=kind, by=by, customer_id=row["customer_id"], conversation_id=row["conversation_id"],
            channel=channel, data=data,
        )  # fmt: skip
