"""A customer on one screen, written out: in the shop's zone, and in the words of people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.commands.customer_page import cut, lasted, lines
from crm_store import handoffs, history, taking_over
from tests.bot.house import House

ZONE = ZoneInfo("Asia/Shanghai")


def shown(house: House, user: str = "ana") -> list[str]:
    now = house.clock.now()
    page: dict[str, Any] = house.read(taking_over.page, house.identity(user).customer_id, now)
    return list(lines(page, ZONE, now=now))


async def test_one_screen_tells_who_it_is_what_they_want_and_what_was_said(house: House) -> None:
    await house.says("ana", "hello")
    await house.hears(house.message("ana", kind="payload", payload="/track_order"))
    await house.hears(house.message("ana", kind="attachment", attachment="photo"))
    await house.says("ana", "my cup arrived broken, this is awful!!! you are idiots")
    house.clock.move_to(house.clock.now() + timedelta(minutes=75))

    page = "\n".join(shown(house))

    assert "telegram:ana  not verified" in page
    assert "consent: service yes, care no, marketing no" in page
    assert "waits for a person since 01-05 09:00 (1 h 15 min): angry" in page
    assert "mood of the last messages, newest first (-1 to +1): -" in page
    assert "T-1001 open: product_quality, high, opened 01-05 09:00, answer due 01-05 17:00: my cup" in page
    assert "01-05 09:00  customer   [Track an order]" in page
    assert "01-05 09:00  customer   (photo)" in page
    assert "(T-1001 opened: product_quality, high, due 01-05 17:00)" in page
    assert "(waits for a person: angry)" in page
    assert "flow." not in page


async def test_the_steps_of_a_handoff_are_told_in_words(house: House) -> None:
    await house.says("ana", "I want to talk to a person")
    house.take("li", "ana")
    talk, now = house.talk("ana").id, house.clock.now()
    house.write(handoffs.transfer, talk, "li", "zhao", now=now)
    house.write(handoffs.snooze, talk, "zhao", until=now + timedelta(days=1), now=now + timedelta(seconds=1))

    page = "\n".join(shown(house))
    house.write(handoffs.give_back, talk, "zhao", now=now)

    assert "zhao has the conversation: asked, handed on by li, asked for at 01-05 09:00; snoozed until 01-06" in page
    assert "agent:li   (takes over)" in page
    assert "agent:li   (handed on to zhao)" in page
    assert "the bot has the conversation" in shown(house)
    assert "(back to the bot: agent)" in "\n".join(shown(house))


@pytest.mark.parametrize(
    ("kind", "columns", "told"),
    [
        ("note", {"text": "likes green tea"}, "(note) likes green tea"),
        ("care.sent", {"text": "Happy birthday", "data": {"rule": "birthday"}}, "(birthday) Happy birthday"),
        ("order.shipped", {"data": {"order_no": "A10427"}}, "(order A10427 shipped)"),
        ("message.failed", {"data": {"reason": "given up"}}, "(could not be delivered: given up)"),
        (
            "ticket.resolved",
            {"data": {"number": "T-1", "category": "service", "priority": "low"}},
            "(T-1 resolved: service, low)",
        ),
        ("message.out", {"text": "one\ntwo"}, f"one\n{' ' * 26}two"),
    ],
)
async def test_what_happened_is_told_in_words(house: House, kind: str, columns: dict[str, Any], told: str) -> None:
    await house.says("ana", "hello")
    customer = house.identity("ana").customer_id
    house.write(history.record, at=house.clock.now(), kind=kind, by="system", customer_id=customer, **columns)

    assert shown(house)[-1] == f"  01-05 09:00  system     {told}"


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "0 min"), (59.9, "59 min"), (65, "1 h 05 min"), (1439, "23 h 59 min"), (3180, "2 d 5 h")]
)
def test_a_wait_is_told_as_people_do(minutes: float, told: str) -> None:
    assert lasted(timedelta(minutes=minutes)) == told


def test_long_words_are_cut_to_one_line() -> None:
    assert cut(None) == ""
    assert cut("one\n two") == "one two"
    assert len(cut("x" * 99)) == 60
