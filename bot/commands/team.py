"""`shuke team`: which agents work together, so that a conversation can be handed to all of them."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import typer
from sqlalchemy import Connection

from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from crm_store import accounts, audit, teams
from crm_store.ports import SystemClock
from crm_store.teams import TAKERS, TeamView

Name = Annotated[str, typer.Argument(help="The team, by its name or one word of it, such as 售后.")]
Agent = Annotated[str, typer.Argument(help="Whose account, such as li.")]


def add_to(app: typer.Typer) -> None:
    team = typer.Typer(help="Teams of agents.", no_args_is_help=True, rich_markup_mode=None)
    team.command("add")(add)
    team.command("list")(list_)
    team.command("rename")(rename)
    team.command("in")(in_)
    team.command("out")(out)
    team.command("end")(end)
    app.add_typer(team, name="team")


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="One word or several; each of them calls the team in notes.")],
) -> None:
    """Make a team. A name in both languages may be one: each word of it calls the team in a note.

    Example: ./shuke team add "售后 After-sales"
    """
    with open_store(options(context).settings()) as store:
        made = store.run_now(_add, name)
    _tell(f"{made.name} is a team; put somebody in: shuke team in {made.words[0]} NAME")


def list_(context: typer.Context) -> None:
    """Show the teams and who is in them; in brackets who takes no conversations.

    Example: ./shuke team list
    """
    with open_store(options(context).settings()) as store:
        everyone = store.read_now(teams.everyone)
    if options(context).json:
        show_json([{"name": one.name, "members": one.members, "takers": one.takers} for one in everyone])
        return
    for one in everyone:
        members = (name if name in one.takers else f"({name})" for name in one.members)
        _tell(f"{one.name:<24} {', '.join(members) or 'nobody'}")
    if not everyone:
        _tell("there is no team; make one with shuke team add NAME")


def rename(
    context: typer.Context, name: Name, new: Annotated[str, typer.Argument(help="What it is called from now on.")]
) -> None:
    """Call a team something else; who is in it and what waits for it stay.

    Example: ./shuke team rename 售后 "退换 Returns"
    """
    with open_store(options(context).settings()) as store:
        renamed = store.run_now(_rename, name, new)
    _tell(f"{renamed.name} is what the team is called from now on")


def in_(context: typer.Context, name: Name, agent: Agent) -> None:
    """Put somebody into a team. Anybody may be in several.

    Example: ./shuke team in 售后 li
    """
    agent = unicodedata.normalize("NFKC", agent)
    with open_store(options(context).settings()) as store:
        team = store.run_now(_in, name, agent)
    _tell(f"{agent} is in {team.name}, with {len(team.members) - 1} others")


def out(context: typer.Context, name: Name, agent: Agent) -> None:
    """Take somebody out of a team; what they have stays theirs, and what waits for the team goes on waiting.

    Example: ./shuke team out 售后 li
    """
    agent = unicodedata.normalize("NFKC", agent)
    with open_store(options(context).settings()) as store:
        team = store.run_now(_out, name, agent)
    left = "" if team.takers else "; nobody is left there who takes conversations"
    _tell(f"{agent} is no longer in {team.name}{left}")


def end(context: typer.Context, name: Name) -> None:
    """End a team; what waits for it waits for everybody, since when it did.

    Example: ./shuke team end 售后
    """
    with open_store(options(context).settings()) as store:
        called, opened = store.run_now(_end, name)
    _tell(f"{called} is no team any more; {opened} that waited for it wait for everybody now")


def _add(conn: Connection, name: str) -> TeamView:
    now = SystemClock().now()
    made = teams.make(conn, name, now=now)
    audit.record(conn, at=now, by=os_user(), action="add_team", team=made.name)
    return made


def _rename(conn: Connection, name: str, new: str) -> TeamView:
    before = teams.find(conn, name).name
    renamed = teams.rename(conn, name, new)
    audit.record(conn, at=SystemClock().now(), by=os_user(), action="rename_team", team=renamed.name, before=before)
    return renamed


def _in(conn: Connection, name: str, agent: str) -> TeamView:
    account = accounts.of(conn, agent)
    if account is None or account.disabled_at is not None:
        raise ShukeError(f"{agent} has no open account; shuke user list shows who has one")
    if account.role not in TAKERS:
        raise ShukeError(
            f"{agent} is {account.role} and takes no conversations; first: shuke user role {agent} {TAKERS[0]}"
        )
    now = SystemClock().now()
    team = teams.put_in(conn, name, agent, now=now)
    audit.record(conn, at=now, by=os_user(), action="put_into_team", team=team.name, name=agent)
    return team


def _out(conn: Connection, name: str, agent: str) -> TeamView:
    team = teams.take_out(conn, name, agent)
    audit.record(conn, at=SystemClock().now(), by=os_user(), action="take_out_of_team", team=team.name, name=agent)
    return team


def _end(conn: Connection, name: str) -> tuple[str, int]:
    now = SystemClock().now()
    called = teams.find(conn, name).name
    opened = teams.end(conn, name, by=os_user(), now=now)
    audit.record(conn, at=now, by=os_user(), action="end_team", team=called)
    return called, opened


def _tell(what: str) -> None:
    console.print(what, markup=False)
