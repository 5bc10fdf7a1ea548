"""What backups of both databases share: the file that is written beside its place, and what it must hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crm_store import schema
from crm_store.errors import BackupError

Progress = Callable[[float], None]
Before = Callable[[str], None]
"""What is done to a database, by its address, before it takes the place of the present one."""

OURS = ("customers", "conversations", "inbox", "outbox", "history")
"""Tables by which a database of ours is known."""
_BESIDE = ("", "-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that has been checked."""

    path: Path
    revision: str
    """The migration that the database stands at."""
    size: int
    """Bytes."""


def nothing_before(_url: str) -> None:
    """A database takes its place as it is."""


def check_form(file: Path, revisions: Sequence[str]) -> None:
    """See to it that this program can bring the backup up to date.

    Raises:
        BackupError: its form is not known here.
    """
    if len(revisions) != 1 or revisions[0] not in schema.revisions():
        written = ", ".join(revisions) or "none"
        raise BackupError(f"{file}: its form {written} is not known here; it comes from a newer Shuke, use that one")


@contextmanager
def written_beside(target: Path) -> Iterator[Path]:
    """Give a file to write; when the block ends well it takes the place of ``target``, on the disk.

    Raises:
        BackupError: nothing can be written there.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as exc:
        raise BackupError(f"{target}: cannot be written there ({exc.strerror}); name another place") from None
    try:
        yield part
        _to_disk(part)
        os.replace(part, target)
        _to_disk(target.parent)
    finally:
        for ending in _BESIDE:
            Path(f"{part}{ending}").unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
