"""What people add to a customer's record, and take from it: one route a step, each one audited transaction."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import (
    audit,
    consents,
    customers,
    facets,
    identities,
    learning,
    memory,
    opportunities,
    related,
    stages,
    tags,
)
from crm_store.errors import NotAllowed
from crm_store.memory import Said
from crm_store.memory_kinds import KINDS, LONGEST_VALUE
from desk.access import May
from desk.context import Desk, Visitor
from desk.customers import keeping
from desk.errors import Refused
from desk.pages import Pages, sent_to
from desk.roles import may

LONGEST_PROOF = 500
_SURE = 0.9
"""How sure we are of what a colleague writes down."""

Step = Callable[[Connection, Desk, Visitor, str], None]


def remembering(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add a route for each step."""
    for name, step in STEPS.items():
        _add(desk, router, name, step)


def shown(conn: Connection, desk: Desk, visitor: Visitor, row: Any) -> dict[str, Any]:
    """Return what the customer's page shows of all this; what is sensitive only to who may change it."""
    key, now = str(row.id), desk.clock.now()
    facts = memory.known(conn, key, now)
    if not may(visitor.role, "edit_customer"):
        facts = [one for one in facts if not one.sensitive]
    told_of = related.every(conn, key)
    people = related.each_once(told_of)
    return {
        "tags": tags.of_customer(conn, key),
        "stage": row.stage,
        "next_stages": stages.next_of(row.stage),
        "people": people,
        "names": {one.id: one.name or "" for one in told_of},
        "relations": related.RELATIONS,
        "facts": facts,
        "sure_enough": memory.SURE_ENOUGH,
        "fact_kinds": tuple(KINDS),
        "deals": [(one, opportunities.STEPS[one.stage]) for one in opportunities.of_customer(conn, key)],
        "currency": desk.order.currency,
        "facets": facets.of_customer(conn, key, now=now),
        "proofs": consents.proofs(conn, key)[::-1],
        "purposes": consents.EVERY,
    } | keeping.shown(conn, row)


def _add(desk: Desk, router: APIRouter, name: str, step: Step) -> None:
    async def do(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "edit_customer"))
    ) -> Response:
        await desk.store.run(_take, desk, visitor, customer_id, name, step)
        return sent_to(request, f"/desk/customers/{customer_id}#remembered")

    router.add_api_route(f"/customers/{{customer_id}}/{name}", do, methods=["POST"], name=name)


def _take(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str, name: str, step: Step) -> None:
    customers.hold(conn, customer_id)
    if customers.by_id(conn, customer_id) is None:
        raise Refused(404, "no_customer")
    step(conn, desk, visitor, customer_id)
    audit.record(
        conn, at=desk.clock.now(), by=visitor.owner, action="edit_customer", customer_id=customer_id, what=name
    )


def _tag(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    try:
        tags.add(conn, key, visitor.form.get("tag", ""), now=desk.clock.now(), by=visitor.owner)
    except ValueError:
        raise Refused(422, "no_tag", most=tags.LONGEST, count=tags.MOST) from None


def _untag(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    if not tags.remove(conn, key, visitor.form.get("tag", ""), now=desk.clock.now(), by=visitor.owner):
        raise Refused(409, "gone_already")


def _stage(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    to = visitor.form.get("to", "")
    try:
        stages.move(conn, key, to, why=_why(visitor), now=desk.clock.now(), by=visitor.owner)
    except NotAllowed:
        raise Refused(409, "no_such_stage", stage=to) from None


def _person(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    form = visitor.form
    try:
        related.add(
            conn, key, form.get("relation", ""), _said(visitor), now=desk.clock.now(), ids=desk.ids,
            name=form.get("name"), note=form.get("note"),
        )  # fmt: skip
    except ValueError:
        raise Refused(422, "no_person", most=related.LONGEST_NOTE) from None


def _no_person(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    if not related.remove(conn, key, visitor.form.get("person", ""), _said(visitor), now=desk.clock.now()):
        raise Refused(409, "gone_already")


def _fact(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    about = visitor.form.get("about") or None
    if about is not None and all(one.id != about for one in related.of_customer(conn, key)):
        raise Refused(409, "gone_already")
    try:
        learned = memory.learn(
            conn, key, visitor.form.get("kind", ""), visitor.form.get("value", ""), _said(visitor),
            confidence=_SURE, now=desk.clock.now(), ids=desk.ids, about=about,
        )  # fmt: skip
    except ValueError:
        raise Refused(422, "no_fact", most=LONGEST_VALUE) from None
    if learned.outcome == "pending":
        raise Refused(409, "needs_leave")


def _forget(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    if not memory.forget(conn, key, visitor.form.get("fact", ""), _said(visitor), now=desk.clock.now()):
        raise Refused(409, "gone_already")


def _deal(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    form = visitor.form
    try:
        value = Decimal(form.get("value", ""))
        opportunities.open_one(
            conn, key, form.get("title", ""), value, form.get("currency", ""), now=desk.clock.now(),
            by=visitor.owner, ids=desk.ids, owner=visitor.name,
        )  # fmt: skip
    except (ValueError, InvalidOperation):
        raise Refused(422, "no_deal") from None


def _move_deal(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    form = visitor.form
    try:
        likely = int(form["probability"]) if form.get("probability") else None
        opportunities.move(
            conn, key, form.get("deal", ""), form.get("to", ""), now=desk.clock.now(), by=visitor.owner,
            why=_why(visitor), probability=likely,
        )  # fmt: skip
    except NotAllowed:
        raise Refused(409, "no_such_deal", deal=form.get("to", "")) from None
    except LookupError:
        raise Refused(409, "gone_already") from None
    except ValueError:
        raise Refused(422, "no_deal") from None


def _consent(conn: Connection, desk: Desk, visitor: Visitor, key: str) -> None:
    form, now = visitor.form, desk.clock.now()
    purpose, only_on, words = form.get("purpose", ""), form.get("channel") or None, form.get("words", "").strip()
    theirs = {one.channel for one in identities.of_customer(conn, key)}
    if purpose not in consents.EVERY or form.get("value") not in ("yes", "no") or (only_on and only_on not in theirs):
        raise Refused(422, "form")
    if not words or len(words) > LONGEST_PROOF:
        raise Refused(422, "no_proof", most=LONGEST_PROOF)
    if purpose == consents.LEARNING:
        learning.say(
            conn, key, form["value"] == "yes", evidence=visitor.owner, by=visitor.owner, now=now, words=words
        )  # fmt: skip
        return
    if purpose == consents.SENSITIVE:
        only_on = None  # what is kept is kept, whichever way it came
    if purpose == consents.SENSITIVE and form["value"] == "no":
        said = Said(visitor.owner, words, by=visitor.owner)
        memory.withdraw_sensitive(conn, key, said, now=now)
        return
    consents.set_consent(
        conn, key, purpose, form["value"] == "yes", now=now, evidence=visitor.owner, by=visitor.owner,
        only_on=only_on, words=words,
    )  # fmt: skip


def _said(visitor: Visitor) -> Said:
    return Said(visitor.owner, by=visitor.owner)


def _why(visitor: Visitor) -> str | None:
    return visitor.form.get("why", "").strip()[:LONGEST_PROOF] or None


STEPS: dict[str, Step] = {
    "owner": keeping.owner,
    "attribute": keeping.attribute,
    "tag": _tag,
    "untag": _untag,
    "stage": _stage,
    "add-person": _person,
    "remove-person": _no_person,
    "learn": _fact,
    "forget": _forget,
    "open-deal": _deal,
    "move-deal": _move_deal,
    "consent": _consent,
}
