"""what a list says of a coupon under names of the shop's own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Json

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coupons", sa.Column("attributes", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("coupons", "attributes")
