"""How each of two merged customers would stand alone, kept up with whatever is written while they are one.

Rows in great number carry their side (`origins`). What a customer has only one of
cannot: the profile, the word on a purpose, the running talk. Of those every merge
keeps both customers' own, and whatever is written is entered here as well, for the
side that brought it. Nobody who was never merged pays more than a look.

A side is ``{"customer": {…}, "consents": [{…}], "talk": {…} | None}``, columns by name; where
somebody of the other side has taken off what is this one's, also ``"aside": {table: [{…}]}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, String, Table, bindparam, column, select, table

from crm_store import merges, origins
from crm_store.base import Exact, UtcDateTime

type Side = dict[str, Any]
type Talk = dict[str, Any]

BOT = "bot"

# Not the model's: identities know customers, who know this module.
_identities = table("identities", column("id", String), column("side", String))
_SIDE_OF = select(_identities.c.side).where(_identities.c.id == bindparam("identity"))


@dataclass(frozen=True, slots=True)
class Word:
    """What became of a word on a side: whether it is a new one there, and the number of a merge to name."""

    is_new: bool
    merge: int


@dataclass(frozen=True, slots=True)
class Alone:
    """How the side that acts now would stand alone: its columns, frozen, and a merge that it is part of."""

    customer: dict[str, Any]
    merge: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A row, frozen, that is not shown while two are one; ``merge`` keeps it."""

    row: dict[str, Any]
    merge: int


def frozen(row: Any) -> dict[str, Any]:
    """Return a row as JSON can hold it."""
    return {name: freeze(value) for name, value in row._mapping.items()}


def freeze(value: Any) -> Any:
    """Return a column's value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def thawed(table: Table, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row that was `frozen`, as the table takes them."""
    return {name: _thaw(table, name, value) for name, value in kept.items() if name in table.c}


def _thaw(table: Table, name: str, value: Any) -> Any:
    if value is not None and isinstance(table.c[name].type, UtcDateTime):
        return datetime.fromisoformat(value)
    if value is not None and isinstance(table.c[name].type, Exact):
        return Decimal(value)
    return value


def keep_profile(
    conn: Connection, customer_id: str, fields: Mapping[str, Any], told: Mapping[str, Any] | None = None
) -> None:
    """Columns of a customer have been set: they are those of the side that brought them.

    Of the attributes, that side's are those that are other than they were, and those that it has ``told``.
    """
    standing = merges.standing(conn, customer_id)
    if not standing:
        return
    new = {name: freeze(value) for name, value in fields.items()}
    if "attributes" in new:
        last = [one for one in standing if one.survivor_id == customer_id][-1]
        known, after = last.joint.get("attributes") or {}, new.pop("attributes") or {}
        new_ones = {name: value for name, value in after.items() if name not in known or known[name] != value}
        new |= {"told": new_ones | dict(told or {}), "dropped": [name for name in known if name not in after]}
    for one, kept, _ in _touched(standing, customer_id, origins.side()):
        _set(kept["customer"], **new)
        _set(one.joint, **new)
        _write(conn, one)


def alone(conn: Connection, customer_id: str) -> Alone | None:
    """Return how the side that acts now would stand had it never been merged; None where it never was."""
    for one, kept, _ in _touched(merges.standing(conn, customer_id), customer_id, origins.side()):
        return Alone(kept["customer"], one.id)  # the oldest merge of a side has it alone
    return None


def put_aside(conn: Connection, customer_id: str, table: str, rows: Collection[Any]) -> int | None:
    """Keep rows of other sides, which the one that acts now has taken off, for the time after an unmerge.

    Returns the number of a merge that keeps them.
    """
    standing = merges.standing(conn, customer_id)
    mine = {(one.id, name) for one, _, name in _touched(standing, customer_id, origins.side())}
    keeper = None
    for row in rows:
        for one, kept, name in _touched(standing, customer_id, row.side):
            if any(merge == one.id and side != name for merge, side in mine):
                kept.setdefault("aside", {}).setdefault(table, []).append(frozen(row))
                _write(conn, one)
                keeper = int(one.id)
    return keeper


def aside(conn: Connection, customer_id: str, table: str) -> list[Aside]:
    """Return the rows of the side that acts now which others have put aside."""
    standing = merges.standing(conn, customer_id)
    leaf = _leaf(standing, customer_id, origins.side())
    return [
        Aside(row, one.id)
        for one, kept, name in _touched(standing, customer_id, origins.side())
        for row in kept.get("aside", {}).get(table, ())
        if leaf == (row["side"] or getattr(one, f"{name}_id"))
    ]


def take_up(conn: Connection, customer_id: str, table: str, taken: Aside) -> None:
    """Keep a row no more that was put aside."""
    for one in merges.standing(conn, customer_id):
        if one.id == taken.merge:
            for kept in (one.survivor, one.absorbed):
                rows = kept.get("aside", {}).get(table, [])
                if taken.row in rows:
                    rows.remove(taken.row)
            _write(conn, one)


