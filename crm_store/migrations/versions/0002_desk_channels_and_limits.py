"""the desk's accounts, what channels keep, and budgets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_budgets"),
    )
    op.create_table(
        "access_tokens",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("asked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "account", name="pk_access_tokens"),
    )
    op.create_index("ix_inbox_identity_id", "inbox", ["identity_id", "id"])  # what a visitor of the web chat wrote


def downgrade() -> None:
    op.drop_index("ix_inbox_identity_id", table_name="inbox")
    op.drop_table("access_tokens")
    op.drop_table("budgets")
