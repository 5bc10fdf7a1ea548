"""The `shuke` script, on a checkout made for the test, with a stand-in for uv.

The stand-in writes down how it was called and makes environments whose Python
says what it was asked to run; everything else is the real script under the real shell.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

STAND_IN_UV = """#!/bin/sh
printf '%s\\n' "$*" >>"$UV_CALLS"
while [ $# -gt 0 ]; do
    case $1 in
        --directory) folder=$2; shift ;;
        venv)
            [ -z "${NO_PYTHON-}" ] || exit 2
            mkdir -p "$folder/.venv/bin"
            cp "$STAND_IN_PYTHON" "$folder/.venv/bin/python"
            chmod +x "$folder/.venv/bin/python"
            cp "$folder/.python-version" "$folder/.venv/version" ;;
        sync) [ -z "${NO_NETWORK-}" ] || exit 2 ;;
    esac
    shift
done
"""

STAND_IN_PYTHON = """#!/bin/sh
if [ "$1" = -c ]; then cat "${0%/bin/python}/version"; exit; fi
printf '%s\\n' "cwd=$PWD" "root=$SHUKE_ROOT" "path=$PYTHONPATH" "$@"
"""


class Checkout:
    """A checkout in ``folder``; every run of its script has its uv calls in ``uv_calls``."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self._calls = folder / "uv-calls"
        for name in ("shuke", ".python-version", "requirements/app.lock", "requirements/dev.lock"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "nlu/rasa").mkdir(parents=True)
        (self.root / "nlu/rasa/.python-version").write_text("3.10\n")
        (self.root / "nlu/rasa/requirements.lock").write_text("rasa==0\n")
        (folder / "python").write_text(STAND_IN_PYTHON)
        uv = folder / "uv"
        uv.write_text(STAND_IN_UV)
        uv.chmod(0o755)
        self._environment = {
            "PATH": os.environ["PATH"],
            "SHUKE_UV": str(uv),
            "UV_CALLS": str(self._calls),
            "STAND_IN_PYTHON": str(folder / "python"),
        }

    def run(
        self, *words: str, script: Path | None = None, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        self._calls.write_text("")
        process = self.start(*words, script=script, cwd=cwd, **environment)
        out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(
        self,
        *words: str,
        script: Path | None = None,
        cwd: Path | None = None,
        stderr: int = subprocess.PIPE,
        **environment: str,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script or self.root / "shuke", *words],
            cwd=cwd or self.root,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    @property
    def uv_calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    @property
    def locks_installed(self) -> list[str]:
        return [call.rpartition("/")[2] for call in self.uv_calls if " sync " in call]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_run_installs_by_hash_and_then_runs_the_command(checkout: Checkout):
    done = checkout.run("customer", "show", "a name with spaces")

    assert done.stdout.splitlines()[3:] == ["-m", "bot", "customer", "show", "a name with spaces"]
    assert "--require-hashes" in checkout.uv_calls[-1]
    assert checkout.locks_installed == ["app.lock"]


def test_the_second_run_installs_nothing_and_says_nothing(checkout: Checkout):
    checkout.run("doctor")

    again = checkout.run("doctor")

    assert checkout.uv_calls == []
    assert again.stderr == ""


def test_uv_shows_how_far_it_is_on_a_terminal_and_nowhere_else(checkout: Checkout):
    checkout.run("doctor")
    in_a_pipe = checkout.uv_calls
    shutil.rmtree(checkout.root / ".venv")
    ours, theirs = pty.openpty()

    process = checkout.start("doctor", stderr=theirs)
    process.communicate()

    on_a_terminal = checkout.uv_calls[len(in_a_pipe) :]
    os.close(theirs)
    os.close(ours)
    assert {call.startswith("--quiet ") for call in in_a_pipe} == {True}
    assert {"--quiet" in call for call in on_a_terminal} == {False}


def test_a_ready_checkout_needs_no_uv_at_all(checkout: Checkout):
    checkout.run("doctor")

    again = checkout.run("doctor", SHUKE_UV="/nowhere/uv")

    assert again.returncode == 0


def test_a_changed_lock_is_installed(checkout: Checkout):
    checkout.run("doctor")
    with (checkout.root / "requirements/app.lock").open("a") as lock:
        lock.write("# another\n")

    checkout.run("doctor")

    assert checkout.locks_installed == ["app.lock"]


def test_another_python_makes_a_new_environment(checkout: Checkout):
    checkout.run("doctor")
    (checkout.root / ".python-version").write_text("3.13\n")

    checkout.run("doctor")

    assert "venv --no-project --python 3.13 .venv" in checkout.uv_calls[0]


def test_development_tools_once_there_stay_for_other_commands(checkout: Checkout):
    checkout.run("test")
    assert checkout.locks_installed == ["dev.lock"]

    checkout.run("doctor")

    assert checkout.uv_calls == []


def test_development_tools_come_when_asked_for(checkout: Checkout):
    checkout.run("doctor", SHUKE_DEV="1")

    assert checkout.locks_installed == ["dev.lock"]


def test_tests_run_from_the_root_with_their_arguments(checkout: Checkout, tmp_path: Path):
    done = checkout.run("test", "-k", "two words", cwd=tmp_path)

    assert done.stdout.splitlines()[0] == f"cwd={checkout.root}"
    assert done.stdout.splitlines()[3:] == ["-m", "pytest", "-k", "two words"]


@pytest.mark.parametrize(
    "words",
    [
        "up",
        "--config my.yml --json up --demo",
        "chat",
        "simulate --nlu rasa",
        "run nlu",
        "nlu train --force",
        "nlu parse",
        "nlu evaluate texts.csv",
        "test -m long",
        "test -x -mrasa",
    ],
)
def test_commands_that_talk_to_rasa_bring_its_environment(checkout: Checkout, words: str):
    checkout.run(*words.split())

    assert "requirements.lock" in checkout.locks_installed


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--help",
        "up --help",
        "chat --nlu rules",
        "simulate --seed 4 --nlu=http://127.0.0.1:5005",
        "run web",
        "nlu review",
        "flows check",
        "--store nlu customer train",
        "test",
        "test tests/nlu -k long",
    ],
)
def test_other_commands_do_without_rasa(checkout: Checkout, words: str):
    checkout.run(*words.split())

    assert "requirements.lock" not in checkout.locks_installed


