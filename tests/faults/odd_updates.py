"""Updates that Telegram should never send, and those that it sends and nobody expects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

CANARY = "翡翠色的金丝雀在第七根电线上唱歌"
"""Stands in all of them, and must be found in no log."""
DEEP = 100


def odd_updates(user: int) -> Iterator[dict[str, Any]]:
    """Yield updates about ``user``, each without its update id."""
    for message in _odd_messages(user):
        yield {"message": message}
    for nothing in (None, [], {}, 7, CANARY, [CANARY], {"text": CANARY}):
        yield {"message": nothing}
    yield {}
    yield {"edited_message": _message(user, text=CANARY) | {"edit_date": CANARY}}
    yield {"edited_message": _message(user, location={"latitude": 1, "longitude": 1})}
    yield {"business_message": _message(user, text=CANARY)}
    yield {"message_reaction": {"chat": {"id": user, "type": "private"}, "message_id": 1, "date": 1, CANARY: CANARY}}
    yield {"kind_of_the_future": {"text": CANARY}}
    yield {"my_chat_member": {"chat": {"id": user, "type": "private"}, "date": 1, "from": CANARY}}
    for data in (
        "/set{",
        '/set{"order_no":',
        f"/{CANARY}",
        "/nobody_knows_this",
        '/affirm{"a":[1,2,{"b":null}]}',
        "\x00",
        "",
    ):
        yield {"callback_query": {"id": f"{user}-{data}", "from": _user(user), "chat_instance": "1", "data": data}}
    yield {"callback_query": {"id": CANARY, "from": _user(user), "chat_instance": "1", "game_short_name": CANARY}}


def _odd_messages(user: int) -> Iterator[dict[str, Any]]:
    for text in (
        CANARY + "长" * 100_000,
        CANARY + "a" * 100_000,
        CANARY + "é" * 50_000,
        "1" * 100_000 + CANARY,
        "((((" * 25_000 + CANARY,
        f"{CANARY}\ud800\udfff\ud83d",
        f"\x00{CANARY}\x00\x1b[31m\u202e\ufeff",
        "\u200d\u2063\u00ad",
        " \n\t ",
        "",
        "👩‍👩‍👧‍👦" * 1000,
        "{slots.order_no} {0} %s ${jndi:x} <b>&amp; '; DROP TABLE inbox; --",
    ):
        yield _message(user, text=text)
    odd_contents: tuple[dict[str, Any], ...] = (
        {"text": 7}, {"text": None}, {"text": [CANARY]}, {"text": {"a": CANARY}},
        {"dice": {"emoji": "🎲", "value": 3}}, {"poll": {"question": CANARY}}, {"poll": _deep()},
        {"photo": []}, {"photo": [{"file_id": 7}]}, {"photo": CANARY}, {"voice": {}}, {"document": None},
        {"contact": {"phone_number": CANARY, "first_name": CANARY, "user_id": user}},
        {"contact": {"phone_number": 13800001111, "first_name": "A", "user_id": user}},
        {"contact": {"phone_number": "+" + "9" * 500, "first_name": "A", "user_id": user}},
        {"location": {"latitude": 1e308, "longitude": -1e308}}, {"venue": {"title": CANARY}},
        {"game": {"title": CANARY}}, {"story": {}}, {"giveaway": {"chats": CANARY}}, {"thing_of_the_future": CANARY},
        {"reply_to_message": _deep_reply(user), "text": CANARY}, {"entities": CANARY, "text": CANARY},
    )  # fmt: skip
    for content in odd_contents:
        yield _message(user) | content
    for wrong in (
        {"date": CANARY}, {"date": 10**30}, {"date": -1}, {"date": None}, {"message_id": CANARY}, {"message_id": None},
        {"message_id": 2**70}, {"from": None}, {"from": CANARY}, {"from": {"id": user}},
        {"from": _user(user) | {"first_name": CANARY * 500, "language_code": CANARY}}, {"chat": None}, {"chat": CANARY},
        {"chat": {"id": CANARY, "type": "private"}}, {"chat": {"id": user, "type": CANARY}},
        {"chat": {"id": -user, "type": "supergroup", "title": CANARY}},
    ):  # fmt: skip
        yield _message(user, text=CANARY) | wrong


_next_message = iter(range(1_000_000, 10_000_000))


def _message(user: int, **content: Any) -> dict[str, Any]:
    private = {"id": user, "type": "private", "first_name": "Ana"}
    known = {"message_id": next(_next_message), "date": 1767574800, "chat": private, "from": _user(user)}
    return known | content


def _user(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "Ana", "language_code": "zh-hans"}


def _deep() -> Any:
    value: Any = CANARY
    for _ in range(DEEP):
        value = {"a": [value]}
    return value


def _deep_reply(user: int) -> dict[str, Any]:
    message = _message(user, text=CANARY)
    for _ in range(DEEP):
        message = _message(user, text=CANARY, reply_to_message=message)
    return message
