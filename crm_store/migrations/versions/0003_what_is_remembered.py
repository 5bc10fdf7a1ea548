"""what is remembered of a customer: consents with proof, facts, related persons, tags, opportunities, zones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting, Exact, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_words",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said_on", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_consent_words_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_consent_words"),
    )
    op.create_index("ix_consent_words_customer_id", "consent_words", ["customer_id", "purpose", "id"])
    # The words given so far, by what was known of their proof.
    op.execute(
        "INSERT INTO consent_words (customer_id, purpose, value, at, evidence, by)"
        " SELECT customer_id, purpose, value, at, COALESCE(evidence, 'unknown'),"
        " CASE WHEN evidence = 'import' THEN 'import' ELSE 'customer' END FROM consents ORDER BY at, customer_id, purpose"
    )
    op.create_table(
        "memory_facts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("learned_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("consent_word", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_memory_facts_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_memory_facts"),
    )
    op.create_index("ix_memory_facts_customer_id", "memory_facts", ["customer_id", "learned_at"])
    op.create_table(
        "related_persons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("birth_month", sa.Integer(), nullable=True),
        sa.Column("birth_day", sa.Integer(), nullable=True),
        sa.Column("birth_calendar", sa.String(), nullable=True),
        sa.Column("birth_leap", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_related_persons_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_related_persons"),
    )
    op.create_index("ix_related_persons_customer_id", "related_persons", ["customer_id", "added_at"])
    op.create_table(
        "customer_tags",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_customer_tags_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_tags"),
    )
    op.create_index("ix_customer_tags_customer_id", "customer_tags", ["customer_id", "tag"])
    op.create_index("ix_customer_tags_tag", "customer_tags", ["tag"])
    op.create_table(
        "opportunities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("value", Exact(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_opportunities_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_opportunities"),
    )
    op.create_index("ix_opportunities_customer_id", "opportunities", ["customer_id", "opened_at"])
    op.create_index("ix_opportunities_stage", "opportunities", ["stage", "opened_at"])
    op.create_table(
        "zone_words",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_zone_words_customer_id_customers"),
        sa.PrimaryKeyConstraint("id", name="pk_zone_words"),
    )
    op.create_index("ix_zone_words_customer_id", "zone_words", ["customer_id", "id"])

    # What is being sent waits for nothing: without it, this index answers for what is due alone.
    index_what_is_due("status = 'queued'")


def index_what_is_due(where: str) -> None:
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index("ix_outbox_due", "outbox", ["due_at"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    index_what_is_due("status IN ('queued', 'sending')")
    op.drop_table("zone_words")
    op.drop_table("opportunities")
    op.drop_table("customer_tags")
    op.drop_table("related_persons")
    op.drop_table("memory_facts")
    op.drop_table("consent_words")
    # The leave to keep what is sensitive is no purpose of the former form.
    op.execute("DELETE FROM consents WHERE purpose = 'sensitive'")
