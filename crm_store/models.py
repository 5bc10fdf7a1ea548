"""Every model, imported: the metadata is complete once this module is."""

from __future__ import annotations

from crm_store import (
    access,
    agents,
    catalogue,
    consents,
    conversations,
    counters,
    customers,
    history,
    identities,
    inbox,
    orders,
    outbox,
    points,
    schedule,
    switches,
    tickets,
    turns,
)  # fmt: skip
from crm_store.base import Base

metadata = Base.metadata

__all__ = [
    "access", "agents", "catalogue", "consents", "conversations", "counters", "customers", "history", "identities", "inbox",
    "metadata", "orders", "outbox", "points", "schedule", "switches", "tickets", "turns",
]  # fmt: skip
