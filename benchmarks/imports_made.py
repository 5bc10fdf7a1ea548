"""Lists of customers, points and coupons made from a seed, to be imported: the same rows each time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

SEED = 7
CUSTOMERS, ROWS = 5_000, 100_000
COUPON = "bench-ten"
"""The rule of the coupons; it has to be there."""
_BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
_NEVER_BEFORE = "2030-01-01"


def write(folder: Path, *, customers: int = CUSTOMERS, rows: int = ROWS, seed: int = SEED) -> dict[str, Path]:
    """Write a file of each kind into ``folder``; ``rows`` are those of points, and of coupons as many."""
    chance = Random(seed)
    earned = [0] * customers
    points, coupons = [], []
    for number in range(rows):
        who, at = chance.randrange(customers), _BEGAN + timedelta(minutes=number)
        # One in five is spent, as far as there is something.
        count = -chance.randint(1, earned[who]) if earned[who] and chance.random() < 0.2 else chance.randint(1, 200)
        earned[who] += count
        points.append((f"L{who}", count, "order", at.isoformat(), _NEVER_BEFORE if count > 0 else "", f"p{number}"))
        coupons.append((f"L{chance.randrange(customers)}", COUPON, f"BENCH{number:07}", at.isoformat(), _NEVER_BEFORE))
    return {
        "customers": _file(
            folder, "customers", ("customer_id", "name"), ((f"L{n}", f"Lin {n}") for n in range(customers))
        ),
        "points": _file(
            folder, "points", ("customer_id", "points", "reason", "at", "expires_at", "reference"), points
        ),
        "coupons": _file(folder, "coupons", ("customer_id", "coupon", "code", "issued_at", "expires_at"), coupons),
    }  # fmt: skip


def _file(folder: Path, kind: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    path = folder / f"{kind}.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
    return path
