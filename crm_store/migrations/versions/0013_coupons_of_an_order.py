"""coupons of an order"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_USED = sa.text("order_no IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_coupons_order_no", "coupons", ["order_no"], sqlite_where=_USED, postgresql_where=_USED)


def downgrade() -> None:
    op.drop_index("ix_coupons_order_no", "coupons")
