"""What flows can have done: the registry of actions, and what an action is given.

An action is a plain function of the context and the flow's slots. It has effects in
the turn's own transaction alone, returns JSON, and never waits for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from crm_store.desk_hours import DeskHours
from crm_store.loyalty import Loyalty
from crm_store.ports import Ids
from flows.engine.heard import Act, Heard
from flows.knowledge.base import Knowledge
from flows.settings import FlowSettings


@dataclass(frozen=True, slots=True)
class ActionContext:
    """The turn that an action belongs to."""

    conn: Connection
    now: datetime
    ids: Ids
    customer_id: str
    identity_id: str
    conversation_id: str
    channel: str
    verified: bool
    """The identity belongs to this customer for certain."""
    language: str
    zone: str
    heard: Heard
    """What the customer said or pressed, and what it was understood to mean."""
    message: str
    """The reference of the message: what is learnt or agreed to in it names it as its source."""
    settings: FlowSettings
    """What the shop has decided about its flows."""
    loyalty: Loyalty
    """What orders earn and which tier they make, in the shop's currency."""
    knowledge: Knowledge
    """What the shop has written down for its customers."""
    desk: DeskHours
    """When people answer: no promise may fall where nobody is there."""
    record: Callable[[str, Mapping[str, Any]], None]
    """Append an event to the history, in the same transaction."""

    @property
    def text(self) -> str:
        """The message as typed; empty for a pressed button."""
        return self.heard.text


Action = Callable[[ActionContext, Mapping[str, Any]], Mapping[str, Any]]


Sells = Literal["asked", "unasked"]


@dataclass(frozen=True, slots=True)
class RegisteredAction:
    """An action with the names that its result has, and may have.

    ``gives`` are those with a value in every outcome that a flow goes on to tell;
    what is now and then unknown, such as a tracking number, is in ``may_give``.
    """

    name: str
    run: Action
    gives: frozenset[str]
    may_give: frozenset[str]
    only_reads: bool = False
    """Nothing is written, so what the turn has to record can wait until later."""
    promises: bool = False
    """It enters what the replies behind it promise."""
    irreversible: bool = False
    """It cannot be taken back: the customer has to have said yes to it."""
    outcomes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """All the values that a name of the result can have, where they are few; conditions may ask for no other."""
    takes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """All the values that an argument can have, where they are few; flows may give no other."""
    meant: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What an argument has to be in a flow that one of these intents starts."""
    needs_proof: bool = False
    """It is for who has proved who they are: no flow comes here before that."""
    sells: Sells | None = None
    """It picks what is offered ``unasked``, or recommended where that is ``asked`` for; see `flows.proving.selling`."""


class Actions(dict[str, RegisteredAction]):
    """The actions by name."""

    def run(self, act: Act, context: ActionContext) -> Mapping[str, Any]:
        """Do what the engine asked for and return the result."""
        return self[act.name].run(context, act.args)


REGISTERED = Actions()
"""Every action of the modules imported so far; `flows.standard` imports them all."""


def action(
    name: str,
    *,
    gives: tuple[str, ...] = (),
    may_give: tuple[str, ...] = (),
    only_reads: bool = False,
    promises: bool = False,
    irreversible: bool = False,
    outcomes: Mapping[str, tuple[Any, ...]] | None = None,
    takes: Mapping[str, tuple[Any, ...]] | None = None,
    meant: Mapping[str, Mapping[str, Any]] | None = None,
    needs_proof: bool = False,
    sells: Sells | None = None,
) -> Callable[[Action], Action]:
    """Register the function below under ``name``, as flows call it."""

    def register(function: Action) -> Action:
        if name in REGISTERED:
            raise ValueError(f'there are two actions "{name}"; rename one')
        REGISTERED[name] = RegisteredAction(
            name, function, frozenset(gives), frozenset(may_give), only_reads, promises, irreversible,
            outcomes or {}, takes or {}, meant or {}, needs_proof, sells,
        )  # fmt: skip
        return function

    return register