def keep_word(conn: Connection, customer_id: str, word: Mapping[str, Any], *, key: tuple[str, ...]) -> Word | None:
    """A customer has said their word, a row without its customer; ``key`` names the columns by which it is one word.

    Returns None where there was no merge.
    """
    standing = merges.standing(conn, customer_id)
    if not standing:
        return None
    new = {name: freeze(value) for name, value in word.items()}
    is_new = False
    for one, kept, _ in _touched(standing, customer_id, origins.side()):
        said = next((w for w in kept["consents"] if all(w[part] == new[part] for part in key)), None)
        if said is not None and said["value"] == new["value"]:
            continue
        kept["consents"] = [w for w in kept["consents"] if w is not said] + [(said or {}) | new]
        is_new = True
        _write(conn, one)
    return Word(is_new, standing[-1].id)


def keep_turn(
    conn: Connection, customer_id: str, *, state: dict[str, Any] | None, identity_id: str, now: datetime,
    silence_at: datetime | None = None,
) -> None:  # fmt: skip
    """A turn has been taken with a customer who is known to be merged: the talk is the speaking side's."""
    standing = merges.standing(conn, customer_id)
    for one, kept, _ in _touched(standing, customer_id, origins.side()):
        talk = kept["talk"] or _talk_begun(identity_id)
        kept["talk"] = talk | {
            "state": state, "identity_id": identity_id, "turns": talk["turns"] + 1, "last_in_at": freeze(now),
            "closed_at": None, "created_at": talk["created_at"] or freeze(now), "silence_at": freeze(silence_at),
        }  # fmt: skip
        _write(conn, one)


def keep_owner(conn: Connection, talk: Any, fields: Mapping[str, Any], *, forget: bool = False) -> None:
    """Somebody has taken or handed on a talk (its row before): columns of it have been set.

    It is a step of the side that brought it, else of the one that spoke last. A side
    whose customer was with people, or waited for them, goes along: nobody is left waiting.
    """
    standing = merges.standing(conn, talk.customer_id)
    if not standing:
        return
    brought = origins.side()
    if not origins.is_said():
        brought = conn.execute(_SIDE_OF, {"identity": talk.identity_id}).scalar_one_or_none()
    new = {name: freeze(value) for name, value in fields.items()}
    own = {(one.id, name) for one, _, name in _touched(standing, talk.customer_id, brought)}
    for one in standing:
        for name in ("survivor", "absorbed"):
            kept = getattr(one, name)
            is_own = (one.id, name) in own
            if not is_own and (kept["talk"] is None or kept["talk"]["owner"] == BOT):
                continue
            kept["talk"] = (kept["talk"] or _talk_begun(talk.identity_id)) | new
            if forget and is_own:
                kept["talk"].update(state=None, turns=kept["talk"]["turns"] + 1)
        _write(conn, one)


def _touched(standing: list[Any], root: str, side: str | None) -> Iterator[tuple[Any, Side, str]]:
    """Yield each merge that a side is part of, the kept side that it belongs to, and which of the two that is."""
    leaf = _leaf(standing, root, side)
    for one in standing:
        if leaf in merges.leaves(standing, one.survivor_id, before=one.id):
            yield one, one.survivor, "survivor"
        elif leaf in merges.leaves(standing, one.absorbed_id):
            yield one, one.absorbed, "absorbed"


def _leaf(standing: list[Any], root: str, side: str | None) -> str:
    return side if side is not None and side in merges.leaves(standing, root) else root


def _write(conn: Connection, one: Any) -> None:
    merges.keep(conn, one.id, survivor=one.survivor, absorbed=one.absorbed, joint=one.joint)


def _set(
    columns: dict[str, Any], *, told: Mapping[str, Any] | None = None, dropped: Collection[str] = (), **new: Any
) -> None:
    """Set columns; of the attributes, only what was told or dropped, since the others may be somebody else's."""
    columns.update(new)
    if told is not None:
        attributes = {**(columns["attributes"] or {}), **told}
        columns["attributes"] = {name: value for name, value in attributes.items() if name not in dropped} or None


def begun(talk: Talk | None, first: Any | None) -> Talk | None:
    """Return the talk of a side whose ``first`` message in the joint one is an inbox row, or None.

    One that was begun meanwhile, and has no id yet, began with that message, even where
    it led to no turn.
    """
    if first is None or (talk is not None and talk["id"] is not None):
        return talk
    return (talk or _talk_begun(first.identity_id)) | {"created_at": freeze(first.received_at)}


def _talk_begun(identity_id: str) -> Talk:
    return {
        "id": None, "identity_id": identity_id, "owner": BOT, "state": None, "turns": 0, "waiting_since": None,
        "team": None, "snoozed_until": None, "closed_at": None, "last_in_at": None, "silence_at": None,
        "created_at": None,
    }  # fmt: skip
