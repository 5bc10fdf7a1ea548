"""The people around a customer: family, friends, whoever they buy for.

How somebody's health is, is a fact like any other (`memory`, kind ``family_illness``), about
this person, and kept only with the customer's own leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Text, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history, memory, origins
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
    side: str | None = None
    """On which side of a merge they were told of, see `origins`."""

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
    """Return the people around a customer, the longest known first, each once (see `each_once`)."""
    return each_once(every(conn, customer_id))


def each_once(people: Iterable[Person]) -> list[Person]:
    """Return those of whom each side of a merge has told, each once.

    Whom both sides of a merge have told of is one, with what either knows; their id is that
    of whom the customer themselves has told of.
    """
    shown: list[list[Person]] = []
    for person in people:
        same = (
            told for told in shown
            if _as_told(told[0]) == _as_told(person) and all(one.side != person.side for one in told)
        )  # fmt: skip
        if (twin := next(same, None)) is not None:
            twin.append(person)
        else:
            shown.append([person])
    return [_together(told) for told in shown]


def every(conn: Connection, customer_id: str) -> list[Person]:
    """Return them as each side of a merge has told of them, the longest known first."""
    return [_person(row) for row in conn.execute(_OF, {"customer_id": customer_id})]


def own(conn: Connection, customer_id: str) -> list[Person]:
    """Return those of whom the side that speaks now has told itself."""
    return [one for one in every(conn, customer_id) if one.side == origins.side()]


def _as_told(person: Person) -> tuple[str, str | None, str | None]:
    return person.relation, person.name, person.note if person.name is None else None


def _together(told: list[Person]) -> Person:
    first = next((one for one in told if one.side is None), told[0])
    birthday = next((one.birthday for one in told if one.birthday is not None), None)
    note = next((one.note for one in told if one.note is not None), None)
    return replace(first, birthday=first.birthday or birthday, note=first.note or note)


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
    # Of whom the other side of a merge has told is theirs: each keeps their own.
    same = [one for one in own(conn, customer_id) if (one.relation, one.name) == (relation, name)]
    if same and name is not None:
        person = same[0]
        filled = replace(person, birthday=birthday or person.birthday, note=note or person.note)
        if filled == person:
            return person
        _change(conn, filled)
    else:
        filled = Person(ids.new(), relation, name, birthday, note, said.source, origins.side())
        conn.execute(
            _ADD,
            {"id": filled.id, "customer_id": customer_id, "relation": relation, "name": name, "note": note,
             "source": said.source, "added_at": now, **_born(birthday)},
        )  # fmt: skip
    _tell(conn, customer_id, filled.id, said, now)
    return filled


def remove(conn: Connection, customer_id: str, person_id: str, said: Said, *, now: datetime) -> bool:
    """Forget a person, with all that was remembered of them; return whether there was one.

    One side of a merge forgets whom it has told of itself. A colleague means whom they see,
    told of by whichever side, and nothing of them is kept: it was to be forgotten.
    """
    customers.hold(conn, customer_id)
    people = own(conn, customer_id) if origins.is_said() else every(conn, customer_id)
    meant = next((one for one in people if one.id == person_id), None)
    if meant is None:
        return False
    twins = [one for one in people if one.side != meant.side and _as_told(one) == _as_told(meant)]
    for one in (meant, *twins):
        memory.forget_about(conn, customer_id, one.id, said, now=now)
        conn.execute(_REMOVE, {"key": one.id})
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
    return Person(row.id, row.relation, row.name, birthday_of(row), row.note, row.source, row.side)


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
