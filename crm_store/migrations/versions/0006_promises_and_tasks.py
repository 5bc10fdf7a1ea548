"""promises, tasks, approvals and surveys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("promise_id", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_tasks_customer_id_customers"),
        sa.UniqueConstraint("key", name="uq_tasks_key"),
    )
    op.create_index("ix_tasks_customer_id", "tasks", ["customer_id", "opened_at"])
    where = sa.text("state = 'open'")
    op.create_index("ix_tasks_open", "tasks", ["due_at", "id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_tasks_promise_id", "tasks", ["promise_id"])
    op.create_table(
        "promises",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("late_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("replaces", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_promises"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_promises_customer_id_customers"),
    )
    op.create_index("ix_promises_customer_id", "promises", ["customer_id", "made_at"])
    where = sa.text("state = 'open'")
    op.create_index("ix_promises_open", "promises", ["due_at", "id"], sqlite_where=where, postgresql_where=where)
    where = sa.text("state IN ('open', 'escalated')")
    op.create_index("ix_promises_running", "promises", ["due_at", "id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("data", Json, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_approvals_customer_id_customers"),
        sa.UniqueConstraint("key", name="uq_approvals_key"),
    )
    op.create_index("ix_approvals_customer_id", "approvals", ["customer_id", "asked_at"])
    where = sa.text("state = 'requested'")
    op.create_index("ix_approvals_waiting", "approvals", ["asked_at", "id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "surveys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_surveys"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_surveys_customer_id_customers"),
        sa.UniqueConstraint("key", name="uq_surveys_key"),
    )
    op.create_index("ix_surveys_answered", "surveys", ["question", "answered_at"])
    op.create_index("ix_surveys_customer_id", "surveys", ["customer_id", "sent_at"])


def downgrade() -> None:
    for table in ("surveys", "approvals", "promises", "tasks"):
        op.drop_table(table)
