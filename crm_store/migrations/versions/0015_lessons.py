"""lessons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lessons",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("understood", sa.String(), nullable=True),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_lessons_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_lessons"),
        sa.UniqueConstraint("message", name="uq_lessons_message"),
    )
    op.create_index("ix_lessons_customer_id", "lessons", ["customer_id"])
    for state in ("accepted", "proposed"):
        where = sa.text(f"state = '{state}'")
        op.create_index(f"ix_lessons_{state}", "lessons", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("lessons")
