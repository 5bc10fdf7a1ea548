"""Put the peer's project together and train it, once for each content.

The fairest peer learns from what we learn from: where `nlu/rasa` has data, the peer takes its examples
from there, by Rasa's own linear pipeline, and adds only its own domain, rules and order numbers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOT = Path(__file__).resolve().parent / "rasa_bot"
SHOP_NLU = ROOT / "nlu" / "rasa"
OUT = ROOT / "benchmarks" / "out" / "peer"


def rasa_python() -> Path:
    """Return the interpreter that has Rasa: SHUKE_RASA_PYTHON, or the one that `nlu/rasa` is given.

    Raises:
        FileNotFoundError: there is none.
    """
    python = Path(os.environ.get("SHUKE_RASA_PYTHON", SHOP_NLU / ".venv" / "bin" / "python"))
    if not python.exists():
        raise FileNotFoundError(f"{python}: no Rasa here; make nlu/rasa/.venv or set SHUKE_RASA_PYTHON")
    return python


def rasa_environment() -> dict[str, str]:
    """Return the environment of every Rasa process: no telemetry, our own pipeline parts importable."""
    return os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(SHOP_NLU),
        "SANIC_HOST": "127.0.0.1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def trained_model(out: Path = OUT, *, with_nlu: bool = True) -> Path:
    """Return the peer's model, trained now unless these very files were trained before.

    Without NLU it takes payloads alone ("/greet"). Rasa 3.6 runs its whole pipeline over a payload
    too and then overrules it, so only a model that has no pipeline shows a turn without the NLU.

    Raises:
        CalledProcessError: the training failed; `train.log` beside the model says why.
    """
    project = _compose(out / "project")
    home = out / _fingerprint(project)
    model = home / ("peer.tar.gz" if with_nlu else "payloads.tar.gz")
    if model.exists():
        return model
    home.mkdir(parents=True, exist_ok=True)
    config, domain, data = (project / name for name in ("config.yml", "domain", "data"))
    what = ["--data", data] if with_nlu else ["core", "--stories", data / "rules.yml"]
    command = [
        *(rasa_python(), "-m", "rasa", "train", *what, "--config", config, "--domain", domain),
        *("--out", home, "--fixed-model-name", model.name.removesuffix(".tar.gz")),
    ]
    with (home / "train.log").open("a") as log:
        subprocess.run(command, cwd=project, env=rasa_environment(), stdout=log, stderr=log, check=True)
    return model


def _compose(project: Path) -> Path:
    shutil.rmtree(project, ignore_errors=True)
    (project / "domain").mkdir(parents=True)
    (project / "data").mkdir()
    for name in ("rules.yml", "order_no.yml"):
        shutil.copy(BOT / "data" / name, project / "data")
    shutil.copy(BOT / "domain.yml", project / "domain")
    shutil.copy(BOT / "config.yml", project / "config.yml")
    examples = sorted((SHOP_NLU / "data").rglob("*.yml"))
    if examples:
        shutil.copytree(SHOP_NLU / "data", project / "data" / "shop")
        declared = set(_read(BOT / "domain.yml")["intents"])
        others = sorted({intent for path in examples for intent in _intents(path)} - declared)
        _write(project / "domain" / "others.yml", {"version": "3.1", "intents": others})
    else:
        shutil.copy(BOT / "data" / "nlu_small.yml", project / "data")
    return project


def _intents(path: Path) -> Iterator[str]:
    return (block["intent"] for block in _read(path).get("nlu", ()) if "intent" in block)


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256()
    lock = SHOP_NLU / "requirements.lock"
    for path in [*sorted(p for p in project.rglob("*") if p.is_file()), *([lock] if lock.exists() else [])]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
