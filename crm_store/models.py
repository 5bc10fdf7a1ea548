"""Every model, imported: the metadata is complete once this module is."""

from __future__ import annotations

from crm_store import (  # noqa: F401 - imported for their tables
    access,
    access_tokens,
    accounts,
    agents,
    api_answers,
    api_keys,
    approvals,
    audit,
    budgets,
    catalogue,
    consents,
    conversations,
    counters,
    coupons,
    customer_terms,
    customers,
    guarding,
    history,
    identities,
    inbox,
    learning,
    link_tokens,
    memory,
    mentions,
    merges,
    opportunities,
    orders,
    outbox,
    points,
    points_guarding,
    promises,
    related,
    schedule,
    search_index,
    sign_ins,
    surveys,
    switches,
    tags,
    tasks,
    teams,
    tickets,
    webhooks,
    windows,
    wishes,
    zones,
)
from crm_store.base import Base
from crm_store.imports import journal  # noqa: F401
from crm_store.privacy import erasures  # noqa: F401 - imported for its table

metadata = Base.metadata
