"""teams of agents, and which of them a conversation waits for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index("uq_teams_running", "teams", ["name"], unique=True, sqlite_where=running, postgresql_where=running)
    op.create_table(
        "team_members",
        sa.Column("team_id", Counting, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_members_team_id_teams"),
        sa.ForeignKeyConstraint(["agent"], ["agents.name"], name="fk_team_members_agent_agents"),
        sa.PrimaryKeyConstraint("team_id", "agent", name="pk_team_members"),
    )
    op.create_index("ix_team_members_agent", "team_members", ["agent"])
    op.add_column("conversations", sa.Column("team", Counting, nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "team")
    op.drop_table("team_members")
    op.drop_table("teams")
