"""What reaches us beside words: a verified contact, somebody who follows or leaves, a receipt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.messages import Inbound
from crm_store import history, identities, linking, outbox
from crm_store.phones import e164

GONE = ("blocked", "unfollow")
RECEIPTS = ("delivered", "read", "clicked")


def apply(conn: Connection, inbound: Inbound, *, region: str, now: datetime) -> bool:
    """Let the store know; return whether anything was made of it.

    A contact is the platform's word for the customer's own phone, and links the
    identity with the customer on file. A number that is none changes nothing.
    """
    identity = identities.find(conn, inbound.channel, inbound.user_id)
    if identity is None:
        return False
    if inbound.kind == "contact":
        phone = e164(inbound.contact_phone or "", region)
        if phone is None:
            return False
        linking.link_phone(conn, identity, phone, now=now)
        return True
    if inbound.event in GONE:
        identities.mark_unreachable(conn, identity.id, now)
    about = inbound.data.get("message")
    if inbound.event in RECEIPTS:
        message = outbox.by_ref(conn, about) if about else outbox.last_sent(conn, identity.id)
        if message is None or message.identity_id != identity.id:
            return False
        about = message.ref
    history.record(
        conn, at=now, kind=f"channel.{inbound.event}", by="customer", customer_id=identity.customer_id,
        identity_id=identity.id, channel=inbound.channel, data={"message": about} if about else None,
    )  # fmt: skip
    return True