def test_two_at_once_install_once_and_both_run(checkout: Checkout):
    both = [checkout.start("doctor"), checkout.start("doctor")]

    said = [process.communicate()[0] for process in both]

    assert checkout.locks_installed == ["app.lock"]
    assert all("-m\nbot\ndoctor" in words for words in said)


def test_it_works_through_links_and_from_any_folder(checkout: Checkout, tmp_path: Path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (tmp_path / "first").symlink_to(checkout.root / "shuke")
    (elsewhere / "second").symlink_to("../first")

    done = checkout.run("import", "orders", "FILE.csv", script=elsewhere / "second", cwd=elsewhere)

    assert done.stdout.splitlines()[:3] == [
        f"cwd={elsewhere}",
        f"root={checkout.root}",
        f"path={checkout.root}",
    ]


def test_where_no_python_can_be_had_it_names_the_version(checkout: Checkout):
    done = checkout.run("doctor", NO_PYTHON="1")

    assert done.returncode == 1
    assert "install Python 3.12" in done.stderr


def test_an_installation_that_failed_is_tried_again(checkout: Checkout):
    failed = checkout.run("doctor", NO_NETWORK="1")
    assert failed.returncode == 1
    assert "requirements/app.lock" in failed.stderr

    again = checkout.run("doctor")

    assert again.returncode == 0
    assert checkout.locks_installed == ["app.lock"]


def test_without_uv_and_python_it_names_the_packages_to_install(checkout: Checkout, tmp_path: Path):
    path = a_path_with(tmp_path / "bin", "sh", "dirname", "cat", "cksum", "mkdir", "rm", "flock")

    done = checkout.run("doctor", SHUKE_UV="", PATH=str(path))

    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr


def test_without_uv_and_venv_it_names_the_package_to_install(checkout: Checkout, tmp_path: Path):
    path = a_path_with(tmp_path / "bin", "sh", "dirname", "cat", "cksum", "mkdir", "rm", "flock")
    python_without_venv = path / "python3"
    python_without_venv.write_text("#!/bin/sh\nexit 1\n")
    python_without_venv.chmod(0o755)

    done = checkout.run("doctor", SHUKE_UV="", PATH=str(path))

    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_the_development_lock_holds_every_pin_of_the_app():
    app, dev = (pins(ROOT / "requirements" / name) for name in ("app.lock", "dev.lock"))

    assert app
    assert app <= dev


@pytest.mark.parametrize(
    "lock",
    sorted([*ROOT.glob("requirements/*.lock"), ROOT / "nlu/rasa/requirements.lock"]),
    ids=lambda lock: lock.name,
)
def test_a_lock_pins_by_hash_and_names_no_host(lock: Path):
    text = lock.read_text()

    assert pins(lock)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text) if "==" in block.partition("\n")[0])
    assert "://" not in text
    assert "index-url" not in text


def pins(lock: Path) -> set[str]:
    """Return ``name==version`` and any marker, of each package that the lock lists."""
    return {line.removesuffix("\\").strip() for line in lock.read_text().splitlines() if re.match(r"[\w.-]+==", line)}


def a_path_with(folder: Path, *tools: str) -> Path:
    folder.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        assert found, f"these tests need {tool}"
        (folder / tool).symlink_to(found)
    return folder
