"""What can be held without Docker, systemd or Prometheus: names of figures and commands, and what is said openly."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import get_args

import yaml

from bot.commands.run import Role
from bot.nlu_figures import NluFigures
from bot.wiring import build_classifier
from crm_store.unit_of_work import Store
from tests.bot.house import new_house
from tests.bot.test_monitoring import an_app, ask

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
NOT_RUN = [path for path in DEPLOY.rglob("*") if path.is_file() and path.name != "README.md"]


def test_every_file_says_that_it_was_not_run() -> None:
    assert len(NOT_RUN) >= 7
    assert [path.name for path in NOT_RUN if "Not run by the project's own checks" not in path.read_text()] == []


async def test_the_alerts_ask_for_figures_that_there_are(database: Path, tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{database}")) as store:
        house = new_house(store, tmp_path)
        await house.says("ana", "hello")
        pool = build_classifier(house.settings, tuple)
        house.parts.metrics.registry.register(NluFigures(pool))
        shown = (await ask(an_app(house), "/metrics")).text
    there = set(re.findall(r"^(?:# TYPE )(\w+)", shown, re.MULTILINE))
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]

    asked = {name for rule in rules for name in re.findall(r"shuke_\w+", rule["expr"])}
    assert {name for name in asked if name not in there and name.removesuffix("_bucket") not in there} == set()
    assert len(rules) > 8


def test_containers_and_units_call_commands_that_there_are() -> None:
    unit = (DEPLOY / "systemd/shuke.service").read_text()
    image = (DEPLOY / "Dockerfile").read_text()
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())

    assert "ExecStart=/opt/shuke/shuke up\n" in unit
    assert 'CMD ["up"]' in image
    roles = {"web", "poll", "clock", "nlu", "worker"}
    assert set(compose["services"]) == {"database", "shuke", *roles}
    assert {name: compose["services"][name]["command"] for name in roles} == {name: ["run", name] for name in roles}
    assert roles == set(get_args(Role))
    assert "ExecStart=/opt/shuke/shuke run %i\n" in (DEPLOY / "systemd/shuke@.service").read_text()
    assert "ExecStart=/opt/shuke/shuke run worker\n" in (DEPLOY / "systemd/shuke-worker@.service").read_text()


def test_no_secret_stands_in_a_file_of_the_deployment() -> None:
    for path in NOT_RUN:
        for name, value in re.findall(r"(\w*(?:PASSWORD|TOKEN|KEY))\s*[:=]\s*(\S+)", path.read_text()):
            assert value.startswith(("$", "…")), f"{path.name}: {name}"
