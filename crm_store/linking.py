"""One customer behind several identities: what a verified phone or the shop's own list proves.

An identity that nobody vouched for belongs to a customer of its own. When it is
proved to be somebody the shop knows, that stranger's record and everything that
hangs on it move to the known customer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, update

from crm_store import customers, history, identities, profile
from crm_store.errors import ChangedMeanwhile
from crm_store.joining import follow
from crm_store.merging import merge
from crm_store.origins import bringing

SAID = ("contact", "link", "email")
"""Evidence that comes with a message of the identity itself, in its own turn."""
_GIVE = (
    update(identities.identities)
    .where(identities.identities.c.id == bindparam("key"))
    .values(customer_id=bindparam("known"), side=None)
)
_VERIFY = (
    update(identities.identities)
    .where(identities.identities.c.id == bindparam("key"))
    .values(verified=True, evidence=bindparam("evidence"))
)


def link_phone(conn: Connection, identity: Any, phone: str, *, now: datetime) -> str:
    """The platform vouches that this identity has the phone (E.164): link it to the customer on file.

    Where nobody has that phone, or only by their own word, the stranger becomes known by it. Returns the id of
    the customer that the identity belongs to from now on.
    """
    known = customers.by_phone(conn, phone)
    row = customers.by_id(conn, identity.customer_id)
    if row is not None and customers.is_unproved(row, phone):
        profile.mark_proved(conn, row)
    if known is None:
        known = identity.customer_id
        if row is not None and row.phone is None:
            with bringing(identity.side):
                customers.change(conn, known, phone=phone)
    return link(conn, identity, known, evidence="contact", now=now)


def link(conn: Connection, identity: Any, known: str, *, evidence: str, now: datetime) -> str:
    """Give an identity to the customer ``known`` as verified, with all that its stranger had.

    A customer that the shop knows by number is never emptied: where the identity
    belongs to one already, it alone moves, and the talk goes with it.

    Raises:
        ChangedMeanwhile: one of them has become somebody else at the same moment.
    """
    merged = {}
    speaks = evidence in SAID
    if identity.verified and identity.customer_id == known:
        return known
    if identity.customer_id != known:
        customers.hold(conn, identity.customer_id, known)
        present = identities.find(conn, identity.channel, identity.user_id)
        if present is None or present.customer_id != identity.customer_id or customers.by_id(conn, known) is None:
            raise ChangedMeanwhile("the identity has been given to another customer at the same moment")
        former = customers.by_id(conn, identity.customer_id)
        if former is not None and former.customer_no is None:
            proved = {
                "identity": identity.id, "verified": bool(identity.verified), "evidence": identity.evidence,
                "by": evidence,
            }  # fmt: skip
            number = merge(
                conn, former.id, known, evidence=evidence, by="system", now=now, speaks=speaks,
                marks={"proved": proved},
            )  # fmt: skip
            merged = {"merge": number}
        else:
            conn.execute(_GIVE, {"key": identity.id, "known": known})
            follow(conn, identity.id, identity.customer_id, known, speaks=speaks)
    conn.execute(_VERIFY, {"key": identity.id, "evidence": evidence})
    history.record(
        conn, at=now, kind="identity.linked", by="system", customer_id=known, identity_id=identity.id,
        channel=identity.channel, data={"channel": identity.channel, "evidence": evidence, **merged},
    )  # fmt: skip
    return known
