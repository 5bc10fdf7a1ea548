"""The part of a customer's page that has their promises, tasks and approvals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from crm_store import tickets
from desk.due.listing import of_customer

MOST = 30
"""Of each; the timeline has all that was done with them."""


def promised(conn: Connection, customer_id: str) -> dict[str, Any]:
    """Return what that part is filled with."""
    return {
        "customer_id": customer_id,
        "items": of_customer(conn, customer_id, most=MOST),
        "open_cases": [one.number for one in tickets.of_customer(conn, customer_id) if one.status == "open"],
    }
