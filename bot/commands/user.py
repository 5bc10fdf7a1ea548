"""`shuke user`: who may sign in at the desk."""

from __future__ import annotations

import getpass
import re
import sys
import unicodedata
from random import SystemRandom
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from crm_store import accounts, agents, audit, teams
from crm_store.accounts import AccountView
from crm_store.ports import SystemClock
from desk.passwords import LONGEST, SHORTEST, generated, hashed
from desk.roles import ROLES

_NAME = re.compile(r"[\w.-]{1,64}")
Name = Annotated[str, typer.Argument(help="Who, such as li.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password up and print it, once.")]


def add_to(app: typer.Typer) -> None:
    user = typer.Typer(help="Accounts of the desk.", no_args_is_help=True, rich_markup_mode=None)
    user.command("add")(add)
    user.command("list")(list_)
    user.command("passwd")(passwd)
    user.command("role")(role)
    user.command("display")(display)
    user.command("disable")(disable)
    app.add_typer(user, name="user")


def add(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "agent",
    generate: Generate = False,
) -> None:
    """Open an account. The password is asked for twice, or read from stdin where that is no terminal.

    Example: ./shuke user add li --role agent
    Example: ./shuke user add wang --role supervisor --generate
    """
    name = unicodedata.normalize("NFKC", name)
    if not _NAME.fullmatch(name):
        raise ShukeError(f"{name}: a name has up to 64 letters, digits, and . _ -; leave out what else there is")
    if role not in ROLES:
        raise ShukeError(f"--role {role}: use one of {', '.join(ROLES)}")
    settings = options(context).settings()
    now = SystemClock().now()
    with open_store(settings) as store:
        if store.read_now(accounts.of, name) is not None:
            raise ShukeError(f"{name} has an account already; for another password: shuke user passwd {name}")
        password = _password(generate)
        store.run_now(_add, name, role, hashed(password), now)
    _tell(name, f"may sign in as {role}", password if generate else None)


def list_(context: typer.Context) -> None:
    """Show who has an account, and in which role.

    Example: ./shuke user list
    """
    settings = options(context).settings()
    with open_store(settings) as store:
        everyone = store.read_now(accounts.everyone)
    if options(context).json:
        show_json([_as_json(one) for one in everyone])
        return
    for one in everyone:
        state = f"  disabled {one.disabled_at:%Y-%m-%d}" if one.disabled_at else ""
        shown = f"  {one.display_name} to customers" if one.display_name else ""
        console.print(f"{one.name:<20} {one.role:<12}{shown}{state}".rstrip(), markup=False)
    if not everyone:
        console.print("nobody has an account; open one with shuke user add NAME --role agent", markup=False)


def passwd(context: typer.Context, name: Name, generate: Generate = False) -> None:
    """Set another password; whoever is signed in under the name is signed out everywhere.

    Example: ./shuke user passwd li
    """
    settings = options(context).settings()
    name = unicodedata.normalize("NFKC", name)
    with open_store(settings) as store:
        if store.read_now(accounts.of, name) is None:
            raise ShukeError(f"{name} has no account; shuke user list shows who has one")
        password = _password(generate)
        store.run_now(_set_password, name, hashed(password))
    _tell(name, "has another password and is signed out everywhere", password if generate else None)


def role(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
) -> None:
    """Give an account another role; it counts from the next click on. The last admin stays one.

    Example: ./shuke user role li supervisor
    """
    if role not in ROLES:
        raise ShukeError(f"{role}: there is no such role; use one of {', '.join(ROLES)}")
    settings = options(context).settings()
    name = unicodedata.normalize("NFKC", name)
    with open_store(settings) as store:
        store.run_now(_set_role, name, role)
    _tell(name, f"is {role} from now on")


def display(
    context: typer.Context,
    name: Name,
    shown: Annotated[str, typer.Argument(help="What customers read, such as 小李; empty for the name itself.")],
) -> None:
    """Let customers read another name than the one that somebody signs in by.

    Example: ./shuke user display li 小李
    """
    settings = options(context).settings()
    name = unicodedata.normalize("NFKC", name)
    with open_store(settings) as store:
        kept = store.run_now(_display, name, shown)
    _tell(name, f"is {kept or name} to customers")


def disable(context: typer.Context, name: Name) -> None:
    """Close an account; whoever is signed in under the name is signed out everywhere. What they did stays theirs.

    Example: ./shuke user disable li
    """
    settings = options(context).settings()
    name = unicodedata.normalize("NFKC", name)
    with open_store(settings) as store:
        store.run_now(_disable, name)
    _tell(name, "may no longer sign in")


def _add(conn: Connection, name: str, role: str, password_hash: str, now: Any) -> None:
    if (team := teams.called_by(conn, name)) is not None:
        raise ShukeError(f"{name} is what calls the team {team.name} in notes; take another name for the account")
    accounts.add(conn, name, role=role, password_hash=password_hash, now=now)
    audit.record(conn, at=now, by=os_user(), action="add_user", name=name, role=role)


def _set_password(conn: Connection, name: str, password_hash: str) -> None:
    now = SystemClock().now()
    accounts.set_password(conn, name, password_hash, now=now)
    audit.record(conn, at=now, by=os_user(), action="set_password", name=name)


def _set_role(conn: Connection, name: str, role: str) -> None:
    accounts.set_role(conn, name, role)
    audit.record(conn, at=SystemClock().now(), by=os_user(), action="set_role", name=name, role=role)


def _display(conn: Connection, name: str, shown: str) -> str | None:
    if accounts.of(conn, name) is None:
        raise ShukeError(f"{name} has no account; shuke user list shows who has one")
    kept = agents.set_display_name(conn, name, shown)
    audit.record(conn, at=SystemClock().now(), by=os_user(), action="set_display_name", name=name)
    return kept


def _disable(conn: Connection, name: str) -> None:
    now = SystemClock().now()
    accounts.disable(conn, name, now=now)
    audit.record(conn, at=now, by=os_user(), action="disable_user", name=name)


def _password(generate: bool) -> str:
    if generate:
        return generated(SystemRandom())
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("once more: ") != password:
            raise ShukeError("the two passwords differ; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(password) <= LONGEST:
        raise ShukeError(f"a password has {SHORTEST} to {LONGEST} characters, this one {len(password)}; or --generate")
    return password


def _tell(name: str, what: str, password: str | None = None) -> None:
    console.print(f"{name} {what}", markup=False)
    if password is not None:
        console.print(f"password, shown this once: {password}", markup=False)


def _as_json(account: AccountView) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "display_name": account.display_name,
        "created_at": account.created_at.isoformat(),
        "disabled_at": account.disabled_at.isoformat() if account.disabled_at else None,
    }
