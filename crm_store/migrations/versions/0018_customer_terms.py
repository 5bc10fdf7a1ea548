"""customers are found by the beginnings of their names, addresses and phones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_BY_BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_SQLITE = (
    """CREATE TRIGGER customers_to_terms AFTER INSERT ON customers BEGIN INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.name, at, 60)) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE at <= length(NEW.name) AND substr(NEW.name, at, 1) <> ' ' AND (at = 1 OR unicode(substr(NEW.name, at, 1)) >= 11904 OR instr(' .-_@·', substr(NEW.name, at - 1, 1)) > 0) AND substr(NEW.name, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.email, at, 60)) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE at <= length(NEW.email) AND substr(NEW.email, at, 1) <> ' ' AND (at = 1 OR unicode(substr(NEW.email, at, 1)) >= 11904 OR instr(' .-_@·', substr(NEW.email, at - 1, 1)) > 0) AND substr(NEW.email, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, substr(NEW.phone, at) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE (at IN (1, 2) OR at IN (length(NEW.phone) - 3, length(NEW.phone) - 7, length(NEW.phone) - 10)) AND at <= length(NEW.phone) AND substr(NEW.phone, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; END""",
    """CREATE TRIGGER customers_to_terms_again AFTER UPDATE OF name, phone, email ON customers BEGIN DELETE FROM customer_terms WHERE customer_id = NEW.id; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.name, at, 60)) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE at <= length(NEW.name) AND substr(NEW.name, at, 1) <> ' ' AND (at = 1 OR unicode(substr(NEW.name, at, 1)) >= 11904 OR instr(' .-_@·', substr(NEW.name, at - 1, 1)) > 0) AND substr(NEW.name, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.email, at, 60)) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE at <= length(NEW.email) AND substr(NEW.email, at, 1) <> ' ' AND (at = 1 OR unicode(substr(NEW.email, at, 1)) >= 11904 OR instr(' .-_@·', substr(NEW.email, at - 1, 1)) > 0) AND substr(NEW.email, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, substr(NEW.phone, at) FROM (SELECT value AS at FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]')) WHERE (at IN (1, 2) OR at IN (length(NEW.phone) - 3, length(NEW.phone) - 7, length(NEW.phone) - 10)) AND at <= length(NEW.phone) AND substr(NEW.phone, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; END""",
    """CREATE TRIGGER customers_from_terms AFTER DELETE ON customers BEGIN DELETE FROM customer_terms WHERE customer_id = OLD.id; END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION customers_to_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM customer_terms WHERE customer_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.name, at, 60)) FROM generate_series(1, 60) AS at WHERE at <= length(NEW.name) AND substr(NEW.name, at, 1) <> ' ' AND (at = 1 OR ascii(substr(NEW.name, at, 1)) >= 11904 OR strpos(' .-_@·', substr(NEW.name, at - 1, 1)) > 0) AND substr(NEW.name, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, lower(substr(NEW.email, at, 60)) FROM generate_series(1, 60) AS at WHERE at <= length(NEW.email) AND substr(NEW.email, at, 1) <> ' ' AND (at = 1 OR ascii(substr(NEW.email, at, 1)) >= 11904 OR strpos(' .-_@·', substr(NEW.email, at - 1, 1)) > 0) AND substr(NEW.email, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING; INSERT INTO customer_terms (customer_id, term) SELECT DISTINCT NEW.id, substr(NEW.phone, at) FROM generate_series(1, 60) AS at WHERE (at IN (1, 2) OR at IN (length(NEW.phone) - 3, length(NEW.phone) - 7, length(NEW.phone) - 10)) AND at <= length(NEW.phone) AND substr(NEW.phone, 1, 7) <> 'sealed:' ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$""",
    """CREATE TRIGGER customers_to_terms AFTER INSERT OR DELETE ON customers FOR EACH ROW EXECUTE FUNCTION customers_to_terms()""",
    """CREATE TRIGGER customers_to_terms_again AFTER UPDATE OF name, phone, email ON customers FOR EACH ROW EXECUTE FUNCTION customers_to_terms()""",
)


def upgrade() -> None:
    _make_indexes(partial=True)
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_table(
        "customer_terms",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("term", _BY_BYTES, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "term", name="pk_customer_terms"),
    )
    op.create_index("ix_customer_terms_term", "customer_terms", ["term", "customer_id"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    op.execute("UPDATE customers SET name = name")  # which the triggers see


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("to_terms", "to_terms_again") + (("from_terms",) if on_sqlite else ()):
        op.execute(f"DROP TRIGGER customers_{name}" + ("" if on_sqlite else " ON customers"))
    if not on_sqlite:
        op.execute("DROP FUNCTION customers_to_terms()")
    op.drop_table("customer_terms")
    op.drop_index("ix_identities_user_id", table_name="identities")
    _make_indexes(partial=False)


def _make_indexes(*, partial: bool) -> None:
    for column in ("phone", "email"):
        name = f"ix_customers_{column}"
        op.drop_index(name, table_name="customers")
        where = sa.text(f"{column} IS NOT NULL") if partial else None
        op.create_index(name, "customers", [column], sqlite_where=where)
