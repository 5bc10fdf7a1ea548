"""What browsers send and ask for: once, in order, and each visitor their own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.webchat.mailbox import MOST
from bot.channels.webchat.receive import VISITOR_BURST
from bot.messages import Button
from crm_store import agents, budgets, customers, history, identities
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.inbox import Inbox
from tests.channels.webchat.conftest import START, Chat, served_chat, stored


async def test_a_message_posted_again_is_stored_once_and_acknowledged_again(chat: Chat) -> None:
    visit = await chat.visitor()

    answers = [await visit.say("在吗", id="the-same-one") for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"stored": "the-same-one"}] * 3
    assert await chat.store.read(stored) == 1
    assert await visit.texts() == [("visitor", "在吗")]


async def test_one_message_posted_by_two_tabs_at_once_is_stored_once(chat: Chat) -> None:
    visit = await chat.visitor()

    answers = await asyncio.gather(*(visit.say("在吗", id="the-same-one") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert await chat.store.read(stored) == 1


async def test_two_visitors_may_give_their_messages_the_same_id(chat: Chat) -> None:
    one, other = await chat.visitor(), await chat.visitor()

    await one.say("我是甲", id="the-same-one")
    await other.say("我是乙", id="the-same-one")

    assert await one.texts() == [("visitor", "我是甲")]
    assert await other.texts() == [("visitor", "我是乙")]


async def test_a_talk_is_shown_in_its_order_to_whoever_comes_back(chat: Chat) -> None:
    visit = await chat.visitor()

    for number in range(3):
        await visit.say(f"问{number}")
        await chat.answer(chat.user_of(visit), f"答{number}")

    said = [line for number in range(3) for line in (("visitor", f"问{number}"), ("bot", f"答{number}"))]
    assert await visit.texts() == said


async def test_a_cursor_goes_on_where_a_browser_was_and_misses_nothing_that_was_late(chat: Chat) -> None:
    visit = await chat.visitor()
    await visit.say("很早")
    chat.clock.move_to(START + timedelta(hours=1))
    await visit.say("刚才")
    cursor = (await visit.look())["messages"][-1]["key"]

    chat.clock.move_to(START + timedelta(hours=1, minutes=1))
    await chat.answer(chat.user_of(visit), "答")

    # What came shortly before is given again, in case it was committed late; a browser knows it by its id.
    assert await visit.texts(after=cursor) == [("visitor", "刚才"), ("bot", "答")]


async def test_a_long_talk_is_shown_from_its_end_and_gone_back_through_line_by_line(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.webchat.receive.VISITOR_BURST", 200)
    monkeypatch.setattr("bot.channels.webchat.receive.ADDRESS_BURST", 200)
    visit = await chat.visitor()
    user = chat.user_of(visit)
    said = []
    for number in range(130):
        # The clock stands still between some of them: lines of one moment have an order too.
        if number % 10 == 0:
            chat.clock.move_to(chat.clock.now() + timedelta(minutes=1))
        assert (await visit.say(f"{number}")).status_code == 200
        said.append(f"{number}")
        if number % 2:
            await chat.answer(user, f"to {number}")
            said.append(f"to {number}")
    assert len(said) == 195

    shown = [await visit.look()]
    while shown[0]["earlier"]:
        shown.insert(0, await visit.look(before=shown[0]["messages"][0]["key"]))

    assert [len(page["messages"]) for page in shown] == [95, MOST]
    assert [line["text"] for page in shown for line in page["messages"]] == said
    assert "earlier" not in await visit.look(after=shown[-1]["messages"][-1]["key"])


async def test_who_has_said_little_has_nothing_earlier_and_what_is_no_key_is_refused(chat: Chat) -> None:
    visit = await chat.visitor()
    nothing = await visit.look()
    await visit.say("在吗")
    seen = await visit.look()
    key = seen["messages"][0]["key"]

    wrong = [
        await chat.http.get("/chat/messages", params=params, headers=visit.headers)
        for params in ({"before": "yesterday"}, {"before": key[:16]}, {"before": key, "after": key})
    ]

    assert not nothing["earlier"]
    assert not seen["earlier"]
    assert (await visit.look(before=key))["messages"] == []
    assert [answer.status_code for answer in wrong] == [400, 400, 400]


async def test_an_open_line_says_once_whether_there_is_more_before_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.webchat.receive.VISITOR_BURST", 200)
    monkeypatch.setattr("bot.channels.webchat.receive.ADDRESS_BURST", 200)
    visit = await chat.visitor()
    for number in range(MOST + 1):
        assert (await visit.say(f"{number}")).status_code == 200

    async with visit.line() as news:
        first = await anext(news)
        await visit.say("one more")
        second = await anext(news)

    assert (first["earlier"], len(first["messages"])) == (True, MOST)
    assert "earlier" not in second


async def test_only_what_was_sent_is_shown(chat: Chat) -> None:
    visit = await chat.visitor()
    await visit.say("在吗")
    await chat.store.run(chat._queue, chat.user_of(visit), "还没发", "reply", ())

    seen = await visit.look()

    assert [line["text"] for line in seen["messages"]] == ["在吗"]
    assert seen["waiting"]


async def test_an_open_line_tells_each_thing_once_as_it_happens(chat: Chat) -> None:
    visit = await chat.visitor()
    await visit.say("在吗")

    async with asyncio.timeout(10), visit.line() as events:
        first = await anext(events)
        await chat.answer(chat.user_of(visit), "在的")
        second = await anext(events)
        await visit.say("好")
        third = await anext(events)

    assert [line["text"] for line in first["messages"]] == ["在吗"]
    assert [line["text"] for line in second["messages"]] == ["在的"]
    assert [line["text"] for line in third["messages"]] == ["好"]


async def test_a_line_opened_before_the_first_word_hears_it(chat: Chat) -> None:
    visit = await chat.visitor()

    async with asyncio.timeout(10), visit.line() as events:
        empty = await anext(events)
        await visit.say("在吗")
        said = await anext(events)

    assert empty == {"messages": [], "waiting": False, "earlier": False}
    assert [line["text"] for line in said["messages"]] == ["在吗"]


async def test_when_the_server_stops_open_lines_end_and_no_new_one_is_opened(chat: Chat) -> None:
    visit = await chat.visitor()

    async with asyncio.timeout(10), visit.line() as events:
        await anext(events)
        chat.webchat.close()
        assert [event async for event in events] == []
    refused = await chat.http.get("/chat/stream", headers=visit.headers)

    assert refused.status_code == 503
    assert "Retry-After" in refused.headers


async def test_a_visitor_has_few_lines_at_once_and_may_ask_instead(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.webchat.bell.MOST_EARS_A_VISITOR", 1)
    visit, other = await chat.visitor(), await chat.visitor()

    async with asyncio.timeout(10), visit.line() as events:
        await anext(events)
        second = await chat.http.get("/chat/stream", headers=visit.headers)
        async with other.line() as others:
            assert await anext(others) == {"messages": [], "waiting": False, "earlier": False}

    assert second.status_code == 503
    assert await visit.texts() == []


async def test_nobody_reads_what_others_write(chat: Chat) -> None:
    ana, bob = await chat.visitor(), await chat.vouched("bob")
    await ana.say("安娜的话")
    await chat.answer(chat.user_of(ana), "给安娜")
    await bob.say("鲍勃的话")
    cursor = (await ana.look())["messages"][0]["key"]

    assert await bob.texts() == [("visitor", "鲍勃的话")]
    assert await bob.texts(after=cursor) == [("visitor", "鲍勃的话")]
    assert await (await chat.visitor()).texts() == []


async def test_a_strangers_pass_ends_after_a_year(chat: Chat) -> None:
    visit = await chat.visitor()

    chat.clock.move_to(START + timedelta(days=364))
    assert (await visit.say("还在")).status_code == 200
    chat.clock.move_to(START + timedelta(days=366))

    assert (await visit.say("过期")).status_code == 401


async def test_a_message_that_cannot_be_stored_is_not_acknowledged(store: Store, clock: VirtualClock) -> None:
    inbox = Inbox()
    inbox.refuse_next = 1
    async with served_chat(store, clock, receive=inbox) as chat:
        visit = await chat.visitor()

        first = await visit.say("在吗", id="the-same-one")
        again = await visit.say("在吗", id="the-same-one")

    assert (first.status_code, again.status_code) == (503, 200)
    assert "在吗" not in first.text
    assert len(inbox.messages) == 1


async def test_a_button_is_shown_as_pressed_by_its_title_and_only_while_on_offer(chat: Chat) -> None:
    visit, other = await chat.visitor(), await chat.visitor()
    await visit.say("在吗")
    await chat.answer(chat.user_of(visit), "要哪一单？", buttons=(Button("A10293", '/set{"order_no":"A10293"}'),))

    pressed = await visit.press('/set{"order_no":"A10293"}')
    by_another = await other.press('/set{"order_no":"A10293"}')

    assert pressed.status_code == 200
    assert (await visit.texts())[-1] == ("visitor", "A10293")
    assert by_another.status_code == 422


async def test_an_agents_words_come_with_their_name(chat: Chat) -> None:
    visit = await chat.visitor()
    await visit.say("找人工")
    ref = await chat.answer(chat.user_of(visit), "我是小李", kind="agent")
    await chat.store.run(history.record, at=START, kind="message.out", by="agent:li", ref=ref, text="我是小李")

    said = (await visit.look())["messages"][-1]

    assert (said["by"], said["name"], said["text"]) == ("agent", "li", "我是小李")


async def test_an_agent_is_seen_by_the_name_that_they_chose_and_by_their_own_again_without_it(chat: Chat) -> None:
    visit = await chat.visitor()
    await visit.say("找人工")
    await chat.store.run(agents.ensure, "li", now=START)
    ref = await chat.answer(chat.user_of(visit), "我是小李", kind="agent")
    await chat.store.run(history.record, at=START, kind="message.out", by="agent:li", ref=ref, text="我是小李")

    seen = []
    for chosen in ("小李", ""):
        await chat.store.run(agents.set_display_name, "li", chosen)
        seen.append((await visit.look())["messages"][-1]["name"])

    assert seen == ["小李", "li"]


async def test_who_writes_too_fast_is_told_how_long_to_wait(chat: Chat) -> None:
    visit, other = await chat.visitor(), await chat.visitor()

    answers = [await visit.say("快") for _ in range(VISITOR_BURST + 1)]

    assert [answer.status_code for answer in answers] == [200] * VISITOR_BURST + [429]
    assert answers[-1].headers["Retry-After"] == "2"
    assert (await other.say("慢")).status_code == 200
    chat.clock.move_to(START + timedelta(seconds=2))
    assert (await visit.say("快")).status_code == 200


async def test_an_address_brings_few_newcomers_and_few_messages_at_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.webchat.receive.NEWCOMER_BURST", 2)
    monkeypatch.setattr("bot.channels.webchat.receive.ADDRESS_BURST", 3)
    visits = [await chat.visitor() for _ in range(2)]

    refused = await chat.http.post("/chat/visitor", json={})
    statuses = [(await visit.say("快")).status_code for visit in visits for _ in range(2)]

    assert refused.status_code == 429
    assert statuses == [200, 200, 200, 429]


async def test_no_address_is_kept_as_it_is(chat: Chat) -> None:
    await (await chat.visitor()).say("在吗")

    names = await chat.store.read(lambda conn: list(conn.execute(select(budgets.budgets.c.name)).scalars()))

    assert len(names) == 3
    assert not any("127.0.0.1" in name for name in names)


async def test_whom_the_page_vouches_for_is_the_customer_on_file(chat: Chat) -> None:
    await chat.store.run(customers.add, id="c1", created_at=START, customer_no="C0003", name="王雨薇")

    visit = await chat.vouched("C0003")
    await visit.say("我有多少积分")

    who = await chat.store.read(identities.find, "webchat", "C0003")
    assert (who.customer_id, who.verified, who.evidence) == ("c1", True, "signature")


async def test_who_was_vouched_for_before_they_were_on_file_keeps_their_talk(chat: Chat) -> None:
    before = await chat.vouched("C0003", name="王雨薇")
    await before.say("在吗")
    await chat.store.run(customers.add, id="c1", created_at=START, customer_no="C0003", name="王雨薇")

    after = await chat.vouched("C0003")

    who = await chat.store.read(identities.find, "webchat", "C0003")
    assert (who.customer_id, who.verified) == ("c1", True)
    assert await after.texts() == [("visitor", "在吗")]
