"""the history is append-only, has an index for timelines, and is found by its words"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_store.base import Counting

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER history_keeps_entries BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'the history is append-only; an erasure has to open it first') WHERE NOT EXISTS (SELECT 1 FROM history_openings); END""",
    """CREATE TRIGGER history_keeps_words BEFORE UPDATE OF ref, at, identity_id, channel, kind, by, text, data ON history BEGIN SELECT RAISE(ABORT, 'the history is append-only; an erasure has to open it first') WHERE NOT EXISTS (SELECT 1 FROM history_openings); END""",
    """CREATE TRIGGER history_keeps_reasons BEFORE UPDATE OF why ON history WHEN OLD.why IS NOT NULL BEGIN SELECT RAISE(ABORT, 'the history is append-only; an erasure has to open it first') WHERE NOT EXISTS (SELECT 1 FROM history_openings); END""",
    """CREATE VIRTUAL TABLE history_terms USING fts5(terms, detail=none, columnsize=0, tokenize='ascii')""",
    """CREATE TRIGGER history_to_index AFTER INSERT ON history WHEN NEW.text IS NOT NULL OR NEW.data IS NOT NULL BEGIN INSERT INTO history_unindexed (id) VALUES (NEW.id); END""",
    """CREATE TRIGGER history_to_index_again AFTER UPDATE OF at, kind, channel, text, data ON history BEGIN DELETE FROM history_terms WHERE rowid = NEW.id; INSERT OR IGNORE INTO history_unindexed (id) VALUES (NEW.id); END""",
    """CREATE TRIGGER history_from_index AFTER DELETE ON history BEGIN DELETE FROM history_terms WHERE rowid = OLD.id; DELETE FROM history_unindexed WHERE id = OLD.id; END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION history_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM history_openings) THEN
        RAISE EXCEPTION 'the history is append-only; an erasure has to open it first' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$""",
    """CREATE TRIGGER history_keeps_entries BEFORE DELETE ON history FOR EACH ROW EXECUTE FUNCTION history_keeps()""",
    """CREATE TRIGGER history_keeps_words BEFORE UPDATE OF ref, at, identity_id, channel, kind, by, text, data ON history FOR EACH ROW EXECUTE FUNCTION history_keeps()""",
    """CREATE TRIGGER history_keeps_reasons BEFORE UPDATE OF why ON history FOR EACH ROW WHEN (OLD.why IS NOT NULL) EXECUTE FUNCTION history_keeps()""",
    """CREATE TABLE history_terms (id bigint PRIMARY KEY, terms tsvector NOT NULL)""",
    """CREATE INDEX ix_history_terms ON history_terms USING gin (terms) WITH (fastupdate = off)""",
    """CREATE FUNCTION history_to_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history_unindexed (id) SELECT id FROM added WHERE text IS NOT NULL OR data IS NOT NULL;
    RETURN NULL;
END $$""",
    """CREATE FUNCTION history_from_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM history_terms WHERE id = OLD.id;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO history_unindexed (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM history_unindexed WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END $$""",
    """CREATE TRIGGER history_to_index AFTER INSERT ON history REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION history_to_index()""",
    """CREATE TRIGGER history_to_index_again AFTER UPDATE OF at, kind, channel, text, data ON history FOR EACH ROW EXECUTE FUNCTION history_from_index()""",
    """CREATE TRIGGER history_from_index AFTER DELETE ON history FOR EACH ROW EXECUTE FUNCTION history_from_index()""",
)


def upgrade() -> None:
    op.create_index("ix_history_timeline", "history", ["customer_id", "at", "id"])
    # Asked by the foreign key, now that entries have triggers, and whenever one is erased.
    op.create_index("ix_mentions_note_id", "mentions", ["note_id"])
    op.create_table(
        "history_openings",
        sa.Column("id", Counting, autoincrement=True, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_openings"),
    )
    op.create_table(
        "history_unindexed",
        sa.Column("id", Counting, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_unindexed"),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    # What is there already gets into the index as what is new does: by and by, while the shop is open.
    op.execute("INSERT INTO history_unindexed (id) SELECT id FROM history WHERE text IS NOT NULL OR data IS NOT NULL")


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("keeps_entries", "keeps_words", "keeps_reasons", "to_index", "to_index_again", "from_index"):
        op.execute(f"DROP TRIGGER history_{name}" + ("" if on_sqlite else " ON history"))
    if not on_sqlite:
        for name in ("keeps", "to_index", "from_index"):
            op.execute(f"DROP FUNCTION history_{name}()")
    op.execute("DROP TABLE history_terms")
    op.drop_table("history_unindexed")
    op.drop_table("history_openings")
    op.drop_index("ix_mentions_note_id", table_name="mentions")
    op.drop_index("ix_history_timeline", table_name="history")
