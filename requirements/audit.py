"""Asks pip-audit about every package of every lock, and says openly which ones it said nothing of.

    .venv/bin/python requirements/audit.py

Left alone, pip-audit says "no known vulnerabilities" of a lock of which it has skipped
every package, and leaves out what a marker keeps from this Python. So each pin is
handed over without its marker, and what does not come back as looked at is reported as
NOT audited. A vulnerability ends with exit code 1; a service that cannot be reached
ends with 0 and the reason, since a machine without that network must not be red.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements/app.lock", "requirements/dev.lock", "nlu/rasa/requirements.lock")
LONGEST = 120
"""Seconds for one lock."""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass
class Audited:
    """What is known of a lock afterwards; ``broke`` is why nothing is, where nothing is."""

    pins: int
    clean: int = 0
    vulnerable: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    broke: str = ""


def pins_of(lock: Path) -> list[tuple[str, str]]:
    """Return every (name, version) of a lock, whatever markers they have."""
    found = [(_same(name), version) for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))]
    return list(dict.fromkeys(found))


def audit(lock: Path, auditor: Sequence[str]) -> Audited:
    """Have ``auditor`` (a command) look at every pin of a lock."""
    pins = pins_of(lock)
    with tempfile.TemporaryDirectory() as folder:
        answers: list[dict[str, object]] = []
        try:
            # One call a file: the auditor refuses two versions of one package, wherever they stand.
            for path in _written(pins, Path(folder)):
                command = [*auditor, "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
                ended = subprocess.run(
                    [*command, "-r", str(path)], capture_output=True, text=True, timeout=LONGEST, check=False
                )
                answers += json.loads(ended.stdout)["dependencies"]
        except FileNotFoundError:
            return Audited(len(pins), broke="pip-audit is not installed (SHUKE_DEV=1 ./shuke test --version brings it)")
        except subprocess.TimeoutExpired:
            return Audited(len(pins), broke=f"no answer within {LONGEST} s")
        except (ValueError, KeyError, TypeError):
            said = [line for line in ended.stderr.splitlines() if line.strip()]
            return Audited(len(pins), broke=said[-1][:300] if said else f"exit code {ended.returncode}")
    return _judge(pins, answers)


def main(locks: Sequence[Path], auditor: Sequence[str]) -> int:
    """Audit the locks, tell of each, and return the exit code."""
    code = 0
    for lock in locks:
        found = audit(lock, auditor)
        name = lock.relative_to(ROOT) if lock.is_relative_to(ROOT) else lock
        if found.broke:
            _tell(f"{name}: NOT audited, none of {found.pins} packages: {found.broke}")
            continue
        _tell(f"{name}: {found.clean} of {found.pins} packages have no known vulnerability")
        for line in found.vulnerable:
            _tell(f"  VULNERABLE {line}")
            code = 1
        for line in found.skipped:
            _tell(f"  NOT audited {line}")
    return code


def _judge(pins: Sequence[tuple[str, str]], answers: Sequence[dict[str, object]]) -> Audited:
    found = Audited(len(pins))
    by_pin = {(_same(str(one["name"])), str(one.get("version", ""))): one for one in answers}
    # Of what was skipped no version is told.
    reasons = {_same(str(one["name"])): str(one["skip_reason"]) for one in answers if "skip_reason" in one}
    for pin in pins:
        shown = "==".join(pin)
        answer = by_pin.get(pin)
        if answer is None or "vulns" not in answer:
            found.skipped.append(f"{shown}: {reasons.get(pin[0], 'the auditor said nothing of it')}")
        elif vulnerabilities := answer["vulns"]:
            assert isinstance(vulnerabilities, list)
            for one in vulnerabilities:
                mended = ", ".join(one.get("fix_versions") or ()) or "no version yet"
                found.vulnerable.append(f"{shown}: {one['id']}, mended in {mended}")
        else:
            found.clean += 1
    return found


def _written(pins: Sequence[tuple[str, str]], folder: Path) -> list[Path]:
    """Write the pins into requirement files, none of which names a package twice."""
    files: list[dict[str, str]] = []
    for name, version in pins:
        fitting = next((one for one in files if name not in one), None)
        if fitting is None:
            fitting = {}
            files.append(fitting)
        fitting[name] = version
    paths = []
    for number, content in enumerate(files):
        path = folder / f"{number}.txt"
        path.write_text("".join(f"{name}=={version}\n" for name, version in content.items()), encoding="utf-8")
        paths.append(path)
    return paths


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    given = [Path(one).resolve() for one in sys.argv[1:]]
    sys.exit(main(given or [ROOT / lock for lock in LOCKS], [str(Path(sys.executable).with_name("pip-audit"))]))
