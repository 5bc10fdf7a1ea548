"""Where the Rasas of this installation listen, for its workers and for other commands of the same user.

Each Rasa has a file of its own, locked by the process that keeps that Rasa alive. The
system gives a lock back when its holder dies, so what a dead one left is known, and
is removed by whoever looks next.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlu.client import RasaAddress

FOLDER = "rasa"


@contextmanager
def publish(var: Path, address: RasaAddress, model: Path) -> Iterator[None]:
    """Have the address stand in ``var`` for the length of a block, readable by its owner only: it holds the token."""
    folder = var / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{os.getpid()}-{address.url.rpartition(':')[2]}"
    fresh = folder / f"{name}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"url": address.url, "token": address.token, "model": model.name, "version": address.model}, file)
        file.flush()
        fresh.replace(folder / f"{name}.json")
        try:
            yield
        finally:
            (folder / f"{name}.json").unlink(missing_ok=True)


def published(var: Path, model: Path | None = None) -> tuple[RasaAddress, ...]:
    """Return where Rasas say that they are ready, with ``model`` those that serve it.

    Whether one still answers, a try will show.
    """
    found = []
    for path in sorted((var / FOLDER).glob("*.json")):
        # One that goes away while we look is as good as gone.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open(encoding="utf-8") as file:
            if _is_left_behind(file.fileno()):
                path.unlink(missing_ok=True)
                continue
            said = json.load(file)
            if model is None or said["model"] == model.name:
                found.append(RasaAddress(said["url"], said["token"], said["version"]))
    return tuple(found)


def _is_left_behind(file: int) -> bool:
    try:
        # Shared, so that two who look at once don't take each other for the holder.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
