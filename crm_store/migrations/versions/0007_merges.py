"""merges that can be undone, and the side on which a row stands"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SIDED = (
    "identities", "history", "outbox", "tickets", "points_lots", "orders", "audit", "consent_words", "memory_facts",
    "related_persons", "customer_tags", "opportunities", "zone_words", "promises", "tasks", "approvals", "surveys",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("survivor_id", sa.String(), nullable=False),
        sa.Column("absorbed_id", sa.String(), nullable=False),
        sa.Column("absorbed_no", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("history_until", sa.BigInteger(), nullable=False),
        sa.Column("outbox_until", sa.BigInteger(), nullable=False),
        sa.Column("survivor", Json, nullable=True),
        sa.Column("absorbed", Json, nullable=True),
        sa.Column("joint", Json, nullable=True),
        sa.Column("marks", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
    )
    standing = sa.text("undone_at IS NULL")
    for column, is_unique in (("survivor_id", False), ("absorbed_id", True), ("absorbed_no", True)):
        op.create_index(
            f"ix_merges_{column}", "merges", [column], unique=is_unique, sqlite_where=standing,
            postgresql_where=standing,
        )  # fmt: skip
    for table in _SIDED:
        op.add_column(table, sa.Column("side", sa.String(), nullable=True))


def downgrade() -> None:
    for table in _SIDED:
        op.drop_column(table, "side")
    op.drop_table("merges")
