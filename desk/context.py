"""What every page of the desk works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from zoneinfo import ZoneInfo

from bot.forgetting import Forgetting
from bot.ports import Capabilities
from care.policy import Policy
from crm_store.desk_hours import DeskHours
from crm_store.ports import Clock, Ids
from crm_store.precedence import Precedence
from crm_store.sign_ins import Limits
from crm_store.unit_of_work import Store
from desk.live import Live
from desk.passwords import Passwords
from nlu.intents import intent_names


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk: where it keeps things, what time it is, and how it was set up."""

    store: Store
    clock: Clock
    ids: Ids
    chance: Random
    passwords: Passwords
    live: Live
    policy: Policy
    zone: ZoneInfo
    region: str
    """In which country a phone is read that names none (ISO 3166)."""
    language: str
    """That of a browser that likes none of ours."""
    hours: DeskHours
    limits: Limits
    order: Precedence
    channels: Mapping[str, Capabilities]
    """What the ways to customers take, by their names."""
    https: bool
    forgetting: Forgetting
    intents: tuple[str, ...] = field(default_factory=intent_names)
    """What a message can mean."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in in the browser that asks."""

    name: str
    role: str
    token: str
    csrf: str
    """What every form of theirs has to bring along."""
    form: Mapping[str, str]
    """What they posted; empty where they only look."""

    @property
    def owner(self) -> str:
        """How a conversation of theirs is marked, and what they do is signed."""
        return f"agent:{self.name}"
