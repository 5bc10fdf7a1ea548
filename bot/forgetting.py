"""Export and erase, as whoever is asked to does it: the database, and the files beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from crm_store import audit
from crm_store.errors import PrivacyError
from crm_store.patience import Patience
from crm_store.ports import Clock
from crm_store.privacy import erasures, exporting, ledger, scrubbing
from crm_store.privacy.erasing import Erased, erase
from crm_store.privacy.erasures import Hashes
from crm_store.unit_of_work import Store
from crm_store.wakes import TALK
from nlu.forgetting import forget_rows

EXPORTS = "exports"
PATIENCE = Patience(timedelta(minutes=2), rest=timedelta(milliseconds=200))
"""How long an erasure waits for a turn or a message under way: longer than a lease, by which the dead end."""


class BeingAnswered(PrivacyError):
    """A customer cannot be erased at this moment."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where files beside the database stand that may hold something of a customer."""

    var: Path
    training: Path
    """The shop's own training data."""
    models: Path

    @property
    def exports(self) -> Path:
        return self.var / EXPORTS

    @property
    def ledger(self) -> Path:
        return self.var / ledger.LEDGER_FILE


@dataclass(frozen=True, slots=True)
class Forgetting:
    """How an installation forgets: where its files stand, and the key that ids are hashed by (None: one in ``var``)."""

    places: Places
    key: str | None
    patience: Patience = PATIENCE

    def hashes(self) -> Hashes:
        """Return what hashes the ids; the key is made where there is none yet."""
        return ledger.hashes(self.places.var, self.key)


def exported(store: Store, customer: str, *, by: str, clock: Clock) -> bytes:
    """Return all that is known of a customer (internal id) as JSON; audited. Blocks its thread.

    Raises:
        LookupError: there is no such customer.
    """
    told = store.run_now(_exported, customer, by=by, clock=clock)
    return orjson.dumps(told, option=orjson.OPT_INDENT_2, default=str) + b"\n"


def export_customer(store: Store, customer: str, target: Path, *, by: str, clock: Clock) -> int:
    """Write all that is known of a customer (internal id) into a new file that its owner alone may read; audited.

    Returns the bytes.

    Raises:
        PrivacyError: the file is there already, or cannot be written.
    """
    told = exported(store, customer, by=by, clock=clock)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            return file.write(told)
    except FileExistsError:
        raise PrivacyError(f"{target}: is there already; name another file by --out") from None
    except OSError as exc:
        raise PrivacyError(f"{target}: cannot be written ({exc.strerror}); name another place by --out") from None


def _exported(conn: Connection, customer: str, *, by: str, clock: Clock) -> dict[str, Any]:
    now = clock.now()
    found = exporting.export(conn, customer, now=now)
    audit.record(conn, at=now, by=by, action="export_customer", customer_id=customer)
    return found


def erase_customer(
    store: Store, customer: str, places: Places, *, by: str, hashes: Hashes, clock: Clock,
    patience: Patience = PATIENCE,
) -> Mapping[str, Any]:  # fmt: skip
    """Erase a customer (internal id) everywhere; return the proof. Again, it finishes what was broken off.

    Blocks its thread: none of an event loop's.

    Raises:
        BeingAnswered: a turn or a message of theirs is under way and does not end; nothing has changed.
    """
    done = patience.until(lambda: store.run_now(erase, customer, by=by, hashes=hashes, now=clock.now()))
    if done is None:
        raise BeingAnswered("they are being answered, and that does not end; try again in a minute")
    return finish(store, done, places, clock=clock)


def finish(store: Store, done: Erased, places: Places, *, clock: Clock) -> Mapping[str, Any]:
    """Do what an erasure has to do beside its transaction; return the proof with that."""
    for conversation in done.conversations:
        store.wakes.post(TALK, conversation)
    places.var.mkdir(parents=True, exist_ok=True)
    ledger.write(places.ledger, store.read_now(erasures.every))
    exports = sorted(places.exports.glob(f"*{done.customer}*.json"))
    for path in exports:
        path.unlink(missing_ok=True)
    rows = forget_rows(places.training, done.refs, models=places.models)
    file = scrubbing.scrub(store, store.url)
    store.run_now(erasures.finish, done.id, now=clock.now())
    return {
        **done.proof,
        "files": {
            "database": file,
            "exports_deleted": [path.name for path in exports],
            "training_rows_removed": rows,
            "models_to_retrain": bool(rows),
            "backups_from_before": backups_in(places.var),
        },
    }


def backups_in(var: Path) -> list[str]:
    """Return the copies of the database in ``var``; the erasure is replayed when one of them is put back."""
    found = [*(var / "backups").glob("*"), *var.glob("*.replaced-*")]
    return sorted(path.relative_to(var).as_posix() for path in found if path.is_file())
