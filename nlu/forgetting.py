"""Take what a customer said out of the training data, and see to it that no model goes on knowing it.

A training row that comes from a message says so in a comment behind it: ``- 我的包裹呢  # from 01KB2M…``;
whoever adds rows from messages writes that. The data then is other data, so the next start
trains; the models of before are deleted once there is a new one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

ENDINGS = (".yml", ".yaml", ".csv", ".jsonl")
MARK = ".forget"
_REF = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


def forget_rows(folder: Path, refs: Collection[str], *, models: Path) -> int:
    """Take the rows that come from these messages out of the files under ``folder``; return how many they were.

    Where there were any, every model is marked: it was trained on them, or may have been.
    """
    changed: dict[Path, list[str]] = {}
    taken = 0
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix in ENDINGS and path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            left = [line for line in lines if not refs or not _REF.findall(line) or _stays(line, refs)]
            if len(left) != len(lines):
                changed[path] = left
                taken += len(lines) - len(left)
    # Marked first: whoever is killed in between finds the rows again, and not that a model knew them.
    if taken and models.is_dir():
        for model in models.glob("*.tar.gz"):
            model.with_name(model.name + MARK).touch(mode=0o600)
    for path, left in changed.items():
        _put(path, "".join(left))
    return taken


def drop_marked(models: Path, *, but: Path) -> None:
    """Delete the models that are marked, now that there is another: all ``but`` the one in use."""
    for mark in models.glob(f"*{MARK}"):
        model = mark.with_name(mark.name.removesuffix(MARK))
        if model != but:
            model.unlink(missing_ok=True)
            mark.unlink()


def _stays(line: str, refs: Collection[str]) -> bool:
    return not any(ref in refs for ref in _REF.findall(line))


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(path.stat().st_mode)
    part.replace(path)
