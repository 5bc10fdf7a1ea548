"""The tables whose rows belong to a customer, and how the rows change hands when two become one, and two again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    update,
)

from crm_store.approvals import approvals
from crm_store.audit import audit
from crm_store.consents import consent_words
from crm_store.coupons import coupons
from crm_store.history import history
from crm_store.identities import identities
from crm_store.inbox import inbox
from crm_store.learning import lessons
from crm_store.memory import memory_facts
from crm_store.opportunities import opportunities
from crm_store.orders import orders
from crm_store.outbox import outbox
from crm_store.points import entries, lots, take_backs
from crm_store.promises import promises
from crm_store.related import related_persons
from crm_store.surveys import surveys
from crm_store.tags import customer_tags
from crm_store.tasks import tasks
from crm_store.tickets import tickets
from crm_store.wishes import stock_wishes
from crm_store.zones import zone_words

OWNED: tuple[Table, ...] = (
    identities, history, outbox, tickets, lots, orders, audit, consent_words, memory_facts, related_persons,
    customer_tags, opportunities, zone_words, promises, tasks, approvals, surveys, take_backs,
    coupons, lessons, stock_wishes,
)  # fmt: skip
"""Rows have a customer and a side. A table that is new joins here."""
_DATED = {history.name, outbox.name}
"""Rows are counted, and most have an identity: what came after a merge goes with that, whoever wrote it."""
_SPOKEN: tuple[Table, ...] = (inbox, history, outbox, tickets, promises, tasks, approvals, surveys)
"""Rows name the talk that they belong to."""

_absorbed: BindParameter[str] = bindparam("absorbed")
_survivor: BindParameter[str] = bindparam("survivor")
_leaves: BindParameter[str] = bindparam("leaves", expanding=True)
_ways: BindParameter[str] = bindparam("ways", expanding=True)


def _renamed(of: Table) -> dict[str, ColumnElement[str]]:
    """The talk of a row that has changed hands: what was said in ``talk`` was said in ``other_talk``."""
    if of not in _SPOKEN:
        return {}
    talk = of.c.conversation_id
    return {"conversation_id": case((talk == bindparam("talk"), bindparam("other_talk")), else_=talk)}


def _give(of: Table) -> Update:
    side = func.coalesce(of.c.side, _absorbed)
    return update(of).where(of.c.customer_id == _absorbed).values(customer_id=_survivor, side=side, **_renamed(of))


def _take_back(of: Table) -> Update:
    theirs: ColumnElement[bool] = of.c.side.in_(_leaves)
    if of.name in _DATED:
        came_since = and_(of.c.id > bindparam(f"{of.name}_until"), of.c.identity_id.is_not(None))
        theirs = or_(and_(came_since, of.c.identity_id.in_(_ways)), and_(not_(came_since), theirs))
    side = func.nullif(of.c.side, _absorbed)
    return (
        update(of).where(of.c.customer_id == _survivor, theirs).values(customer_id=_absorbed, side=side, **_renamed(of))
    )


_GIVE = [_give(one) for one in OWNED]
_TAKE_BACK = [_take_back(one) for one in OWNED]
# The movements of a lot go with it: nobody's points are moved by somebody else's entries.
_GIVE_ENTRIES = update(entries).where(entries.c.customer_id == _absorbed).values(customer_id=_survivor)
_TAKE_ENTRIES_BACK = (
    update(entries)
    .where(
        entries.c.customer_id == _survivor,
        entries.c.lot_id.in_(select(lots.c.id).where(lots.c.customer_id == _absorbed)),
    )
    .values(customer_id=_absorbed)
)
_RENAME_WAITING = (
    update(inbox)
    .where(inbox.c.identity_id.in_(_ways), inbox.c.conversation_id == bindparam("talk"))
    .values(conversation_id=bindparam("other_talk"))
)
_WAYS = select(identities.c.id).where(identities.c.customer_id == bindparam("customer"))
_WAYS_OF = _WAYS.where(identities.c.side.in_(_leaves))
"""The inbox knows identities, no customers."""


def give(conn: Connection, absorbed: str, survivor: str, *, talk: str | None, other_talk: str | None) -> None:
    """Give all that ``absorbed`` has to ``survivor``; what was said in ``talk`` counts as said in ``other_talk``."""
    ways = ways_of(conn, absorbed)
    names = {"absorbed": absorbed, "survivor": survivor, "talk": talk, "other_talk": other_talk}
    for statement in _GIVE:
        conn.execute(statement, names)
    conn.execute(_GIVE_ENTRIES, {"absorbed": absorbed, "survivor": survivor})
    _rename(conn, ways, talk, other_talk)


def take_back(
    conn: Connection, absorbed: str, survivor: str, *, leaves: frozenset[str], talk: str | None, other_talk: str | None,
    history_until: int, outbox_until: int,
) -> None:  # fmt: skip
    """Give ``absorbed``, who is a customer again, all that stands on the side of one of ``leaves``.

    What of it names ``talk`` was said in ``other_talk``, or in none.
    """
    sides = sorted(leaves)
    ways, _ = ways_of_two(conn, survivor, leaves)
    names = {
        "absorbed": absorbed, "survivor": survivor, "leaves": sides, "ways": ways, "talk": talk,
        "other_talk": other_talk, "history_until": history_until, "outbox_until": outbox_until,
    }  # fmt: skip
    for statement in _TAKE_BACK:
        conn.execute(statement, names)
    conn.execute(_TAKE_ENTRIES_BACK, {"absorbed": absorbed, "survivor": survivor})
    _rename(conn, ways, talk, other_talk)


def ways_of(conn: Connection, customer_id: str) -> list[str]:
    """Return the internal ids of a customer's identities."""
    return list(conn.execute(_WAYS, {"customer": customer_id}).scalars())


