"""What somebody who was born on 29 February answers when asked which day is kept in other years."""

from __future__ import annotations

import re
from typing import Any

from crm_store.birthdays import FEB29, is_leap_day
from crm_store.customers import Birthday

_BEFORE = re.compile(r"28|二十八|廿八|2\s*月|二月|feb|前|第一|first|former|day before|^\W*1\W*$", re.I)
_AFTER = re.compile(r"3\s*月|三月|mar|后|第二|second|latter|day after|^\W*2\W*$", re.I)


def asks_rule(born: Birthday | None) -> bool:
    """Return whether the customer has to be asked, since most years have no such day."""
    return born is not None and is_leap_day(born)


def rule_of(answer: Any) -> str | None:
    """Return the rule (``feb28`` or ``mar1``) that an answer means; None where it is none, and the usual one holds."""
    text = str(answer or "")
    if text in FEB29:
        return text
    before, after = _BEFORE.search(text) is not None, _AFTER.search(text) is not None
    if before == after:
        return None
    return "feb28" if before else "mar1"
