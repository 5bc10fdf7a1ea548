"""Whether PostgreSQL is there at all, which is another thing than whether it lets us in."""

from __future__ import annotations

from crm_store.engines import driver_url

_WITHIN = "5"
"""Seconds."""


def is_away(url: str) -> bool:
    """Return whether no PostgreSQL takes connections at ``url``: it is down, starting, stopping, or cannot be reached.

    A wrong password or an unknown database is an answer of one that is there.
    """
    from psycopg.pq import PGconn, Ping  # where there is no PostgreSQL it need not be there

    asked = driver_url(url).set(drivername="postgresql").update_query_dict({"connect_timeout": _WITHIN})
    answer = PGconn.ping(asked.render_as_string(hide_password=False).encode())
    return answer in (Ping.REJECT, Ping.NO_RESPONSE)