def ways_of_two(conn: Connection, customer_id: str, leaves: frozenset[str]) -> tuple[list[str], list[str]]:
    """Return a customer's identities (internal ids) on the side of one of ``leaves``, and the others."""
    theirs = list(conn.execute(_WAYS_OF, {"customer": customer_id, "leaves": sorted(leaves)}).scalars())
    return theirs, [one for one in ways_of(conn, customer_id) if one not in theirs]


def _rename(conn: Connection, ways: list[str], talk: str | None, other_talk: str | None) -> None:
    if talk is not None and other_talk is not None and talk != other_talk:
        conn.execute(_RENAME_WAITING, {"ways": ways, "talk": talk, "other_talk": other_talk})


def spoken_in(conn: Connection, customer_id: str, talk: str) -> dict[str, list[int | str]]:
    """Return the rows of a customer, their keys by table, that name a talk which is somebody else's.

    There are none as a rule: an identity has once gone from one to the other alone.
    """
    found = {}
    ways = ways_of(conn, customer_id)
    for of, statement in _NAMING.items():
        about = {"ways": ways} if of == inbox.name else {"customer": customer_id}
        if keys := list(conn.execute(statement, {**about, "talk": talk}).scalars()):
            found[of] = keys
    return found


def name_again(conn: Connection, keys: dict[str, list[int | str]], talk: str) -> None:
    """Let rows, their keys by table, name a talk."""
    for of, theirs in keys.items():
        conn.execute(_NAME[of], {"keys": theirs, "talk": talk})


def rename_rest(
    conn: Connection, customer_id: str, talk: str, other_talk: str | None, *, history_until: int, outbox_until: int
) -> None:
    """Let what a customer has said in ``talk`` since those keys count as said in ``other_talk``."""
    names = {"customer": customer_id, "talk": talk, "other_talk": other_talk}
    for statement in _RENAME_REST:
        conn.execute(statement, {**names, "history_until": history_until, "outbox_until": outbox_until})
    _rename(conn, ways_of(conn, customer_id), talk, other_talk)


def _rename_rest(of: Table) -> Update:
    statement = update(of).where(of.c.customer_id == bindparam("customer"), of.c.conversation_id == bindparam("talk"))
    if of.name in _DATED:
        statement = statement.where(of.c.id > bindparam(f"{of.name}_until"))
    return statement.values(conversation_id=bindparam("other_talk"))


def _naming(of: Table) -> Select[Any]:
    whose = of.c.identity_id.in_(_ways) if of is inbox else of.c.customer_id == bindparam("customer")
    return select(of.c.id).where(whose, of.c.conversation_id == bindparam("talk"))


# Plain texts: a merge keeps them as keys in JSON, which takes no kind of text of SQLAlchemy's own.
_NAMING = {str(of.name): _naming(of) for of in _SPOKEN}
_NAME = {
    of.name: update(of).where(of.c.id.in_(bindparam("keys", expanding=True))).values(conversation_id=bindparam("talk"))
    for of in _SPOKEN
}
_RENAME_REST = [_rename_rest(of) for of in _SPOKEN if of is not inbox]
