"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, Exact, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_agents"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_no", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("birth_month", sa.Integer(), nullable=True),
        sa.Column("birth_day", sa.Integer(), nullable=True),
        sa.Column("birth_calendar", sa.String(), nullable=True),
        sa.Column("birth_leap", sa.Boolean(), nullable=False),
        sa.Column("feb29", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("attributes", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("customer_no", name="uq_customers_customer_no"),
    )
    op.create_index("ix_customers_birthday", "customers", ["birth_month", "birth_day"])
    op.create_index("ix_customers_phone", "customers", ["phone"])
    op.create_table(
        "inbox",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("channel", "account", "external_id", name="uq_inbox_channel_account_external_id"),
        sa.UniqueConstraint("ref", name="uq_inbox_ref"),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["conversation_id", "id"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
        sa.UniqueConstraint("ref", name="uq_outbox_ref"),
    )
    op.create_index("ix_outbox_customer_id", "outbox", ["customer_id", "id"])
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        sqlite_where=sa.text("status IN ('queued', 'sending')"),
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_index("ix_outbox_identity_id", "outbox", ["identity_id", "id"])
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["identity_id", "id"],
        sqlite_where=sa.text("status IN ('queued', 'sending')"),
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_table(
        "phone_tries",
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "day", name="pk_phone_tries"),
    )
    op.create_table(
        "products",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("aliases", Json, nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("description_zh", sa.String(), nullable=True),
        sa.Column("description_en", sa.String(), nullable=True),
        sa.Column("attributes", Json, nullable=True),
        sa.PrimaryKeyConstraint("sku", name="pk_products"),
    )
    op.create_table(
        "schedule_claims",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job", "occasion", name="pk_schedule_claims"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "watermarks",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_watermarks"),
    )
    op.create_table(
        "consents",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_consents_customer_id_customers"),
        sa.PrimaryKeyConstraint("customer_id", "purpose", name="pk_consents"),
    )
    op.create_table(
        "history",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("identity_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("data", Json, nullable=True),
        sa.Column("why", Json, nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_history_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
        sa.UniqueConstraint("ref", name="uq_history_ref"),
    )
    op.create_index("ix_history_customer_id", "history", ["customer_id", "id"])
    op.create_index("ix_history_kind", "history", ["kind", "at"])
    op.create_table(
        "identities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("unreachable_since", UtcDateTime(), nullable=True),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_identities_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("channel", "user_id", name="uq_identities_channel_user_id"),
    )
    op.create_index("ix_identities_customer_id", "identities", ["customer_id"])
    op.create_table(
        "orders",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("shipped_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("eta", UtcDateTime(), nullable=True),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("tracking_no", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_orders_customer_id_customers"),
        sa.PrimaryKeyConstraint("order_no", name="pk_orders"),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id", "ordered_at"])
    op.create_table(
        "points_lots",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("earned_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_points_lots_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_points_lots"),
    )
    op.create_index("ix_points_lots_customer_id", "points_lots", ["customer_id", "expires_at"])
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_tickets_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
    )
    op.create_index("ix_tickets_customer_id", "tickets", ["customer_id", "opened_at"])
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("state", Json, nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("last_in_at", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_conversations_customer_id_customers"),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name="fk_conversations_identity_id_identities"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("customer_id", name="uq_conversations_customer_id"),
    )
    op.create_index(
        "ix_conversations_leased",
        "conversations",
        ["lease_until"],
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_conversations_queue",
        "conversations",
        ["waiting_since"],
        sqlite_where=sa.text("owner = 'queue'"),
        postgresql_where=sa.text("owner = 'queue'"),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", Exact(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"], name="fk_order_lines_order_no_orders"),
        sa.PrimaryKeyConstraint("order_no", "line", name="pk_order_lines"),
    )
    op.create_table(
        "points_entries",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_points_entries_customer_id_customers"),
        sa.ForeignKeyConstraint(["lot_id"], ["points_lots.id"], name="fk_points_entries_lot_id_points_lots"),
        sa.PrimaryKeyConstraint("id", name="pk_points_entries"),
    )
    op.create_index("ix_points_entries_customer_id", "points_entries", ["customer_id", "id"])
    op.create_index("ix_points_entries_reference", "points_entries", ["reference"])


def downgrade() -> None:
    # The indexes go with their tables.
    op.drop_table("points_entries")
    op.drop_table("order_lines")
    op.drop_table("conversations")
    op.drop_table("tickets")
    op.drop_table("points_lots")
    op.drop_table("orders")
    op.drop_table("identities")
    op.drop_table("history")
    op.drop_table("consents")
    op.drop_table("watermarks")
    op.drop_table("switches")
    op.drop_table("schedule_claims")
    op.drop_table("products")
    op.drop_table("phone_tries")
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_table("customers")
    op.drop_table("counters")
    op.drop_table("agents")
