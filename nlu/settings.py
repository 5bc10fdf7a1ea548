"""What an operator may set about understanding customers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

RASA_FOLDER = Path(__file__).resolve().parent / "rasa"


class NluSettings(BaseModel):
    """Rasa's environment, its folders, and how long we wait for it.

    ``overlay`` is the shop's own folder, laid over ``rasa_folder`` file by file
    (``data/zh/ours.yml``, ``config.yml``). ``port`` is chosen anew at each start
    where none is set; ``processes`` Rasas take the ports from there on, and one more is
    used while a new model takes over. ``most_waiting`` messages wait for a Rasa that is
    free, in each of our processes, and the answers to ``remembered`` short messages are
    kept (0 for none). After ``failures_before_pause`` unanswered messages in a row
    Rasa is left alone for ``pause``. Below ``least_confidence`` (0 to 1) an intent
    is a guess that must not be acted on; without one it is what was found best for
    the model as it was trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rasa_folder: Path = RASA_FOLDER
    rasa_python: Path = RASA_FOLDER / ".venv/bin/python"
    overlay: Path | None = None
    models: Path = Path("var/models")
    logs: Path = Path("var/log")
    processes: int = Field(default=1, ge=1, le=64)
    port: int | None = Field(default=None, ge=1, le=65535)
    deadline: timedelta = Field(default=timedelta(milliseconds=800), gt=timedelta(0))
    most_waiting: int = Field(default=100, ge=0)
    remembered: int = Field(default=1_000, ge=0)
    failures_before_pause: int = Field(default=3, ge=1)
    pause: timedelta = Field(default=timedelta(seconds=5), gt=timedelta(0))
    least_confidence: float | None = Field(default=None, ge=0, le=1)
