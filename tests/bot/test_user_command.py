"""`shuke user`: accounts of the desk, from the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import Result

from crm_store import accounts
from crm_store.audit import audit
from crm_store.unit_of_work import Store
from desk.passwords import Passwords
from tests.bot.worlds import shuke

PASSWORD = "correct horse battery"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


def user(url: str, *arguments: str, typed: str = PASSWORD) -> Result:
    return shuke("--store", url, "user", *arguments, input=f"{typed}\n".encode())


def account(url: str, name: str) -> accounts.AccountView:
    store = Store(url)
    found = store.read_now(accounts.of, name)
    store.close()
    assert found is not None
    return found


async def test_an_account_is_opened_with_a_password_from_stdin_that_is_not_kept_as_it_is(url: str) -> None:
    done = user(url, "add", "小李", "--role", "supervisor")

    kept = account(url, "小李")
    passwords = Passwords()
    assert done.exit_code == 0
    assert PASSWORD not in done.output
    assert (kept.role, kept.disabled_at) == ("supervisor", None)
    assert await passwords.is_right(PASSWORD, kept.password_hash)
    passwords.close()


async def test_a_made_up_password_is_printed_once_and_works(url: str) -> None:
    done = user(url, "add", "li", "--generate", typed="")
    again = user(url, "list")

    made_up = done.stdout.split("password, shown this once: ")[1].strip()
    passwords = Passwords()
    assert await passwords.is_right(made_up, account(url, "li").password_hash)
    assert made_up not in again.output
    passwords.close()


def test_another_password_and_closing_are_told_and_audited(url: str) -> None:
    user(url, "add", "li")
    before = account(url, "li").password_hash

    changed = user(url, "passwd", "li", typed="another long password")
    closed = user(url, "disable", "li")

    assert (changed.exit_code, closed.exit_code) == (0, 0)
    assert account(url, "li").password_hash != before
    assert account(url, "li").disabled_at is not None
    store = Store(url)
    done = store.read_now(lambda conn: [row.action for row in conn.execute(audit.select().order_by(audit.c.id))])
    store.close()
    assert done == ["add_user", "set_password", "disable_user"]


def test_another_role_is_told_and_audited(url: str) -> None:
    user(url, "add", "li")

    changed = user(url, "role", "li", "supervisor")

    assert (changed.exit_code, changed.stdout) == (0, "li is supervisor from now on\n")
    assert account(url, "li").role == "supervisor"
    store = Store(url)
    last = store.read_now(lambda conn: conn.execute(audit.select().order_by(audit.c.id.desc())).first())
    store.close()
    assert last is not None
    assert (last.action, last.data) == ("set_role", {"name": "li", "role": "supervisor"})


@pytest.mark.parametrize("arguments", [("disable", "root"), ("role", "root", "auditor")])
def test_the_last_admin_stays_until_there_is_another_one(url: str, arguments: tuple[str, ...]) -> None:
    user(url, "add", "root", "--role", "admin")
    user(url, "add", "gone", "--role", "admin")
    user(url, "disable", "gone")

    refused = user(url, *arguments)
    still = account(url, "root")
    user(url, "add", "second", "--role", "admin")
    done = user(url, *arguments)

    assert "root is the last admin; give somebody else that role first" in str(refused.exception)
    assert (still.role, still.disabled_at) == ("admin", None)
    assert done.exit_code == 0


def test_the_list_has_everybody_and_no_hash(url: str) -> None:
    user(url, "add", "li")
    user(url, "add", "zhao", "--role", "auditor")

    told = user(url, "list")
    rows = json.loads(shuke("--json", "--store", url, "user", "list").stdout)

    assert "argon2" not in told.output
    assert [line.split() for line in told.stdout.splitlines()] == [["li", "agent"], ["zhao", "auditor"]]
    assert [(row["name"], row["role"], row["disabled_at"]) for row in rows] == [
        ("li", "agent", None), ("zhao", "auditor", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("add", "li li"), PASSWORD, "a name has up to 64 letters"),
        (("add", "li", "--role", "boss"), PASSWORD, "--role boss: use one of agent, supervisor"),
        (("add", "li"), "short", "a password has 12 to 256 characters, this one 5"),
        (("add", "here"), PASSWORD, "here has an account already"),
        (("passwd", "nobody"), PASSWORD, "nobody has no account"),
        (("disable", "nobody"), PASSWORD, "nobody has no account"),
        (("role", "nobody", "agent"), PASSWORD, "nobody has no account"),
        (("role", "here", "boss"), PASSWORD, "boss: there is no such role; use one of agent, supervisor"),
    ],
)
def test_what_is_refused_names_the_place_and_the_mend(
    url: str, arguments: tuple[str, ...], typed: str, told: str
) -> None:
    user(url, "add", "here")

    refused = user(url, *arguments, typed=typed)

    assert refused.exception is not None
    assert told in str(refused.exception)


def test_what_customers_read_is_set_shown_taken_away_and_audited(url: str) -> None:
    user(url, "add", "li")

    done = user(url, "display", "li", "小李")
    listed = user(url, "list")
    refused = [user(url, "display", "nobody", "x"), user(url, "display", "li", "x" * 41)]
    user(url, "display", "li", "")

    assert "li is 小李 to customers" in done.stdout
    assert "小李 to customers" in listed.stdout
    assert "nobody has no account" in str(refused[0].exception)
    assert "up to 40 characters" in str(refused[1].exception)
    assert account(url, "li").display_name is None
