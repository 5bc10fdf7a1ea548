"""What becomes of each kind of update; the updates are in `payloads/`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.inbound import MalformedUpdate, read_update

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.json"))
ACCOUNT = "7000000001"


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.stem)
def test_an_update_becomes_what_its_payload_says(payload: Path) -> None:
    case = json.loads(payload.read_text(encoding="utf-8"))
    expected: dict[str, Any] | None = case["inbound"]

    inbound = read_update(case["update"], ACCOUNT)

    if expected is None:
        assert inbound is None
        return
    assert inbound is not None
    assert (inbound.channel, inbound.account) == ("telegram", ACCOUNT)
    if expected.get("sent_at"):
        expected["sent_at"] = datetime.fromisoformat(expected["sent_at"])
    assert {name: getattr(inbound, name) for name in expected} == expected


MALFORMED: list[Any] = [
    None,
    [],
    "text",
    {},
    {"update_id": 1, "message": "hello"},
    {"update_id": 1, "message": {"message_id": 1}},
    {"update_id": 1, "message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}}},
    {"update_id": 1, "message": {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}}},
    {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": 1, "type": "private"},
            "from": {"id": 1, "is_bot": False, "first_name": "A"},
            "text": 17,
        },
    },
    {"update_id": 1, "callback_query": {"id": "secret words"}},
]


@pytest.mark.parametrize("raw", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_update_is_refused_without_being_quoted(raw: object) -> None:
    with pytest.raises(MalformedUpdate) as refusal:
        read_update(raw, ACCOUNT)

    assert "secret words" not in str(refusal.value)
    assert refusal.value.__cause__ is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_WHOLE = [json.loads(payload.read_text(encoding="utf-8"))["update"] for payload in PAYLOADS]


@given(st.data())
def test_an_update_with_any_one_part_replaced_is_read_or_refused(data: st.DataObject) -> None:
    update = json.loads(json.dumps(data.draw(st.sampled_from(_WHOLE))))
    parent, part = update, data.draw(st.sampled_from(sorted(update)))
    while isinstance(parent[part], dict) and parent[part] and data.draw(st.booleans()):
        parent = parent[part]
        part = data.draw(st.sampled_from(sorted(parent)))
    parent[part] = data.draw(_json)

    try:
        inbound = read_update(update, ACCOUNT)
    except MalformedUpdate:
        return

    if inbound is not None:
        # What comes through can be stored: no NUL, no half surrogate, JSON alone.
        shown = json.dumps([inbound.user_id, inbound.text, inbound.payload, inbound.data], allow_nan=False)
        assert "\\u0000" not in shown
        f"{inbound.text}{inbound.payload}{inbound.external_id}{inbound.display_name}".encode()
