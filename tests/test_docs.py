"""The documentation is held to the code: names, settings, commands, flows, rules, tests, links and folders."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import typer
import yaml
from pydantic import BaseModel

from bot.channels.telegram.settings import TelegramSettings
from bot.channels.wechat.settings import WechatSettings
from bot.cli import app
from bot.desk_actions import ACTIONS
from bot.settings import Settings, build
from care.gate import SkipReason
from care.policy import load_policy
from care.rules import load_rules
from care.settings import CareSettings
from flows.standard import load_standard

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
ADRS = sorted((DOCS / "adr").glob("*.md"))
PAGES = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")}
    | {ROOT / folder / "README.md" for folder in ("flows", "demo", "benchmarks", "requirements")}
)

_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_FILE = re.compile(r"[\w./-]+\.(?:py|yml)")
_NAME = re.compile(r"[A-Za-z_][\w.]*\(\)|[A-Z][a-z]\w+")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    return _FENCED.sub("", read(page))


def cells(page: Path) -> Iterator[list[str]]:
    """Yield the cells of every row of a page's tables, heads included."""
    for line in prose(page).splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@cache
def defined_in(file: Path) -> frozenset[str]:
    """Return the functions, classes and methods of a module: ``act``, ``Turn``, ``Turn._failed``."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = set()
    for node in ast.parse(read(file)).body:
        if isinstance(node, functions):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {node.name, *(f"{node.name}.{one.name}" for one in node.body if isinstance(one, functions))}
    return frozenset(names)


def test_every_file_function_and_class_on_the_way_of_a_message_exists() -> None:
    wrong = []
    file: Path | None = None
    for span in _CODE.findall(prose(DOCS / "message-way.md")):
        if _FILE.fullmatch(span):
            file = ROOT / span
            if not file.is_file():
                wrong.append(span)
        elif _NAME.fullmatch(span):
            # A name belongs to the file that was named last.
            known = defined_in(file) if file is not None and file.is_file() else frozenset()
            if span.removesuffix("()") not in known:
                wrong.append(f"{span} in {file}")

    assert file is not None
    assert wrong == []


def fields_of(model: Any) -> dict[str, Any]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}
    return {field.name: field.default for field in dataclasses.fields(model)}


def settings_with_defaults() -> dict[str, Any]:
    """Return every key that can be set, with what it is where nobody sets it."""
    settings = build({}, root=ROOT)
    channels = {"telegram": TelegramSettings, "wechat": WechatSettings}  # None until they have their secrets
    keys: dict[str, Any] = {}
    for section in Settings.model_fields:
        value = getattr(settings, section)
        if section in channels:
            keys |= {f"{section}.{key}": default for key, default in fields_of(channels[section]).items()}
        elif isinstance(value, Path):
            keys[section] = value
        else:
            keys |= keys_below(section, value)
    del keys["root"]  # where the files lie, not what a file can say
    return keys


def keys_below(section: str, value: Any) -> dict[str, Any]:
    """Return the keys of a section and of those within it."""
    keys: dict[str, Any] = {}
    for key in fields_of(type(value)):
        one = getattr(value, key)
        keys |= keys_below(f"{section}.{key}", one) if dataclasses.is_dataclass(one) else {f"{section}.{key}": one}
    return keys


def written(value: Any) -> str:
    """Return a default as the page writes it."""
    match value:
        case None:
            return "none"
        case timedelta():
            return f"{value.total_seconds():.12g}"
        case time():
            return f"{value:%H:%M}"
        case Path():
            return value.relative_to(ROOT).as_posix()
        case tuple():
            return f"[{', '.join(value)}]"
        case dict():
            return f"{{{', '.join(f'{name}: {one}' for name, one in value.items())}}}"
    return str(value).replace(f"{ROOT}/", "")


def test_every_setting_has_its_entry_with_its_default_and_every_entry_its_setting() -> None:
    told = {
        row[0].strip("`"): row[1].strip("`")
        for row in cells(DOCS / "configuration.md")
        if row[0].startswith("`") and not row[0].startswith("`SHUKE_")
    }

    assert told == {key: written(value) for key, value in settings_with_defaults().items()}


def commands(command: Any = None, name: str = "shuke") -> Iterator[str]:
    command = command or typer.main.get_command(app)
    below = getattr(command, "commands", None)
    if below is None:
        yield name
        return
    for word, one in below.items():
        yield from commands(one, f"{name} {word}")


def test_every_command_is_in_the_operators_table_and_nothing_else_is() -> None:
    rows = [row for row in cells(DOCS / "guides" / "operator.md") if row[0].startswith("`shuke ")]

    assert {span for row in rows for span in _CODE.findall(row[0])} == set(commands())


def test_every_option_of_every_command_is_told_somewhere() -> None:
    told = "\n".join(read(page) for page in PAGES)

    def options(command: Any) -> Iterator[str]:
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield max(parameter.opts, key=len)
        for one in getattr(command, "commands", {}).values():
            yield from options(one)

    assert {option for option in options(typer.main.get_command(app)) if option not in told} == set()


def test_every_flow_and_every_rule_of_care_is_named_in_a_guide() -> None:
    spans = {span for guide in GUIDES for span in _CODE.findall(prose(guide))}

    named = set(load_standard().book.flows) | set(load_rules())
    assert named - spans == set()


def test_every_action_of_agents_is_explained() -> None:
    explained = {row[0].strip("`") for row in cells(DOCS / "guides" / "agent.md")}

    assert set(ACTIONS) - explained == set()


def test_the_reasons_not_to_send_are_those_of_the_gate() -> None:
    rows = [row[0].strip("`") for row in cells(DOCS / "guides" / "marketer.md")]

    told = rows[rows.index("reason") + 1 :]
    assert told
    assert set(told) <= set(get_args(SkipReason))


def test_the_marketers_example_is_a_rule_with_its_words(tmp_path: Path) -> None:
    rules, words = re.findall(r"```yaml\n(.*?)```", read(DOCS / "guides" / "marketer.md"), re.DOTALL)
    (tmp_path / "replies").mkdir()
    (tmp_path / "ours.yml").write_text(rules, encoding="utf-8")
    for language in ("zh", "en"):
        (tmp_path / "replies" / f"{language}.yml").write_text(words, encoding="utf-8")

    policy = load_policy(CareSettings(), rules_overlay=tmp_path, replies_overlay=tmp_path / "replies")

    assert "birthday" not in policy.rules
    assert policy.rules["delivered_hello"].on == "order.delivered"


def test_every_capability_names_tests_that_exist() -> None:
    rows = [row for row in cells(DOCS / "capabilities.md") if row[0].isdecimal()]

    wrong = []
    for row in rows:
        tests = _CODE.findall(row[2])
        assert tests, row[0]
        for test in tests:
            file, _, name = test.partition("::")
            if not (ROOT / file).is_file() or name.replace("::", ".") not in defined_in(ROOT / file):
                wrong.append(test)
    assert rows
    assert wrong == []


def test_every_test_of_a_capability_is_named() -> None:
    files = sorted((ROOT / "tests" / "capabilities").glob("test_*.py"))
    tests = {
        f"{file.relative_to(ROOT).as_posix()}::{name}"
        for file in files
        for name in defined_in(file)
        if name.startswith("test_")
    }

    page = read(DOCS / "capabilities.md")
    assert tests
    assert {test for test in tests if f"`{test}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        headings = re.findall(r"^#+ (.+)$", read(target), re.MULTILINE) if heading and target.is_file() else []
        if not target.exists() or (heading and heading not in {anchor(one) for one in headings}):
            lost.append(link)

    assert lost == []


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_map_in_the_readme_names_the_folders_there_are() -> None:
    named = {row[0].strip("`/") for row in cells(ROOT / "README.md") if row[0].startswith("`")}

    made = {"shop", "var"}  # by whoever runs it
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    assert named == there - made


def test_the_bots_lines_in_the_readmes_talks_are_its_own_words() -> None:
    def words(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield from node.splitlines()
        elif isinstance(node, dict | list):
            for one in node.values() if isinstance(node, dict) else node:
                yield from words(one)

    wordings = {
        re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(line)))
        for language in ("zh", "en")
        for file in (ROOT / "flows" / "replies").rglob("*.yml")
        if language in (file.stem, file.parent.name)
        for line in words(yaml.safe_load(read(file))["replies"])
        if re.sub(r"\{\w+\}|\W", "", line)  # values alone would be anybody's words
    }
    page = read(ROOT / "README.md")
    talks = [block for block in re.findall(r"^```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) if "› " in block]
    typed_or_button = re.compile(r"› |  \d\. ")
    lines = [line for talk in talks for line in talk.splitlines() if not typed_or_button.match(line)]
    # What an agent says stands in the command that said it.
    said = [line for line in lines if f'"{line}"' not in page]

    assert len(talks) > 1
    assert [line for line in said if not any(wording.fullmatch(line) for wording in wordings)] == []


def test_decisions_are_numbered_without_gaps_and_titled_by_their_number() -> None:
    numbers = [path.name[:4] for path in ADRS]

    assert numbers == [f"{number:04}" for number in range(1, len(ADRS) + 1)]
    assert [path.name for path in ADRS if not read(path).startswith(f"# {path.name[:4]} ")] == []
