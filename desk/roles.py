"""Who may do what at the desk: one table, asked by one dependency (`desk.access.May`)."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["agent", "supervisor", "marketer", "admin", "auditor"]
Action = Literal[
    "enter",
    "see_queue",
    "see_talk",
    "see_customer",
    "edit_customer",
    "merge",
    "export_customer",
    "erase_customer",
    "take",
    "reply",
    "note",
    "relabel",
    "return",
    "transfer",
    "snooze",
    "resolve",
    "see_mentions",
    "see_due",
    "see_all_due",
    "promise",
    "keep",
    "renegotiate",
    "withdraw",
    "done",
    "ask",
    "approve",
    "refuse",
    "see_care",
    "pause",
    "see_people",
    "see_audit",
]

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: tuple[Action, ...] = get_args(Action)

_CONVERSE: frozenset[Action] = frozenset(
    {"enter", "see_queue", "see_talk", "see_customer", "edit_customer", "take", "reply", "note", "relabel", "return",
     "transfer", "snooze", "resolve", "see_mentions", "see_due", "promise", "keep", "renegotiate", "withdraw", "done",
     "ask"}
)  # fmt: skip
_LEAD: frozenset[Action] = _CONVERSE | {
    "merge", "export_customer", "erase_customer", "see_all_due", "approve", "refuse", "see_care", "pause", "see_audit",
}  # fmt: skip
_LOOK: frozenset[Action] = frozenset(
    {"enter", "see_queue", "see_talk", "see_customer", "see_due", "see_all_due", "see_care", "see_people", "see_audit"}
)

MATRIX: dict[Role, frozenset[Action]] = {
    "agent": _CONVERSE,
    "supervisor": _LEAD,
    "marketer": frozenset({"enter", "see_customer", "see_care"}),
    "admin": _LEAD | {"see_people"},
    "auditor": _LOOK,
}
"""A role may do what stands here, and nothing else."""


def may(role: str, action: Action) -> bool:
    """Return whether somebody in this role may do it; an unknown role may do nothing."""
    return any(action in allowed for name, allowed in MATRIX.items() if name == role)
