"""Teams of agents: a conversation may wait for one, and a note may call one.

A team's name is one word or several, as where it has one in each language
(``售后 After-sales``): each of the words calls it, and so it belongs to no other team
and to no agent.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import agents, handoffs
from crm_store.accounts import accounts
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.errors import NotAllowed

TAKERS = ("agent", "supervisor", "admin")
"""Roles of the desk that take conversations over."""
LONGEST_NAME = 64
"""Characters."""
_WORD = re.compile(r"[\w.-]+")
_RUNNING = text("ended_at IS NULL")


class Team(Base):
    """Some agents who do the same work; one that has ended is kept for what its number stands in."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("uq_teams_running", "name", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),)


class TeamMember(Base):
    """One agent in one team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(Counting, ForeignKey("teams.id"), primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.name"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_team_members_agent", "agent"),)


teams = table_of(Team)
team_members = table_of(TeamMember)

_ALL = (
    select(teams.c.id, teams.c.name, team_members.c.agent, agents.agents.c.role, accounts.c.disabled_at)
    .outerjoin(team_members, team_members.c.team_id == teams.c.id)
    .outerjoin(agents.agents, agents.agents.c.name == team_members.c.agent)
    .outerjoin(accounts, accounts.c.name == team_members.c.agent)
    .where(teams.c.ended_at.is_(None))
    .order_by(teams.c.name, team_members.c.agent)
)
_NAME = select(teams.c.name).where(teams.c.id == bindparam("key"), teams.c.ended_at.is_(None))
_AGENTS = select(agents.agents.c.name)
_MAKE = insert(teams)
_RENAME = update(teams).where(teams.c.id == bindparam("key")).values(name=bindparam("new"))
_END = update(teams).where(teams.c.id == bindparam("key")).values(ended_at=bindparam("now"))
_PUT_IN = upsert(team_members).on_conflict_do_nothing(index_elements=["team_id", "agent"])
_TAKE_OUT = delete(team_members).where(
    team_members.c.team_id == bindparam("of"), team_members.c.agent == bindparam("who")
)
_EMPTY = delete(team_members).where(team_members.c.team_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as others see it."""

    id: int
    name: str
    members: tuple[str, ...]
    """Whoever is in it, by name."""
    takers: tuple[str, ...]
    """Those of them who may take a conversation today: their account is open, and of a role that does."""

    @property
    def words(self) -> tuple[str, ...]:
        """What calls the team in a note."""
        return tuple(self.name.split())


def everyone(conn: Connection) -> list[TeamView]:
    """Return the teams there are, by name."""
    names: dict[int, str] = {}
    members: defaultdict[int, list[str]] = defaultdict(list)
    takers: defaultdict[int, list[str]] = defaultdict(list)
    for row in conn.execute(_ALL):
        names[row.id] = row.name
        if row.agent is not None:
            members[row.id].append(row.agent)
            if row.disabled_at is None and row.role in TAKERS:
                takers[row.id].append(row.agent)
    return [TeamView(key, name, tuple(members[key]), tuple(takers[key])) for key, name in names.items()]


def name_of(conn: Connection, key: int | None) -> str | None:
    """Return what a team is called by its id; None of one that is no more."""
    found: str | None = conn.execute(_NAME, {"key": key}).scalar_one_or_none() if key is not None else None
    return found


def of_agent(conn: Connection, agent: str) -> list[TeamView]:
    """Return the teams that an agent is in, by name."""
    return [one for one in everyone(conn) if agent in one.members]


def find(conn: Connection, name: str) -> TeamView:
    """Return the team of this name, or that one of its words calls.

    Raises:
        NotAllowed: there is none.
    """
    wanted = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    for one in everyone(conn):
        if wanted == one.name.casefold() or wanted in (word.casefold() for word in one.words):
            return one
    raise NotAllowed(f"{name}: there is no such team; shuke team list shows those there are", code="no_team", name=name)


def make(conn: Connection, name: str, *, now: datetime) -> TeamView:
    """Make a team, which has nobody in it yet.

    Raises:
        NotAllowed: the name is none, or one of its words calls somebody else.
    """
    kept = _free(conn, name, but=None)
    conn.execute(_MAKE, {"name": kept, "created_at": now, "ended_at": None})
    return find(conn, kept)


def rename(conn: Connection, name: str, new: str) -> TeamView:
    """Call a team something else; who is in it and what waits for it stay.

    Raises:
        NotAllowed: there is no such team, the new name is none, or one of its words calls somebody else.
    """
    team = find(conn, name)
    kept = _free(conn, new, but=team.id)
    conn.execute(_RENAME, {"key": team.id, "new": kept})
    return find(conn, kept)


def end(conn: Connection, name: str, *, by: str, now: datetime) -> int:
    """End a team; return how many conversations waited for it, and wait for everybody from now on.

    Raises:
        NotAllowed: there is no such team.
    """
    team = find(conn, name)
    conn.execute(_EMPTY, {"of": team.id})
    conn.execute(_END, {"key": team.id, "now": now})
    return handoffs.open_to_all(conn, team.id, team.name, by=by, now=now)


def put_in(conn: Connection, name: str, agent: str, *, now: datetime) -> TeamView:
    """Put an agent into a team; who is in it stays in it.

    Raises:
        NotAllowed: there is no such team, or no such agent.
    """
    team = find(conn, name)
    if not agents.is_known(conn, agent):
        raise NotAllowed(f"{agent}: there is no such agent; shuke user list shows who has an account")
    conn.execute(_PUT_IN, {"team_id": team.id, "agent": agent, "since": now})
    return find(conn, team.name)


def take_out(conn: Connection, name: str, agent: str) -> TeamView:
    """Take an agent out of a team; what waits for the team goes on waiting for it.

    Raises:
        NotAllowed: there is no such team, or they are not in it.
    """
    team = find(conn, name)
    if agent not in team.members:
        raise NotAllowed(f"{agent} is not in {team.name}; shuke team list shows who is")
    conn.execute(_TAKE_OUT, {"of": team.id, "who": agent})
    return find(conn, team.name)


def called_by(conn: Connection, word: str) -> TeamView | None:
    """Return the team that a word calls, or None."""
    return next((one for one in everyone(conn) if word.casefold() in map(str.casefold, one.words)), None)


def _free(conn: Connection, name: str, *, but: int | None) -> str:
    """Return a name as it is kept, where nobody else is called by a word of it."""
    kept = " ".join(unicodedata.normalize("NFKC", name).split())
    words = kept.split()
    if not words or len(kept) > LONGEST_NAME or not all(map(_WORD.fullmatch, words)):
        raise NotAllowed(
            f"{name}: a team's name is one word or several of letters, digits, and . _ -,"
            f" {LONGEST_NAME} characters in all, such as 售后 After-sales"
        )
    folded = {word.casefold() for word in words}
    for other in everyone(conn):
        if other.id != but:
            _apart(folded, other.words, f"the team {other.name}")
    for agent in conn.execute(_AGENTS).scalars():
        _apart(folded, [agent], "an agent")
    return kept


def _apart(folded: set[str], taken: Sequence[str], whose: str) -> None:
    for word in taken:
        if word.casefold() in folded:
            raise NotAllowed(f"{word} is what calls {whose} in notes; give the team another name")
