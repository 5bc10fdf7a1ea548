"""how far each import has come"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("replaced_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_import_runs"),
    )
    open_runs = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_import_runs_unfinished",
        "import_runs",
        ["kind", "file"],
        sqlite_where=open_runs,
        postgresql_where=open_runs,
    )
    op.create_table(
        "import_refusals",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "line", name="pk_import_refusals"),
        sa.ForeignKeyConstraint(["run_id"], ["import_runs.id"], name="fk_import_refusals_run_id_import_runs"),
    )


def downgrade() -> None:
    op.drop_table("import_refusals")
    op.drop_index("ix_import_runs_unfinished", "import_runs")
    op.drop_table("import_runs")
