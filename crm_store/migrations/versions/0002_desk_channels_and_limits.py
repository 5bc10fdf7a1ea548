"""the desk's accounts, what channels keep, and budgets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_budgets"),
    )
    op.create_table(
        "access_tokens",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("asked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "account", name="pk_access_tokens"),
    )
    op.create_index("ix_inbox_identity_id", "inbox", ["identity_id", "id"])  # what a visitor of the web chat wrote
    # The desk: who may sign in, who is signed in, who tried to; what they looked at; who is called in a note.
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("password_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
        sa.ForeignKeyConstraint(["name"], ["agents.name"], name="fk_accounts_name_agents"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_desk_sessions"),
        sa.ForeignKeyConstraint(["name"], ["agents.name"], name="fk_desk_sessions_name_agents"),
    )
    op.create_index("ix_desk_sessions_name", "desk_sessions", ["name"])
    op.create_index("ix_desk_sessions_seen_at", "desk_sessions", ["seen_at"])
    op.create_table(
        "sign_in_tries",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("who", name="pk_sign_in_tries"),
    )
    op.create_index("ix_sign_in_tries_last_at", "sign_in_tries", ["last_at"])
    op.create_table(
        "audit",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("data", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_audit_customer_id_customers"),
    )
    op.create_index("ix_audit_customer_id", "audit", ["customer_id", "by", "at"])
    op.create_table(
        "mentions",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("note_id", Counting, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mentions"),
        sa.ForeignKeyConstraint(["note_id"], ["history.id"], name="fk_mentions_note_id_history"),
        sa.ForeignKeyConstraint(["agent"], ["agents.name"], name="fk_mentions_agent_agents"),
    )
    op.create_index("ix_mentions_agent", "mentions", ["agent", "id"])
    unseen = sa.text("seen_at IS NULL")
    op.create_index("ix_mentions_unseen", "mentions", ["agent"], sqlite_where=unseen, postgresql_where=unseen)
    op.create_table(
        "reply_windows",
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", name="pk_reply_windows"),
    )
    # What each agent has, asked for whenever anything happens.
    people = sa.text("owner <> 'bot'")
    op.create_index(
        "ix_conversations_with_people", "conversations", ["owner"], sqlite_where=people, postgresql_where=people
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_with_people", table_name="conversations")
    op.drop_table("reply_windows")
    for table in ("mentions", "audit", "sign_in_tries", "desk_sessions", "accounts"):
        op.drop_table(table)
    op.drop_index("ix_inbox_identity_id", table_name="inbox")
    op.drop_table("access_tokens")
    op.drop_table("budgets")
