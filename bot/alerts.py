"""What people of the shop should know of at once, whoever has the conversation: threats, and talk of competitors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.journal import Journal
from crm_store import history
from nlu.entities.folding import fold
from nlu.understanding import Understanding

RAISED = "alert.raised"
A_TALK = timedelta(hours=24)
"""An alert is raised once in so long; what comes later is another talk."""
SEARCHED = 1000
"""Characters of a message in which a competitor is looked for."""
_THREATS = ("threat", "violence")
_OTHERS = re.compile(
    r"(?:去|到|找|换|在|看|比)别的?家|别家|其他(?:家|店|商家|平台|牌子)|另一家|隔壁(?:家|店)|同行|竞品|竞争对手"
    r"|(?<![a-z])(?:competitors?|(?:an)?other (?:shops?|stores?|sellers?|brands?|companies|company)|somewhere else"
    r"|elsewhere)(?![a-z])"
)


def raise_alerts(
    conn: Connection, customer_id: str, understood: Understanding, journal: Journal, competitors: Sequence[str],
    now: datetime,
) -> None:  # fmt: skip
    """Record ``alert.raised`` with its kind, ``threat``, ``violence`` or ``competitor``, once a talk each."""
    found: dict[str, dict[str, Any]] = {
        one.matter: {"words": list(one.words)} for one in understood.sensitive if one.matter in _THREATS
    }
    plain = fold(understood.text[:SEARCHED])
    named = next((name for name in competitors if fold(name) in plain), None)
    if named is not None or _OTHERS.search(plain):
        found["competitor"] = {} if named is None else {"name": named}
    if not found:
        return
    lately = history.newest(conn, customer_id, [RAISED], most=10)
    raised = {entry.data["kind"] for entry in lately if entry.at > now - A_TALK}
    for kind, more in found.items():
        if kind not in raised:
            journal.add(RAISED, "bot", {"kind": kind, **more})
