"""The audit of the locks: what the auditor did not look at is never taken for harmless."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
PINS = (
    "httpx==0.28.1 \\\n    --hash=sha256:00\nRasa_SDK[full]==3.6 ; python_version < '3.11' \\\n    --hash=sha256:01\n"
    "numpy==1.0 ; python_version < '3.9'\nnumpy==2.0 ; python_version >= '3.9'\n"
)


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", REPOSITORY / "requirements/audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "app.lock"
    path.write_text(PINS)
    return path


def auditor(folder: Path, *answers: dict[str, Any], ends: int = 0, says: str = "") -> list[str]:
    """A stand-in for pip-audit that answers with these, keeping what it was given to look at."""
    program = folder / "auditor.py"
    out = json.dumps({"dependencies": list(answers), "fixes": []}) if not says else ""
    program.write_text(
        "import sys\n"
        "files = [value for flag, value in zip(sys.argv, sys.argv[1:]) if flag == '-r']\n"
        f"given = open({str(folder / 'given')!r}, 'a'); [given.write(open(one).read() + '--\\n') for one in files]\n"
        f"print({out!r}); print({says!r}, file=sys.stderr); sys.exit({ends})\n"
    )
    return [sys.executable, str(program)]


def fine(name: str, version: str) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": []}


ALL_FINE = (fine("httpx", "0.28.1"), fine("rasa-sdk", "3.6"), fine("numpy", "1.0"), fine("numpy", "2.0"))


def test_every_pin_is_handed_over_whatever_its_marker_and_none_twice_in_a_file(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = audit.main([lock], auditor(tmp_path, *ALL_FINE))

    assert code == 0
    assert (tmp_path / "given").read_text() == "httpx==0.28.1\nrasa-sdk==3.6\nnumpy==1.0\n--\nnumpy==2.0\n--\n"
    assert capsys.readouterr().out == f"{lock}: 4 of 4 packages have no known vulnerability\n"


def test_a_vulnerability_fails_and_is_told_with_what_mends_it(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hole = {"name": "httpx", "version": "0.28.1", "vulns": [{"id": "GHSA-1", "fix_versions": ["0.29"]}]}

    code = audit.main([lock], auditor(tmp_path, hole, *ALL_FINE[1:], ends=1))

    assert code == 1
    assert "  VULNERABLE httpx==0.28.1: GHSA-1, mended in 0.29\n" in capsys.readouterr().out


def test_what_was_skipped_or_not_mentioned_is_reported_as_not_audited(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = {"name": "rasa-sdk", "skip_reason": "Dependency not found"}

    code = audit.main([lock], auditor(tmp_path, fine("httpx", "0.28.1"), skipped))

    out = capsys.readouterr().out
    assert code == 0
    assert f"{lock}: 1 of 4 packages have no known vulnerability\n" in out
    assert "  NOT audited rasa-sdk==3.6: Dependency not found\n" in out
    assert "  NOT audited numpy==2.0: the auditor said nothing of it\n" in out


def test_an_audit_that_skipped_all_of_a_lock_calls_none_of_it_harmless(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.main([lock], auditor(tmp_path))

    assert f"{lock}: 0 of 4 packages have no known vulnerability\n" in capsys.readouterr().out


def test_a_service_that_cannot_be_reached_is_told_and_fails_nothing(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = audit.main([lock], auditor(tmp_path, ends=1, says="Traceback\nConnectionError: no route"))

    assert code == 0
    assert capsys.readouterr().out == (f"{lock}: NOT audited, none of 4 packages: ConnectionError: no route\n")


def test_a_missing_auditor_is_told(
    audit: ModuleType, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([lock], [str(tmp_path / "pip-audit")]) == 0
    assert "NOT audited, none of 4 packages: pip-audit is not installed" in capsys.readouterr().out


def test_the_locks_of_the_app_of_development_and_of_rasa_are_audited(audit: ModuleType) -> None:
    assert [len(audit.pins_of(REPOSITORY / lock)) > 20 for lock in audit.LOCKS] == [True, True, True]
    assert {lock.rpartition("/")[0] for lock in audit.LOCKS} == {"requirements", "nlu/rasa"}
