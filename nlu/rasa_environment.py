"""How a Rasa process is started: command and environment, the same for training and serving."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nlu.settings import NluSettings

# Handed on to Rasa from our own environment. Nothing else is: it also holds the
# tokens of the shop's channels.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_ON_TENSORFLOW = (
    "DIETClassifier",
    "ResponseSelector",
    "LanguageModelFeaturizer",
    "ConveRTFeaturizer",
    "TEDPolicy",
    "UnexpecTEDIntentPolicy",
)
_ALWAYS = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "ignore",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    # The pipeline is sparse and linear: more threads would only cost memory.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


def command(settings: NluSettings, *arguments: str | Path) -> list[str]:
    """Return the command line of ``rasa ARGUMENTS``."""
    return [
        str(settings.rasa_python.absolute()),
        str(settings.rasa_folder.absolute() / "launch.py"),
        *map(str, arguments),
    ]


def environment(
    settings: NluSettings, folder: Path, *, log_level: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the whole environment of a Rasa that keeps its temporary files in ``folder``.

    A folder of our own, since the word cutter leaves its dictionary in the temporary
    folder and reads it back, whoever may have put it there.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    ours = {
        "TMPDIR": str(folder.absolute()),
        "MPLCONFIGDIR": str(folder.absolute()),
        "LOG_LEVEL": log_level,
        "SHUKE_NLU_PARENT": str(os.getpid()),
        "SHUKE_NLU_TENSORFLOW": "present" if _needs_tensorflow(settings) else "absent",
    }
    return inherited | _ALWAYS | ours | dict(extra or {})


def _needs_tensorflow(settings: NluSettings) -> bool:
    # Without it Rasa starts in a third of the time and takes less than half the memory.
    roots = [root for root in (settings.overlay, settings.rasa_folder) if root is not None]
    config = next((root / "config.yml" for root in roots if (root / "config.yml").is_file()), None)
    pipeline = config.read_text(encoding="utf-8") if config is not None else ""
    return any(component in pipeline for component in _ON_TENSORFLOW)
