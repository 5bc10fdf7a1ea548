"""`shuke team`: teams of agents, from the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from crm_store.audit import audit
from crm_store.unit_of_work import Store
from tests.bot.worlds import shuke


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    for name, role in (("li", "agent"), ("eve", "auditor")):
        shuke("--store", url, "user", "add", name, "--role", role, input=b"correct horse battery\n")
    return url


def team(url: str, *arguments: str) -> Result:
    return shuke("--store", url, "team", *arguments)


def audited(url: str) -> list[Any]:
    store = Store(url)
    kept = store.read_now(lambda conn: conn.execute(audit.select()).all())
    store.close()
    return [(one.action, one.data) for one in kept if "team" in one.action]


def test_a_team_is_made_filled_renamed_emptied_and_ended_and_all_of_it_audited(url: str) -> None:
    done = [
        team(url, "add", "售后 After-sales"), team(url, "in", "售后", "li"), team(url, "list"),
        team(url, "rename", "售后", "退换"), team(url, "out", "退换", "li"), team(url, "end", "退换"),
    ]  # fmt: skip

    assert [one.exit_code for one in done] == [0] * 6
    assert done[2].stdout.split() == ["售后", "After-sales", "li"]
    assert "nobody is left there" in done[4].stdout
    assert audited(url) == [
        ("add_team", {"team": "售后 After-sales"}), ("put_into_team", {"team": "售后 After-sales", "name": "li"}),
        ("rename_team", {"team": "退换", "before": "售后 After-sales"}),
        ("take_out_of_team", {"team": "退换", "name": "li"}), ("end_team", {"team": "退换"}),
    ]  # fmt: skip
    assert "there is no team" in team(url, "list").stdout


def test_the_list_is_json_where_that_is_asked_for(url: str) -> None:
    team(url, "add", "售后")
    team(url, "in", "售后", "li")

    listed = shuke("--store", url, "--json", "team", "list")

    assert json.loads(listed.stdout) == [{"name": "售后", "members": ["li"], "takers": ["li"]}]


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        (("in", "售后", "nobody"), "shuke user list"),
        (("in", "售后", "eve"), "shuke user role eve agent"),
        (("in", "nothing", "li"), "shuke team list"),
        (("out", "售后", "li"), "shuke team list"),
        (("add", "@售后"), "such as 售后 After-sales"),
        (("add", "li"), "another name"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_mend(url: str, arguments: tuple[str, ...], mend: str) -> None:
    team(url, "add", "售后")

    refused = team(url, *arguments)

    assert refused.exit_code != 0
    assert mend in str(refused.exception)
    assert len(audited(url)) == 1


def test_no_account_is_called_as_a_team_is(url: str) -> None:
    team(url, "add", "售后")

    refused = shuke("--store", url, "user", "add", "售后", input=b"correct horse battery\n")

    assert refused.exit_code != 0
    assert "take another name" in str(refused.exception)
