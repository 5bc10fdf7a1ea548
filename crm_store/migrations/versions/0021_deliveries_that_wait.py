"""the deliveries of webhooks that wait, found by their lane without those that were given up"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_LANE = ["endpoint_id", "lane", "id"]
_WAITING = sa.text("given_up_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_webhook_deliveries_next", table_name="webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_waiting",
        "webhook_deliveries",
        _LANE,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_waiting", table_name="webhook_deliveries")
    op.create_index("ix_webhook_deliveries_next", "webhook_deliveries", _LANE)
