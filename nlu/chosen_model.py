"""Which trained model is to be served: a small file beside the models, written by who trains, watched by who serves.

It is what the Rasas that run now take over. What starts later serves the model of the
files that it finds, unless that one was refused (`nlu.standing`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_POINTER = "chosen"


def choose_model(models: Path, model: Path) -> None:
    """Have the running Rasas of ``models`` serve ``model``, a file in that folder.

    Told again of the same file they do nothing; of one that was made anew under its
    name they take the new one.
    """
    part = models / f".{_POINTER}.{os.getpid()}"
    part.write_text(model.name + "\n", encoding="utf-8")
    part.replace(pointer(models))


def chosen_model(models: Path) -> Path | None:
    """Return the model that was chosen last; None where none was, or what stands there is no model of the folder."""
    with suppress(OSError):
        name = pointer(models).read_text(encoding="utf-8", errors="replace").strip()
        model = models / name
        # The name alone: a path in it would have Rasa, which runs what a model holds, read one from elsewhere.
        return model if name and model.name == name and model.is_file() else None
    return None


def pointer(models: Path) -> Path:
    """Return the file that names the model: written anew whenever one is chosen."""
    return models / _POINTER


def version(model: Path) -> str:
    """Return what tells this file from another model, and from one that was trained anew under its name.

    Raises:
        FileNotFoundError: there is no such model.
    """
    return f"{model.name}@{model.stat().st_mtime_ns}"
