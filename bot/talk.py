"""All that a turn has to know of a customer's conversation, in one statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, text

from crm_store import outbox
from crm_store.conversations import conversations
from crm_store.customers import customers
from crm_store.identities import identities
from crm_store.merges import STANDING as IS_STANDING
from crm_store.merges import merges
from crm_store.prepared import Prepared
from crm_store.switches import switches
from crm_store.tickets import tickets

_LOAD = Prepared(
    select(
        identities.c.id.label("identity_id"), identities.c.channel, identities.c.user_id, identities.c.verified,
        identities.c.unreachable_since, identities.c.customer_id, identities.c.side,
        customers.c.name, customers.c.language, customers.c.timezone, customers.c.phone, customers.c.attributes,
        conversations.c.id, conversations.c.owner, conversations.c.state, conversations.c.turns,
        conversations.c.last_in_at,
        outbox.undelivered_to(identities.c.id).label("others_waiting"),
        exists().where(switches.c.name == text("'bot'")).label("paused"),
        exists()
        .where(tickets.c.customer_id == identities.c.customer_id, tickets.c.status == text("'open'"))
        .label("open_complaint"),
        exists().where(merges.c.survivor_id == identities.c.customer_id, IS_STANDING).label("is_merged"),
    )
    .select_from(identities)
    .join(customers, customers.c.id == identities.c.customer_id)
    .outerjoin(conversations, conversations.c.customer_id == identities.c.customer_id)
    .where(identities.c.channel == bindparam("channel"), identities.c.user_id == bindparam("user_id"))
)  # fmt: skip


def find(conn: Connection, channel: str, user_id: str) -> Any | None:
    """Return what is known of somebody on a channel; ``id``, of the conversation, is None where they have none."""
    return _LOAD.one_or_none(conn, {"channel": channel, "user_id": user_id})


def load(conn: Connection, channel: str, user_id: str) -> Any:
    """Return what is known of somebody who has written."""
    (who,) = _LOAD.all(conn, {"channel": channel, "user_id": user_id})
    return who
