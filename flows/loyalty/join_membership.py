"""Joining the club: what is known is not asked, consents are asked for one by one, and each step is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import consents, customers, funnels, identities, membership
from crm_store.membership import Enrolment
from crm_store.memory import Said
from flows.actions import ActionContext, action
from flows.engine.values import word
from flows.leap_days import asks_rule, rule_of
from flows.loyalty.birthdays import meant, readings, shown


@action("join_state", gives=("outcome", "has_phone", "has_birthday", "has_care", "has_marketing"), only_reads=True)
def join_state(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``member``, ``new``, or ``prove`` where it is open whose record it is; and what is known."""
    if not is_their_own(context):
        nothing = dict.fromkeys(("has_phone", "has_birthday", "has_care", "has_marketing"), False)
        return nothing | {"outcome": "prove"}
    row: Any = customers.by_id(context.conn, context.customer_id)
    agreed = consents.of_customer(context.conn, context.customer_id)
    return {
        "outcome": "member" if row.member else "new",
        "has_phone": row.phone is not None,
        "has_birthday": customers.birthday_of(row) is not None,
        "has_care": agreed["care"],
        "has_marketing": agreed["marketing"],
    }


@action("join_step", takes={"step": membership.STEPS})
def join_step(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Count that the customer has come to the ``step``."""
    funnels.reach(
        context.conn, context.customer_id, membership.FUNNEL, str(args["step"]), now=context.now,
        conversation_id=context.conversation_id, channel=context.channel,
    )  # fmt: skip
    return {}


@action("read_birthday", gives=("birthday_is", "first_day", "second_day", "asks_rule"), only_reads=True)
def read_birthday(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``birthday_is``: ``clear``, ``open`` with the two days that it may be, ``impossible``, or ``untold``.

    ``asks_rule`` is whether it is 29 February, which is kept by its owner's own rule in other years.
    """
    value = args.get("birthday")
    nothing = {"first_day": None, "second_day": None, "asks_rule": False}
    if not value:
        return nothing | {"birthday_is": "untold"}
    days = readings(value)
    if not days:
        return nothing | {"birthday_is": "impossible"}
    if (born := meant(days, args.get("which_day"))) is not None:
        return nothing | {"birthday_is": "clear", "asks_rule": asks_rule(born)}
    return nothing | {"birthday_is": "open", "first_day": shown(days[0]), "second_day": shown(days[1])}


@action("read_back", gives=("care_word", "marketing_word"), may_give=("phone_shown", "birthday_shown"), only_reads=True)
def read_back(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the customer joins with, to be confirmed: of a phone the last four digits alone."""
    row: Any = customers.by_id(context.conn, context.customer_id)
    agreed = consents.of_customer(context.conn, context.customer_id)
    phone = _typed_phone(args) or row.phone
    born = meant(readings(args.get("birthday")), args.get("which_day")) or customers.birthday_of(row)
    return {
        "phone_shown": phone[-4:] if phone else None,
        "birthday_shown": shown(born) if born is not None else None,
        "care_word": _yes_or_no(args.get("care", agreed["care"])),
        "marketing_word": _yes_or_no(args.get("marketing", agreed["marketing"])),
    }


@action("join_club", gives=("joined", "unproved"), may_give=("phone_shown",))
def join_club(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make the customer a member; ``unproved`` where their phone is only their word. False where they are one."""
    if not is_their_own(context):
        return {"joined": False, "unproved": False}
    phone = _typed_phone(args)
    born = meant(readings(args.get("birthday")), args.get("which_day"))
    told = Enrolment(
        phone,
        born,
        {purpose: args[purpose] is True for purpose in ("care", "marketing") if args.get(purpose) is not None},
        rule_of(args.get("kept_on")) if asks_rule(born) else None,
    )
    said = Said(context.message, conversation_id=context.conversation_id, channel=context.channel)
    joined = membership.join(context.conn, context.customer_id, told, said, now=context.now)
    row: Any = customers.by_id(context.conn, context.customer_id)
    return {"joined": joined, "unproved": phone is not None and customers.is_unproved(row, phone)}


def is_their_own(context: ActionContext) -> bool:
    """Return whether nobody else can be behind this record: it is verified, or this talk made it."""
    if context.verified:
        return True
    row: Any = customers.by_id(context.conn, context.customer_id)
    return row.customer_no is None and len(identities.of_customer(context.conn, context.customer_id)) == 1


def _typed_phone(args: Mapping[str, Any]) -> str | None:
    """Return a phone that was typed; one that the platform vouched for is on file already."""
    phone = args.get("phone")
    return phone if isinstance(phone, str) else None


def _yes_or_no(agreed: Any) -> Mapping[str, Any]:
    return word("agreed", "yes" if agreed is True else "no")
