"""RESULTS.md: a section for each benchmark, rewritten by the command that made it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """Say what the figures were taken on."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}."
    )


def write_section(name: str, lines: Sequence[str]) -> None:
    """Put ``lines`` between the marks of the section ``name``; what stands around them is written by hand."""
    text = RESULTS.read_text(encoding="utf-8")
    mark = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    if not mark.search(text):
        raise ValueError(f"RESULTS.md has no section {name}; add the line <!-- {name}: begin --> and its end")
    body = "\n".join(lines)
    RESULTS.write_text(mark.sub(lambda found: f"{found[1]}{body}\n{found[2]}", text), encoding="utf-8")
