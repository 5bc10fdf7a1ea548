"""The people around a customer: family, friends, whoever they buy for.

How somebody's health is, is a fact like any other (`memory`, kind ``family_illness``), about
this person, and kept only with the customer's own leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Text, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history, memory
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.birthdays import check_birthday
from crm_store.customers import Birthday, birthday_of
from crm_store.memory import Learned, Said
from crm_store.origins import side_column
from crm_store.ports import Ids

RELATIONS = (
    "spouse", "partner", "child", "parent", "grandparent", "grandchild", "sibling", "relative", "friend",
    "colleague", "other",
)  # fmt: skip
LONGEST_NAME = 80
LONGEST_NOTE = 500
HEALTH = "family_illness"


class RelatedPerson(Base):
    """Somebody close to a customer, as the customer told."""

    __tablename__ = "related_persons"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    relation: Mapped[str]
    name: Mapped[str | None]
    birth_year: Mapped[int | None]
    birth_month: Mapped[int | None]
    birth_day: Mapped[int | None]
    birth_calendar: Mapped[str | None]
    birth_leap: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_related_persons_customer_id", "customer_id", "added_at"),)


related_persons = table_of(RelatedPerson)

_ADD = insert(related_persons)
_OF = (
    select(related_persons)
    .where(related_persons.c.customer_id == bindparam("customer_id"))
    .order_by(related_persons.c.added_at, related_persons.c.id)
)
_ONE = select(related_persons).where(
    related_persons.c.id == bindparam("key"), related_persons.c.customer_id == bindparam("whose")
)
_REMOVE = delete(related_persons).where(related_persons.c.id == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Person:
    """A related person as others see them."""

    id: str
    relation: str
    name: str | None
    birthday: Birthday | None
    note: str | None
    source: str

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "relation": self.relation,
            "name": self.name,
            "birthday": self.birthday.as_json() if self.birthday else None,
            "note": self.note,
            "source": self.source,
        }


def of_customer(conn: Connection, customer_id: str) -> list[Person]:
    """Return the people around a customer, the longest known first."""
    return [_person(row) for row in conn.execute(_OF, {"customer_id": customer_id})]


def add(
    conn: Connection,
    customer_id: str,
    relation: str,
    said: Said,
    *,
    now: datetime,
    ids: Ids,
    name: str | None = None,
    birthday: Birthday | None = None,
    note: str | None = None,
) -> Person:
    """Add a person; one of the same relation and name is that one, and gets what was not known of them.

    Raises:
        ValueError: there is no such relation, a text is too long, or the birthday is no day of its calendar.
    """
    name, note = _text(name, LONGEST_NAME, "name"), _text(note, LONGEST_NOTE, "note")
    if relation not in RELATIONS:
        raise ValueError(f"there is no relation {relation!r}; use one of {', '.join(RELATIONS)}")
    if birthday is not None:
        check_birthday(birthday)
    customers.hold(conn, customer_id)
    same = [one for one in of_customer(conn, customer_id) if (one.relation, one.name) == (relation, name)]
    if same and name is not None:
        person = same[0]
        filled = Person(
            person.id, relation, name, birthday or person.birthday, note or person.note, person.source
        )  # fmt: skip
        if filled == person:
            return person
        _change(conn, filled)
    else:
        filled = Person(ids.new(), relation, name, birthday, note, said.source)
        conn.execute(
            _ADD,
            {"id": filled.id, "customer_id": customer_id, "relation": relation, "name": name, "note": note,
             "source": said.source, "added_at": now, **_born(birthday)},
        )  # fmt: skip
    _tell(conn, customer_id, filled.id, said, now)
    return filled


def remove(conn: Connection, customer_id: str, person_id: str, said: Said, *, now: datetime) -> bool:
    """Forget a person, with all that was remembered of them; return whether there was one."""
    customers.hold(conn, customer_id)
    if conn.execute(_ONE, {"key": person_id, "whose": customer_id}).one_or_none() is None:
        return False
    memory.forget_about(conn, customer_id, person_id, said, now=now)
    conn.execute(_REMOVE, {"key": person_id})
    _tell(conn, customer_id, person_id, said, now)
    return True


def learn_health(
    conn: Connection, customer_id: str, person_id: str, value: str, said: Said, *, confidence: float, now: datetime,
    ids: Ids,
) -> Learned:  # fmt: skip
    """Remember how a related person's health is; without the customer's leave the text is not kept.

    Raises:
        LookupError: the customer has no such person.
        ValueError: as `memory.learn`.
    """
    if conn.execute(_ONE, {"key": person_id, "whose": customer_id}).one_or_none() is None:
        raise LookupError("this customer has no such related person")
    return memory.learn(
        conn, customer_id, HEALTH, value, said, confidence=confidence, now=now, ids=ids, about=person_id
    )


def _change(conn: Connection, person: Person) -> None:
    conn.execute(
        update(related_persons)
        .where(related_persons.c.id == person.id)
        .values(note=person.note, **_born(person.birthday))
    )


def _born(birthday: Birthday | None) -> dict[str, Any]:
    if birthday is None:
        return {
            "birth_year": None, "birth_month": None, "birth_day": None, "birth_calendar": None, "birth_leap": False
        }  # fmt: skip
    return {
        "birth_year": birthday.year, "birth_month": birthday.month, "birth_day": birthday.day,
        "birth_calendar": birthday.calendar, "birth_leap": birthday.leap_month,
    }  # fmt: skip


def _person(row: Any) -> Person:
    return Person(row.id, row.relation, row.name, birthday_of(row), row.note, row.source)


def _text(text: str | None, longest: int, what: str) -> str | None:
    kept = " ".join((text or "").split())
    if len(kept) > longest:
        raise ValueError(f"a {what} has at most {longest} characters")
    return kept or None


def _tell(conn: Connection, customer_id: str, person_id: str, said: Said, now: datetime) -> None:
    history.record(
        conn, at=now, kind="profile.changed", by=said.by, customer_id=customer_id,
        conversation_id=said.conversation_id, channel=said.channel, data={"field": "related", "person": person_id},
    )  # fmt: skip
