"""what a list says of an order under names of the shop's own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Json

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("attributes", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "attributes")
