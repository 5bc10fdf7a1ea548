"""wishes to hear when something is back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_wishes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("side", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_stock_wishes_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_wishes"),
    )
    op.create_index("ix_stock_wishes_customer_id", "stock_wishes", ["customer_id", "asked_at"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_stock_wishes_open", "stock_wishes", ["sku", "id"], sqlite_where=is_open, postgresql_where=is_open
    )


def downgrade() -> None:
    op.drop_table("stock_wishes")
