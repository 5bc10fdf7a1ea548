"""when something is to be done about a customer's silence"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SET = sa.text("silence_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("silence_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_conversations_silence_at", "conversations", ["silence_at"], sqlite_where=_SET, postgresql_where=_SET
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_silence_at", table_name="conversations")
    op.drop_column("conversations", "silence_at")
