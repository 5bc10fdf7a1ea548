"""The ledger of erasures in a file beside the database, and erasing again what an older backup brought back.

The database has the same in its own table; but a backup that is put back is from before.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, select

from crm_store import customers
from crm_store.errors import PrivacyError
from crm_store.identities import identities
from crm_store.privacy import erasures
from crm_store.privacy.erasing import erase
from crm_store.privacy.erasures import Hashes

KEY_FILE = "privacy.key"
LEDGER_FILE = "erasures.jsonl"
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whom a replay found and erased again, by internal id, and whom somebody has to look at.

    The latter are customers of their own to whom an identity belonged, when the backup was
    taken, that went to an erased customer later.
    """

    erased: tuple[str, ...]
    to_look_at: tuple[str, ...]


def hashes(var: Path, key: str | None = None) -> Hashes:
    """Return how this installation hashes ids: by ``key``, else by the one in ``var``, made where there is none."""
    if key is not None:
        return Hashes(key.encode())
    path = var / KEY_FILE
    var.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass  # it was made before, or by another process at this moment
    return Hashes(path.read_text(encoding="ascii").strip().encode())


def present(var: Path, key: str | None = None) -> str | None:
    """Return the name of the key that `hashes` would use; None where it would have to make one."""
    return hashes(var, key).name if key is not None or (var / KEY_FILE).is_file() else None


def write(path: Path, rows: Iterable[Any]) -> None:
    """Bring the file up to date with the table's rows; what stands in it already stays."""
    known = {one["id"] for one in read(path)}
    fresh = [row for row in rows if row.id not in known]
    if not fresh:
        return
    lines = [orjson.dumps({"id": r.id, "names": r.names, "key": r.key, "at": r.at, "by": r.by}) for r in fresh]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """Return the erasures that the file tells; none where there is no file.

    Raises:
        PrivacyError: a line cannot be read.
    """
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            one = orjson.loads(line)
            found.append({**one, "at": datetime.fromisoformat(one["at"]), "proof": None, "finished_at": None})
        except (ValueError, KeyError, TypeError):
            raise PrivacyError(f"{path}:{number}: is no erasure; take the line out, or put the file back") from None
    return found


def as_told(row: Any) -> dict[str, Any]:
    """Return a row of the table as `read` returns it."""
    return {
        "id": row.id, "names": row.names, "key": row.key, "at": row.at, "by": row.by, "proof": None,
        "finished_at": None,
    }  # fmt: skip


def replay(conn: Connection, told: Sequence[dict[str, Any]], *, hashes: Hashes, now: datetime) -> Replayed:
    """Erase whom ``told`` names and who is there: a unit of work on a database that nobody else works on.

    Raises:
        PrivacyError: an erasure was hashed with another key; nobody would be found by it.
    """
    if other := next((one for one in told if one["key"] != hashes.name), None):
        raise PrivacyError(
            f"the erasure of {other['at']:%Y-%m-%d} was noted with another key; put back var/{KEY_FILE}, "
            "or set SHUKE_PRIVACY_KEY to the key of then"
        )
    named = {name: one for one in told for name in one["names"]}
    if not named:
        return Replayed((), ())
    gone: dict[str, dict[str, Any]] = {}
    doubtful: set[str] = set()
    of_all = select(customers.customers.c.id).where(customers.customers.c.erased_at.is_(None))
    for (id,) in conn.execute(of_all).yield_per(_AT_ONCE):
        if one := named.get(hashes.of(id)):
            gone[id] = one
    numbered = select(identities.c.id, identities.c.customer_id, customers.customers.c.customer_no).join(
        customers.customers, customers.customers.c.id == identities.c.customer_id
    )
    for row in conn.execute(numbered.where(customers.customers.c.erased_at.is_(None))).yield_per(_AT_ONCE):
        if row.customer_id not in gone and (one := named.get(hashes.of(row.id))):
            # A stranger of then had become one with the erased customer; one with a number is somebody else.
            if row.customer_no is None:
                gone[row.customer_id] = one
            else:
                doubtful.add(row.customer_id)
    for id, one in gone.items():
        erase(conn, id, by=one["by"], hashes=hashes, now=now, wait=False)
    erasures.add(conn, told)
    return Replayed(tuple(sorted(gone)), tuple(sorted(doubtful - gone.keys())))
