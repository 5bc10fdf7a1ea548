"""What customers are looked up by: their name, e-mail address and phone, from each place where somebody may begin.

A name is kept whole and from each of its words on, and from each character of scripts
that part no words: 王雨薇 as 王雨薇, 雨薇 and 薇. A phone is kept whole, without its
country and by its last eight and four digits. So a part of any of them is the
beginning of a term, which an index finds however many customers there are.

The database's own triggers keep the terms: whoever writes a customer, a turn, an
import, a merge or an erasure, need not think of them. What is sealed has no terms.
"""

from __future__ import annotations

from sqlalchemy import Index, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, table_of, with_statements
from crm_store.customers import customers
from crm_store.sealing import MARK

LONGEST = 60
"""Characters of a name or address that are looked at."""
CANDIDATES = 1_000
"""Of terms that begin so, the first are taken: who types less gets no more work done."""
# By the byte order on both databases, so that what begins with a text stands together.
_BY_BYTES = String().with_variant(String(collation="C"), "postgresql")
_LAST = "\U0010ffff"
_FIRST_UNPARTED = 0x2E80


class CustomerTerm(Base):
    """A beginning by which a customer is found."""

    __tablename__ = "customer_terms"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(_BY_BYTES, primary_key=True)

    __table_args__ = (Index("ix_customer_terms_term", "term", "customer_id"),)


customer_terms = table_of(CustomerTerm)

_BEGINNING = (
    select(customer_terms.c.customer_id)
    .where(customer_terms.c.term >= bindparam("begins"), customer_terms.c.term < bindparam("before"))
    .order_by(customer_terms.c.term)
    .limit(CANDIDATES)
    .subquery()
)
BEGINNING = select(_BEGINNING.c.customer_id)
"""The customers who have a term that begins so (`begins_with`)."""


def begins_with(typed: str) -> dict[str, str]:
    """Return the parameters of `BEGINNING`; ``typed`` is in small letters."""
    return {"begins": typed, "before": typed + _LAST}


def _inserts(places: str, begins_a_word: str, code: str) -> str:
    """The statements that add the terms of the row NEW; ``places`` are the numbers from 1 to `LONGEST` as ``at``."""
    words = (
        "INSERT INTO customer_terms (customer_id, term)"
        f" SELECT DISTINCT NEW.id, lower(substr(NEW.{{column}}, at, {LONGEST})) FROM {places}"
        f" WHERE at <= length(NEW.{{column}}) AND substr(NEW.{{column}}, at, 1) <> ' '"
        f" AND (at = 1 OR {code} >= {_FIRST_UNPARTED} OR {begins_a_word})"
        f" AND substr(NEW.{{column}}, 1, {len(MARK)}) <> '{MARK}' ON CONFLICT DO NOTHING"
    )
    phone = (
        "INSERT INTO customer_terms (customer_id, term)"
        f" SELECT DISTINCT NEW.id, substr(NEW.phone, at) FROM {places}"
        " WHERE (at IN (1, 2) OR at IN (length(NEW.phone) - 3, length(NEW.phone) - 7, length(NEW.phone) - 10))"
        f" AND at <= length(NEW.phone) AND substr(NEW.phone, 1, {len(MARK)}) <> '{MARK}' ON CONFLICT DO NOTHING"
    )
    return "; ".join((words.replace("{column}", "name"), words.replace("{column}", "email"), phone)) + ";"


_NUMBERS = ", ".join(str(number) for number in range(1, LONGEST + 1))
_ON_SQLITE = _inserts(
    f"(SELECT value AS at FROM json_each('[{_NUMBERS}]'))",
    "instr(' .-_@·', substr(NEW.{column}, at - 1, 1)) > 0",
    "unicode(substr(NEW.{column}, at, 1))",
)
_ON_POSTGRES = _inserts(
    f"generate_series(1, {LONGEST}) AS at",
    "strpos(' .-_@·', substr(NEW.{column}, at - 1, 1)) > 0",
    "ascii(substr(NEW.{column}, at, 1))",
)
SQLITE = (
    f"CREATE TRIGGER customers_to_terms AFTER INSERT ON customers BEGIN {_ON_SQLITE} END",
    "CREATE TRIGGER customers_to_terms_again AFTER UPDATE OF name, phone, email ON customers BEGIN"
    f" DELETE FROM customer_terms WHERE customer_id = NEW.id; {_ON_SQLITE} END",
    "CREATE TRIGGER customers_from_terms AFTER DELETE ON customers BEGIN"
    " DELETE FROM customer_terms WHERE customer_id = OLD.id; END",
)
POSTGRESQL = (
    f"""CREATE FUNCTION customers_to_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM customer_terms WHERE customer_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        {_ON_POSTGRES}
    END IF;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER customers_to_terms AFTER INSERT OR DELETE ON customers"
    " FOR EACH ROW EXECUTE FUNCTION customers_to_terms()",
    "CREATE TRIGGER customers_to_terms_again AFTER UPDATE OF name, phone, email ON customers"
    " FOR EACH ROW EXECUTE FUNCTION customers_to_terms()",
)
with_statements(customers, sqlite=SQLITE, postgresql=POSTGRESQL)
