"""Settings for a stand-in Rasa and for the real one."""

from __future__ import annotations

import sys
from pathlib import Path

from nlu.settings import RASA_FOLDER, NluSettings

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent


def training_text(sentence: str) -> str:
    """Return a training file with this one sentence, which is all that the stand-in learns."""
    return f'version: "3.1"\n\nnlu:\n- intent: greet\n  examples: |\n    - {sentence}\n'


def stand_in_settings(folder: Path, *, data: str = "fine") -> NluSettings:
    """Return settings whose Rasa is the stand-in, started by the real launcher."""
    rasa = folder / "rasa"
    (rasa / "data" / "zh").mkdir(parents=True)
    (rasa / "data" / "zh" / "a.yml").write_text(training_text(data))
    for name in ("config.yml", "requirements.lock", "credentials.yml"):
        (rasa / name).write_text(name)
    (rasa / "domain.yml").write_text("intents: [greet, thank, ask_bot_help]")
    for script in ("launch.py", "without_tensorflow.py"):
        (rasa / script).write_text((RASA_FOLDER / script).read_text())
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{_HERE / "stand_in"}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return NluSettings(rasa_folder=rasa, rasa_python=python, models=folder / "models", logs=folder / "log")


def real_settings(folder: Path) -> NluSettings:
    """Return settings for the real Rasa, with the checkout's own model, so that it is trained once."""
    return NluSettings(models=_ROOT / "var" / "models", logs=folder / "log")
