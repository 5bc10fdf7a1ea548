"""A disk that is soon full: a small tmpfs, which takes root to mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_A_PIECE = bytes(64 * 1024)


class NotMounted(Exception):
    """This user may not mount anything; the text says what `mount` said."""


class SmallDisk:
    """A file system in ``folder`` that can be filled up and given room again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._filler.open("ab", buffering=0) as filler:
            for piece in (_A_PIECE, b"\0"):
                try:
                    while filler.write(piece) == len(piece):
                        pass
                except OSError:
                    continue  # full for pieces of this size

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk of this size at ``folder`` (made where it is missing) until the block ends.

    Raises:
        NotMounted: only root may, outside of some containers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m,mode=755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        raise NotMounted(f"a small tmpfs could not be mounted: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
