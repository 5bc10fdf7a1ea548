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
    guarding,
    history,
    identities,
    inbox,
    memory,
    mentions,
    opportunities,
    orders,
    outbox,
    points,
    related,
    schedule,
    search_index,
    sign_ins,
    switches,
    tags,
    tickets,
    windows,
    zones,
)
from crm_store.base import Base
from crm_store.imports import journal  # noqa: F401

metadata = Base.metadata
