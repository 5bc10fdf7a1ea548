"""Where the Rasa of this installation listens, for other commands of the same user to use instead of a second one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from nlu.client import RasaAddress

NAME = "rasa.json"


def publish(folder: Path, address: RasaAddress, model: Path) -> None:
    """Write the address into ``folder``, readable by its owner only: it holds the token."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": address.url, "token": address.token, "model": model.name}, file)
    fresh.replace(folder / NAME)


def withdraw(folder: Path) -> None:
    """Take the address away."""
    (folder / NAME).unlink(missing_ok=True)


def published(folder: Path, model: Path) -> RasaAddress | None:
    """Return where a Rasa says that it serves ``model``, or None; whether it still answers, a try will show."""
    try:
        said = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return RasaAddress(said["url"], said["token"]) if said["model"] == model.name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
