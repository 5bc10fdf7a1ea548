"""Alembic's entry: runs the migrations on the connection that `crm_store.schema` hands over."""

from __future__ import annotations

from alembic import context

from crm_store import models, search_index

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.metadata,
    include_name=search_index.is_ours,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
