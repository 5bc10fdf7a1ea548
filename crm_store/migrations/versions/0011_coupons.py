"""coupons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Exact, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupon_rules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", Exact(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("min_spend", Exact(), nullable=True),
        sa.Column("valid_s", sa.Integer(), nullable=False),
        sa.Column("undo_s", sa.Integer(), nullable=False),
        sa.Column("per_customer", sa.Integer(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_coupon_rules"),
    )
    op.create_table(
        "coupons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", Exact(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("min_spend", Exact(), nullable=True),
        sa.Column("undo_s", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("reserved_until", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("side", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_coupons_customer_id_customers"),
        sa.ForeignKeyConstraint(["rule"], ["coupon_rules.name"], name="fk_coupons_rule_coupon_rules"),
        sa.PrimaryKeyConstraint("id", name="pk_coupons"),
        sa.UniqueConstraint("code", name="uq_coupons_code"),
        sa.UniqueConstraint("reference", name="uq_coupons_reference"),
    )
    op.create_index("ix_coupons_customer_id", "coupons", ["customer_id", "issued_at"])
    _partial("ix_coupons_expiring", "expires_at", "state = 'issued'")
    _partial("ix_coupons_reserved", "reserved_until", "state = 'reserved'")


def _partial(name: str, column: str, where: str) -> None:
    op.create_index(name, "coupons", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("coupons")
    op.drop_table("coupon_rules")
