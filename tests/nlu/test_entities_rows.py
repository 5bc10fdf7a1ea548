"""How much of what people write is read exactly: each thing with its value and its place."""

import pytest

from tests.nlu.entity_rows import Row, rows_of

FEWEST_ROWS = 260
LEAST_EXACT = 0.97
FILES = [
    "entities.yml", "entities_later.yml", "entities_last.yml", "entities_odd.yml", "entities_odder.yml",
    "entities_oddest.yml",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_nearly_everything_written_is_read_exactly(name: str) -> None:
    rows = rows_of(name)

    missed = [row for row in rows if row.found() != row.named]

    assert len(missed) <= (1 - LEAST_EXACT) * len(rows), "\n".join(map(_told, missed))


def test_the_rows_are_many_in_both_languages_and_many_name_nothing() -> None:
    rows = [row for name in FILES for row in rows_of(name)]
    english = [row for row in rows if row.said.isascii()]

    assert len(rows) >= FEWEST_ROWS
    assert len(english) >= FEWEST_ROWS // 3
    assert sum(not row.named for row in rows) >= FEWEST_ROWS // 4


def _told(row: Row) -> str:
    return f"{row.what}: {row.said!r}\n  wanted {row.named}\n  found  {row.found()}"
