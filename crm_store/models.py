"""Every model, imported: the metadata is complete once this module is."""

from __future__ import annotations

from crm_store import (  # noqa: F401 - imported for their tables
    access,
    access_tokens,
    accounts,
    agents,
    audit,
    budgets,
    catalogue,
    consents,
    conversations,
    counters,
    customers,
    history,
    identities,
    inbox,
    mentions,
    orders,
    outbox,
    points,
    schedule,
    sign_ins,
    switches,
    tickets,
    windows,
)
from crm_store.base import Base

metadata = Base.metadata
