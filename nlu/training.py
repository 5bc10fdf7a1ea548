"""Trains the model once for each state of data, pipeline and lock, and keeps it by their hash."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nlu.errors import TrainingFailed
from nlu.forgetting import drop_marked
from nlu.promoting import Comparison
from nlu.rasa_environment import command, environment
from nlu.settings import RASA_FOLDER, NluSettings
from nlu.standing import ANSWERS, THRESHOLDS, beside, stand, standing
from nlu.thresholds import choose, read_answers, write_thresholds
from nlu.training_files import check_file

Progress = Callable[[float, str], None]

HELD_BACK = "held_back"
"""The folder of sentences (CSV: text,intent) that the model is asked about and never learns from."""

_LOCK = "requirements.lock"
_COMPONENT = "shuke_intents"
_CHECK_LOCK_EVERY = 0.2  # seconds
_KEPT_LINES = 20
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_STAGE_BEGINS = re.compile(r"(?:Starting to train component '|shuke_intents: )(\w+)")
_PLACE = re.compile(r'^in "?(.+?)"?(?:, line |:)(\d+)')
_RASA_ERROR = re.compile(r"^(?:Yaml\w+|Invalid\w+|\w*Exception|\w*Error): ")
# Where the bar stands when a component begins, by the time that it takes.
_STAGES = {
    "LinearIntentClassifier": (0.3, "reading sentences"),
    "weighing": (0.4, "learning intents"),
    "asking": (0.9, "asking what was held back"),
    "CountVectorsFeaturizer": (0.4, "counting words"),
    "LogisticRegressionClassifier": (0.6, "learning intents"),
}


def model_key(folder: Path = RASA_FOLDER, overlay: Path | None = None) -> str:
    """Return the name of the model that these files make: 16 hex digits.

    ``folder`` holds data, held_back, config.yml, domain.yml, our component and
    requirements.lock; ``overlay`` is laid over it file by file.
    """
    digest = hashlib.sha256()
    code = [(path.relative_to(folder).as_posix(), path) for path in (folder / _COMPONENT).glob("*.py")]
    for name, path in sorted([*sources(folder, overlay).items(), *code, (_LOCK, folder / _LOCK)]):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def thresholds_file(settings: NluSettings) -> Path:
    """Return where it is, or will be, written what was found best for the model that serves."""
    return beside(standing(_model_of(settings)), THRESHOLDS)


@dataclass(frozen=True, slots=True)
class Trained:
    """The model of the present files, whether it was made just now, and how it fares beside the one before, if any."""

    model: Path
    is_new: bool
    comparison: Comparison | None

    @property
    def is_refused(self) -> bool:
        return standing(self.model) != self.model


async def ensure_model(settings: NluSettings, *, progress: Progress) -> Path:
    """Return the model that is to serve: that of the present files, trained where there is none yet.

    Where it understands less than the one before, that one goes on (`nlu.standing`). See `train_model`.
    """
    return standing((await train_model(settings, progress=progress)).model)


async def train_model(settings: NluSettings, *, force: bool = False, progress: Progress) -> Trained:
    """Train the model of the present files, where there is none yet or by ``force``.

    A new one takes the place of the one before unless it is worse; by ``force`` also then.
    ``progress`` is told a fraction, rising to 1.0, and the stage. Processes that
    train at once take turns, and the later ones find the model made.

    Raises:
        TrainingFailed: a file cannot be learnt from, Rasa refused it, or is not installed.
    """
    model = _model_of(settings)
    settings.models.mkdir(parents=True, exist_ok=True)
    is_new, comparison = False, None
    if force or not model.exists():
        progress(0.0, "waiting for another training" if _is_taken(settings.models) else "starting Rasa")
        async with _alone(settings.models):
            if force or not model.exists():
                await _train(settings, model, progress)
                is_new, comparison = True, stand(model, insist=force)
    drop_marked(settings.models, but=model)
    progress(1.0, "model ready")
    return Trained(model, is_new, comparison)


def _model_of(settings: NluSettings) -> Path:
    return settings.models.absolute() / f"{model_key(settings.rasa_folder, settings.overlay)}.tar.gz"


def sources(folder: Path, overlay: Path | None) -> dict[str, Path]:
    """Return the files of a training by their place in its folder, those of ``overlay`` in place of ours."""
    laid: dict[str, Path] = {}
    for root in (folder, overlay):
        if root is not None:
            texts = [*(root / "data").rglob("*.yml"), *(root / HELD_BACK).glob("*.csv")]
            found = [root / "config.yml", root / "domain.yml", *texts]
            laid |= {path.relative_to(root).as_posix(): path for path in found if path.is_file()}
    return laid


async def _train(settings: NluSettings, model: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as made:
        work = Path(made)
        files = sources(settings.rasa_folder, settings.overlay)
        for name, path in files.items():
            check_file(path, name=name)
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, work / name)
        lines = deque[str](maxlen=_KEPT_LINES)

        async with aclosing(_rasa_train(settings, work)) as said:
            async for line in said:
                lines.append(line)
                if (starts := _STAGE_BEGINS.search(line)) and starts[1] in _STAGES:
                    progress(*_STAGES[starts[1]])

        trained = work / "trained.tar.gz"
        if not trained.exists():
            raise TrainingFailed(_explain(lines, files))
        answers = work / ANSWERS
        if answers.exists():
            answers.replace(beside(model, ANSWERS))
            held_back = read_answers(beside(model, ANSWERS))
            write_thresholds(beside(model, THRESHOLDS), choose(held_back))
        # Within one folder, so a model is there whole or not at all.
        trained.replace(model)


async def _rasa_train(settings: NluSettings, work: Path) -> AsyncGenerator[str]:
    """Yield the lines that Rasa prints while it trains what lies in ``work``."""
    arguments = "train nlu --config config.yml --domain domain.yml --nlu data --out . --fixed-model-name trained"
    (work / "tmp").mkdir()
    try:
        child = await asyncio.create_subprocess_exec(
            *command(settings, *arguments.split()),
            cwd=work,
            env=environment(settings, work / "tmp", log_level="INFO"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as exc:
        raise TrainingFailed(f"{settings.rasa_python}: Rasa's Python cannot be started; `./shuke` installs it") from exc
    assert child.stdout is not None
    try:
        async for line in child.stdout:
            yield _COLOURS.sub("", line.decode(errors="replace")).rstrip()
        await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _explain(lines: deque[str], files: dict[str, Path]) -> str:
    """Return Rasa's complaint with the place in the file that a person can mend."""
    said = [line.strip() for line in lines if line.strip()]
    begins = next((n for n, line in enumerate(said) if _RASA_ERROR.match(line)), 0)
    complaint = said[begins:]
    places = [match for line in complaint if (match := _PLACE.match(line))]
    if not places:
        return "Rasa trained no model: " + ("\n".join(complaint) or "it said nothing")
    # Of a broken block YAML tells its beginning first and the line at fault last.
    file, line = places[-1 if "YamlSyntax" in complaint[0] else 0].groups()
    return f"{files.get(file, Path(file))}:{line}: Rasa cannot read this\n" + "\n".join(complaint)


@contextmanager
def _lock_file(models: Path) -> Iterator[int]:
    # The system gives the lock back when its holder dies, however that happens.
    lock = os.open(models / ".training.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _is_taken(models: Path) -> bool:
    with _lock_file(models) as lock:
        return not _take(lock)


@asynccontextmanager
async def _alone(models: Path) -> AsyncIterator[None]:
    with _lock_file(models) as lock:
        # A lock of the system wakes nobody here, and a thread that waits for it could
        # not be cancelled.
        while not _take(lock):  # noqa: ASYNC110
            await asyncio.sleep(_CHECK_LOCK_EVERY)
        yield


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
