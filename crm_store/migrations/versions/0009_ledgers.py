"""points come back, expire and are taken back; entries are append-only"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Exact, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEPT = "lot_id, kind, points, at, reason, reference, undoes, take_back_id"
_TOLD = "the ledger of points is append-only; an erasure has to open it first"
_REFUSE = f"SELECT RAISE(ABORT, '{_TOLD}') WHERE NOT EXISTS (SELECT 1 FROM history_openings);"
_SQLITE = (
    f"CREATE TRIGGER points_entries_stay BEFORE DELETE ON points_entries BEGIN {_REFUSE} END",
    f"CREATE TRIGGER points_entries_stand BEFORE UPDATE OF {_KEPT} ON points_entries BEGIN {_REFUSE} END",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION points_entries_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM history_openings) THEN
        RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$""",
    "CREATE TRIGGER points_entries_stay BEFORE DELETE ON points_entries"
    " FOR EACH ROW EXECUTE FUNCTION points_entries_keep()",
    f"CREATE TRIGGER points_entries_stand BEFORE UPDATE OF {_KEPT} ON points_entries"
    " FOR EACH ROW EXECUTE FUNCTION points_entries_keep()",
)


def upgrade() -> None:
    for column in (
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("rate", Exact(), nullable=True),
        sa.Column("origin", sa.String(), nullable=True),
    ):
        op.add_column("points_lots", column)
    _partial("ix_points_lots_expiring", "points_lots", ["expires_at", "customer_id"], "remaining > 0")
    _partial("ix_points_lots_order_no", "points_lots", ["order_no"], "order_no IS NOT NULL")
    for added in (
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("take_back_id", sa.String(), nullable=True),
    ):
        op.add_column("points_entries", added)
    op.execute("UPDATE points_entries SET kind = CASE WHEN points > 0 THEN 'earned' ELSE 'spent' END")
    # SQLite makes the table anew for this.
    with op.batch_alter_table("points_entries") as table:
        table.alter_column("kind", existing_type=sa.String(), nullable=False)
    op.create_index("ix_points_entries_lot_id", "points_entries", ["lot_id"])
    _partial("ix_points_entries_undoes", "points_entries", ["undoes"], "undoes IS NOT NULL")
    op.create_table(
        "points_take_backs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("lapsed", sa.Integer(), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("side", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_points_take_backs_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_points_take_backs"),
    )
    op.create_index("ix_points_take_backs_customer_id", "points_take_backs", ["customer_id", "at"])
    op.create_index("ix_points_take_backs_order_no", "points_take_backs", ["order_no"])
    _partial("ix_points_take_backs_owed", "points_take_backs", ["customer_id"], "owed > 0")
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("stay", "stand"):
        op.execute(f"DROP TRIGGER points_entries_{name}" + ("" if on_sqlite else " ON points_entries"))
    if not on_sqlite:
        op.execute("DROP FUNCTION points_entries_keep()")
    op.drop_table("points_take_backs")
    op.drop_index("ix_points_entries_undoes", table_name="points_entries")
    op.drop_index("ix_points_entries_lot_id", table_name="points_entries")
    for column in ("take_back_id", "undoes", "kind"):
        op.drop_column("points_entries", column)
    op.drop_index("ix_points_lots_order_no", table_name="points_lots")
    op.drop_index("ix_points_lots_expiring", table_name="points_lots")
    for column in ("origin", "rate", "order_no"):
        op.drop_column("points_lots", column)
