"""Entries of points are append-only by the database itself, as the history is.

They may go over to another customer together with their lot, when two prove to be one.
For anything else `crm_store.guarding` has to be opened, for an erasure alone.
"""

from __future__ import annotations

from crm_store.base import with_statements
from crm_store.guarding import keeping, refusing
from crm_store.points import entries

_KEPT = "lot_id, kind, points, at, reason, reference, undoes, take_back_id"
_TOLD = "the ledger of points is append-only; an erasure has to open it first"
_REFUSE = refusing(_TOLD)

SQLITE = (
    f"CREATE TRIGGER points_entries_stay BEFORE DELETE ON points_entries BEGIN {_REFUSE} END",
    f"CREATE TRIGGER points_entries_stand BEFORE UPDATE OF {_KEPT} ON points_entries BEGIN {_REFUSE} END",
)
POSTGRESQL = (
    keeping("points_entries_keep", _TOLD),
    "CREATE TRIGGER points_entries_stay BEFORE DELETE ON points_entries"
    " FOR EACH ROW EXECUTE FUNCTION points_entries_keep()",
    f"CREATE TRIGGER points_entries_stand BEFORE UPDATE OF {_KEPT} ON points_entries"
    " FOR EACH ROW EXECUTE FUNCTION points_entries_keep()",
)
with_statements(entries, sqlite=SQLITE, postgresql=POSTGRESQL)
