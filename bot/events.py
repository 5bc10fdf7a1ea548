"""What reaches us beside words: a verified contact, somebody who follows or leaves, a receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.messages import Inbound
from crm_store import identities, link_tokens, linking, outbox
from crm_store.phones import e164

GONE = ("blocked", "unfollow")
RECEIPTS = ("delivered", "read", "clicked")


def apply(conn: Connection, inbound: Inbound, *, region: str, now: datetime) -> dict[str, Any] | None:
    """Let the store know; return what it is about, for the history.

    A contact is the platform's word for the customer's own phone, and links the
    identity with the customer on file; a number that is none changes nothing. So does
    a one-time link, unless it is over. A receipt is about the message that it names, or the last one sent; one for
    somebody else's message is about nothing.
    """
    identity = identities.find(conn, inbound.channel, inbound.user_id)
    if identity is None:
        return None
    if inbound.kind == "contact" and (phone := e164(inbound.contact_phone or "", region)) is not None:
        linking.link_phone(conn, identity, phone, now=now)
    if inbound.event == "link" and isinstance(token := inbound.data.get("token"), str):
        link_tokens.redeem(conn, identity, token, now=now)
    if inbound.event in GONE:
        identities.mark_unreachable(conn, identity.id, now)
    if inbound.event not in RECEIPTS:
        return None
    named = inbound.data.get("message")
    message = outbox.by_ref(conn, named) if named else outbox.last_sent(conn, identity.id)
    return {"message": message.ref} if message is not None and message.identity_id == identity.id else None
