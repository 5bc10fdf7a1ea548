"""Our pipeline beside stock Rasa ones on public sets, in one run.

    SHUKE_DATA=../shared/data .venv/bin/python -m benchmarks.nlu_public [--only ours --only stock] [--write]

BANKING77 (PolyAI, CC BY 4.0) and CLINC150 (Larson et al. 2019, CC BY 3.0) are read from SHUKE_DATA and learnt by each
pipeline through `rasa train`; their tests are parsed by a loaded model in Rasa's own process. What a message is too
unlike for, the threshold decides that CLINC150's own validation set gives: the lowest one at which seven of ten
out-of-scope sentences are told. Nothing of the sets is kept.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.results import machine, write_section
from nlu.rasa_environment import command, environment
from nlu.settings import NluSettings

COUNTS = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "ours": [{"name": "shuke_intents.component.LinearIntentClassifier"}],
    "stock LR": [*COUNTS, {"name": "LogisticRegressionClassifier"}],
    "DIET": [*COUNTS, {"name": "DIETClassifier", "epochs": 100, "entity_recognition": False}],
}
OUT_OF_SCOPE = "oos"
TOLD_OF_TEN = 7
_SIDE = Path(__file__).with_name("nlu_public_side.py")
_BLANKS = re.compile(r"\s+")

type Rows = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", action="append", choices=list(PIPELINES), help="instead of all three; can be repeated"
    )
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    parser.add_argument("--diet-epochs", type=int, default=100, help="each takes about half a CPU-minute")
    asked = parser.parse_args()
    data = Path(os.environ.get("SHUKE_DATA", "../shared/data"))
    missing = [name for name in ("banking77/train.csv", "clinc150/data_full.json.gz") if not (data / name).is_file()]
    if missing:
        sys.exit(f"{data}: {missing[0]} is not there; name the folder of the public sets in SHUKE_DATA")
    lines = [
        machine(), "",
        "| | BANKING77 | CLINC150 in scope | with its threshold: in scope | out of scope told | training, CPU-s "
        "| parse p50 ms |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    PIPELINES["DIET"][-1]["epochs"] = asked.diet_epochs
    for name in asked.only or PIPELINES:
        called = f"DIET, {asked.diet_epochs} epochs" if name == "DIET" else name
        bank = run(name, banking(data))
        first = f"{called}: BANKING77 {accuracy(bank['test']):.1%}, {bank['training']:.0f} CPU-s"
        print(first, file=sys.stderr, flush=True)
        clinc = run(name, clinc150(data))
        kept, told = at_threshold(clinc)
        lines.append(
            f"| {called} | {accuracy(bank['test']):.1%} | {accuracy(clinc['test']):.1%} | {kept:.1%} | {told:.1%} "
            f"| {bank['training']:.0f} and {clinc['training']:.0f} | {bank['p50_ms']:.1f} and {clinc['p50_ms']:.1f} |"
        )
        print("\n".join(lines[-1:]), flush=True)
    print("\n".join(lines))
    if asked.write:
        write_section("nlu public", lines)


def banking(data: Path) -> dict[str, Rows]:
    def read(name: str) -> Rows:
        with (data / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return {"train": read("train"), "test": read("test")}


def clinc150(data: Path) -> dict[str, Rows]:
    with gzip.open(data / "clinc150" / "data_full.json.gz", "rt", encoding="utf-8") as file:
        parts: dict[str, Rows] = json.load(file)
    return {
        "train": parts["train"] + parts["oos_train"], "test": parts["test"], "oos_test": parts["oos_test"],
        "val": parts["val"], "oos_val": parts["oos_val"],
    }  # fmt: skip


def run(pipeline: str, parts: dict[str, Rows]) -> dict[str, Any]:
    """Train and ask; return training seconds, the median parse, and for each part (right, guessed, confidence)."""
    settings = NluSettings()
    with TemporaryDirectory(prefix="shuke-public-") as made:
        work = Path(made)
        write_training(work, PIPELINES[pipeline], parts["train"])
        (work / "ask.json").write_text(json.dumps({name: rows for name, rows in parts.items() if name != "train"}))
        (work / "tmp").mkdir()
        surroundings = environment(
            settings, work / "tmp", log_level="ERROR", extra={"PYTHONPATH": str(settings.rasa_folder)}
        )
        surroundings["SHUKE_NLU_TENSORFLOW"] = "present" if pipeline == "DIET" else "absent"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        train = "train nlu --config config.yml --domain domain.yml --nlu data --out . --fixed-model-name trained"
        subprocess.run(command(settings, *train.split()), cwd=work, env=surroundings, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [str(settings.rasa_python), str(_SIDE), str(work / "trained.tar.gz"), "ask.json"],
            cwd=work,
            env=surroundings,
            check=True,
        )
        answered: dict[str, Any] = json.loads((work / "answers.json").read_text())
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return answered | {"training": spent}


def write_training(work: Path, pipeline: list[dict[str, Any]], rows: Rows) -> None:
    intents: dict[str, list[str]] = {}
    for text, intent in rows:
        intents.setdefault(intent, []).append(_BLANKS.sub(" ", text).strip())
    config = {"assistant_id": "public", "recipe": "default.v1", "language": "en", "pipeline": pipeline, "policies": []}
    (work / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    (work / "domain.yml").write_text(yaml.safe_dump({"version": "3.1", "intents": sorted(intents)}))
    (work / "data").mkdir()
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in intents.items()
    ]
    (work / "data" / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True))


def accuracy(answers: list[tuple[str, str, float]]) -> float:
    return sum(right == guessed for right, guessed, _ in answers) / len(answers)


def at_threshold(clinc: dict[str, Any]) -> tuple[float, float]:
    """Return what is right in scope and told out of scope in the test, below the validation set's threshold."""
    sure = sorted(0.0 if guessed == OUT_OF_SCOPE else how for _, guessed, how in clinc["oos_val"])
    least = sure[len(sure) * TOLD_OF_TEN // 10 - 1]

    def told(answer: tuple[str, str, float]) -> bool:
        return answer[1] == OUT_OF_SCOPE or answer[2] <= least

    kept = sum(answer[0] == answer[1] and not told(answer) for answer in clinc["test"]) / len(clinc["test"])
    return kept, sum(map(told, clinc["oos_test"])) / len(clinc["oos_test"])


if __name__ == "__main__":
    main()
