"""Who says when to be called, and why not now, tells of themselves and asks for nothing."""

from __future__ import annotations

import pytest

from nlu.facts_said import tells_only


@pytest.mark.parametrize(
    "text",
    ["call me after six please, i work days", "Please call me in the evening, I'm at work until then",
     "我白天上班，六点后打给我", "下午别打电话，我在上课"],
)  # fmt: skip
def test_why_somebody_is_called_then_is_no_wish(text: str) -> None:
    assert tells_only(text, {"contact_time"})


@pytest.mark.parametrize(
    "text", ["call me after six please, i need a refund", "我白天上班，你们几点开门", "六点后打给我，我要投诉"]
)
def test_what_is_wanted_beside_it_is_one(text: str) -> None:
    assert not tells_only(text, {"contact_time"})
