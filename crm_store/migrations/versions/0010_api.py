"""keys and answers of the API, and what others are told of the history"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER history_to_webhooks AFTER INSERT ON history WHEN EXISTS (SELECT 1 FROM webhook_endpoints) BEGIN INSERT INTO webhook_deliveries (endpoint_id, history_id, lane) SELECT endpoints.id, NEW.id, NEW.customer_id FROM webhook_endpoints AS endpoints WHERE substr(NEW.kind, 1, length(endpoints.prefix)) = endpoints.prefix; END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION history_to_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO webhook_deliveries (endpoint_id, history_id, lane) SELECT endpoints.id, added.id, added.customer_id FROM added, webhook_endpoints AS endpoints WHERE substr(added.kind, 1, length(endpoints.prefix)) = endpoints.prefix ORDER BY added.id; RETURN NULL; END $$""",
    """CREATE TRIGGER history_to_webhooks AFTER INSERT ON history REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION history_to_webhooks()""",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_table(
        "api_answers",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "call", name="pk_api_answers"),
    )
    op.create_index("ix_api_answers_at", "api_answers", ["at"])
    op.create_index("ix_api_answers_about", "api_answers", ["about"])
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
        sa.UniqueConstraint("name", "prefix", name="uq_webhook_endpoints_name_prefix"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("endpoint_id", Counting, nullable=False),
        sa.Column("history_id", Counting, nullable=False),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("given_up_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name="fk_webhook_deliveries_endpoint_id_webhook_endpoints"
        ),
        sa.ForeignKeyConstraint(["history_id"], ["history.id"], name="fk_webhook_deliveries_history_id_history"),
    )
    op.create_index("ix_webhook_deliveries_next", "webhook_deliveries", ["endpoint_id", "lane", "id"])
    op.create_index("ix_webhook_deliveries_history_id", "webhook_deliveries", ["history_id"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER history_to_webhooks" + ("" if on_sqlite else " ON history"))
    if not on_sqlite:
        op.execute("DROP FUNCTION history_to_webhooks()")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
    op.drop_table("api_answers")
    op.drop_table("api_keys")
