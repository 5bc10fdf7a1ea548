"""what agents are called by customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("display_name", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("agents", "display_name")
