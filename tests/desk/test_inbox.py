"""The queue and a conversation, as agents see them and act on them over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm_store import accounts, customers
from crm_store.audit import audit
from crm_store.precedence import DANGER_FIRST, Precedence
from desk.inbox.talk import A_PAGE
from tests.desk.desks import Browser, DeskHouse

ASKS = "I want to talk to a person"


def names(page: str, part: str = "waiting") -> list[str]:
    """Return who stands in a list of the queue's page, from the top."""
    found = re.search(rf'id="{part}">(.*?)</ol>', page, re.DOTALL)
    assert found is not None
    return re.findall(r'class="name">([^<]+)<', found.group(1))


def newest(page: str) -> str:
    found = re.search(r'id="newest" name="after" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


async def take(desk: DeskHouse, browser: Browser, user: str = "ana", owner: str = "queue") -> None:
    answer = await browser.post(f"/desk/talks/{desk.customer(user)}/take", part=True, owner=owner)
    assert answer.status_code == 200, answer.text


async def test_the_queue_says_who_waits_since_when_why_in_which_mood_and_what_they_said(desk: DeskHouse) -> None:
    await desk.house.says("ana", "this is ridiculous, I want to talk to a person!!")
    await desk.house.later(minutes=12)
    browser = await desk.agent("li")

    page = (await browser.get("/desk/queue")).text

    assert names(page) == ["telegram:ana"]
    for told in ("12 min", "this is ridiculous", "Telegram", "upset"):
        assert told in page


async def test_who_waits_longest_comes_first_and_a_regular_a_little_sooner(desk: DeskHouse) -> None:
    for user, minutes in (("ana", 20), ("ben", 10), ("vip", 6), ("new", 0)):
        await desk.house.says(user, ASKS)
        if user == "vip":
            desk.house.write(customers.change, desk.customer("vip"), tier="gold", name="vip")
        await desk.house.later(minutes=minutes)
    browser = await desk.agent("li")

    page = (await browser.get("/desk/queue")).text

    # Waited 36, 16, 6 and 0 minutes; gold counts fifteen more.
    assert names(page) == ["telegram:ana", "vip", "telegram:ben", "telegram:new"]


@pytest.mark.parametrize(
    ("tier", "spent", "reason", "minutes"),
    [
        (None, "0", "asked", 0),
        ("regular", "99.99", "asked", 0),
        ("silver", "750", "asked", 7),
        ("silver", "1000000", "asked", 15),
        ("gold", "0", "asked", 15),
        ("diamond", "1000000", None, 15),
        (None, "-50", "angry", 5),
        (None, "0", "danger", 60),
    ],
)
def test_a_head_start_is_worth_so_many_minutes_of_waiting(
    tier: str | None, spent: str, reason: str | None, minutes: int
) -> None:
    head_start = Precedence().head_start(tier=tier, spent=Decimal(spent), reason=reason)

    assert head_start == timedelta(minutes=minutes)


@pytest.mark.parametrize("spent", ["0", "500", "100000000"])
@pytest.mark.parametrize("tier", [None, "gold"])
@pytest.mark.parametrize("reason", [None, "angry", "danger"])
def test_no_head_start_is_so_long_that_anybody_starves(tier: str | None, spent: str, reason: str | None) -> None:
    order = Precedence()

    assert order.head_start(tier=tier, spent=Decimal(spent), reason=reason) <= order.most + DANGER_FIRST


async def test_an_agent_takes_answers_and_resolves(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    desk.house.channel.sent.clear()
    browser = await desk.agent("li")
    customer = desk.customer("ana")

    await take(desk, browser)
    said = await browser.post(f"/desk/talks/{customer}/reply", part=True, owner="agent:li", text=" Hello, I'm Li. ")
    await desk.house.sweep()
    mine = await browser.get("/desk/queue")
    done = await browser.post(f"/desk/talks/{customer}/resolve", part=True, owner="agent:li")

    assert said.headers["HX-Trigger"] == "acted"
    assert desk.house.channel.texts() == ["Hello, I'm Li."]
    assert names(mine.text, "mine") == ["telegram:ana"]
    assert "the bot has the conversation again" in done.text
    assert desk.house.talk("ana").owner == "bot"


async def test_without_scripts_a_form_leads_back_to_the_conversation(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    page = f"/desk/talks/{desk.customer('ana')}"

    answer = await browser.post(f"{page}/take", owner="queue")

    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "This conversation is yours" in (await browser.get(page)).text


async def test_of_two_who_take_the_same_the_slower_one_is_told_who_has_it_and_may_still_take_it(
    desk: DeskHouse,
) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao = await desk.agent("li"), await desk.agent("zhao")
    customer = desk.customer("ana")

    await take(desk, li)
    slower = await zhao.post(f"/desk/talks/{customer}/take", part=True, owner="queue")
    after_the_first = desk.house.talk("ana").owner
    await take(desk, zhao, owner="agent:li")

    assert slower.status_code == 409
    assert "li was a moment faster" in slower.text
    assert slower.headers["HX-Retarget"] == "#notice"
    assert after_the_first == "agent:li"
    assert desk.house.talk("ana").owner == "agent:zhao"


async def test_what_a_colleague_has_taken_meanwhile_nobody_answers_resolves_or_gives_away_unawares(
    desk: DeskHouse,
) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao = await desk.agent("li"), await desk.agent("zhao")
    customer = desk.customer("ana")
    await take(desk, li)
    await take(desk, zhao, owner="agent:li")

    steps = ("reply", "resolve", "return", "transfer", "snooze")
    answers = [await li.post(f"/desk/talks/{customer}/{step}", owner="agent:li", text="x") for step in steps]

    assert [answer.status_code for answer in answers] == [409] * 5
    assert all("zhao was a moment faster" in answer.text for answer in answers)
    assert desk.house.talk("ana").owner == "agent:zhao"


async def test_a_page_asks_for_what_is_new_and_gets_each_message_once(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    page = f"/desk/talks/{desk.customer('ana')}"
    await take(desk, browser)
    shown = await browser.get(page)

    await desk.house.says("ana", "are you there?")
    first = await browser.get(f"{page}/newer", params={"after": newest(shown.text), "owner": "agent:li"})
    second = await browser.get(f"{page}/newer", params={"after": newest(first.text), "owner": "agent:li"})

    assert first.text.count("are you there?") == 1
    assert "are you there?" not in second.text
    assert "controls" not in first.text  # nobody's half written answer is taken away
    assert newest(second.text) == newest(first.text)


async def test_a_page_learns_that_a_colleague_has_the_conversation_now(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao = await desk.agent("li"), await desk.agent("zhao")
    page = f"/desk/talks/{desk.customer('ana')}"
    await take(desk, li)

    await take(desk, zhao, owner="agent:li")
    learnt = await li.get(f"{page}/newer", params={"after": "0", "owner": "agent:li"})

    assert "zhao has this conversation." in learnt.text
    assert 'hx-swap-oob="true"' in learnt.text


async def test_a_long_talk_comes_in_pages_without_a_gap(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    await take(desk, browser)
    for number in range(A_PAGE + 15):
        await desk.house.says("ana", f"line <{number:03}>")

    page = (await browser.get(f"/desk/talks/{desk.customer('ana')}")).text
    more = re.search(r'hx-get="([^"]+older[^"]+)"', page)
    assert more is not None
    older = (await browser.get(more.group(1))).text

    seen = re.findall(r"line &lt;(\d+)&gt;", older) + re.findall(r'bubble">line &lt;(\d+)&gt;', page)
    assert seen == [f"{number:03}" for number in range(A_PAGE + 15)]


async def test_a_colleague_who_is_called_in_a_note_sees_it_until_they_looked(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao = await desk.agent("li"), await desk.agent("小赵")
    customer = desk.customer("ana")

    await li.post(f"/desk/talks/{customer}/note", part=True, text="她要发票，@小赵请看一下；li@example.com @nobody @li")
    before = (await zhao.get("/desk/counts")).text
    listed = (await zhao.get("/desk/mentions")).text
    await zhao.get(f"/desk/talks/{customer}")
    after = (await zhao.get("/desk/counts")).text

    assert "1 for you to read" in before
    assert "她要发票" in listed
    assert 'class="tag hot">new' in listed
    assert "for you to read" not in after
    assert "她要发票" in (await zhao.get("/desk/mentions")).text
    assert "for you to read" not in (await li.get("/desk/counts")).text
    assert desk.house.channel.texts()[1:] == []  # the customer never hears of it


async def test_what_is_handed_on_comes_with_what_the_colleague_has_to_know(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, zhao = await desk.agent("li"), await desk.agent("zhao")
    page = f"/desk/talks/{desk.customer('ana')}"
    await take(desk, li)

    await li.post(f"{page}/transfer", part=True, owner="agent:li", to="zhao", text="wants the blue one")

    assert desk.house.talk("ana").owner == "agent:zhao"
    assert names((await zhao.get("/desk/queue")).text, "mine") == ["telegram:ana"]
    assert "@zhao wants the blue one" in (await zhao.get("/desk/mentions")).text
    talk = (await zhao.get(page)).text
    assert talk.index("@zhao wants the blue one") < talk.index("Handed on to zhao")


@pytest.mark.parametrize("to", ["nobody", "auditor", "gone"])
async def test_a_conversation_is_handed_only_to_who_can_have_it(desk: DeskHouse, to: str) -> None:
    await desk.house.says("ana", ASKS)
    li = await desk.agent("li")
    desk.add("auditor", "auditor")
    desk.add("gone")
    desk.house.write(accounts.disable, "gone", now=desk.now)
    await take(desk, li)

    answer = await li.post(f"/desk/talks/{desk.customer('ana')}/transfer", owner="agent:li", to=to)

    assert answer.status_code == 422
    assert desk.house.talk("ana").owner == "agent:li"


@pytest.mark.parametrize(("text", "told"), [("  ", "no words"), ("x" * 5_001, "At most 5000")])
async def test_a_reply_without_words_or_with_far_too_many_is_not_sent(desk: DeskHouse, text: str, told: str) -> None:
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    await take(desk, browser)

    answer = await browser.post(f"/desk/talks/{desk.customer('ana')}/reply", part=True, owner="agent:li", text=text)

    assert answer.status_code == 422
    assert told in answer.text
    assert "agent" not in [kind for kind, *_ in desk.house.outbox()]


async def test_every_look_and_every_step_is_audited_with_who_when_and_whom(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    li, boss = await desk.agent("li"), await desk.agent("boss", "supervisor")
    customer = desk.customer("ana")

    await li.get(f"/desk/talks/{customer}")
    await li.get(f"/desk/customers/{customer}")
    await take(desk, li)
    await li.post(f"/desk/talks/{customer}/reply", part=True, owner="agent:li", text="hi")
    page = (await boss.get("/desk/audit")).text

    kept = [(row.by, row.action, row.customer_id) for row in desk.house.rows(audit) if row.customer_id]
    assert kept == [("agent:li", action, customer) for action in ("see_talk", "see_customer", "take", "reply")]
    assert "took the conversation" in page


async def test_a_part_that_is_asked_for_alone_is_a_look_too(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    customer = desk.customer("ana")

    def looks() -> int:
        query = select(audit).where(audit.c.customer_id == customer)
        return len(desk.house.read(lambda conn: conn.execute(query).all()))

    seen = []
    for later in (0, 1, 1, 10):
        await desk.house.later(minutes=later)
        await browser.get(f"/desk/talks/{customer}/newer?after=0")
        await browser.get(f"/desk/customers/{customer}/timeline")
        seen.append(looks())

    assert seen == [2, 2, 2, 4]


@pytest.mark.parametrize("path", ["/desk/talks/nobody", "/desk/customers/nobody", "/desk/talks/nobody/newer"])
async def test_who_is_not_there_is_said_so(desk: DeskHouse, path: str) -> None:
    browser = await desk.agent("li")

    assert (await browser.get(path)).status_code == 404


async def test_an_emergency_stop_from_the_desk_stops_the_bot_and_says_so_in_the_queue(desk: DeskHouse) -> None:
    boss = await desk.agent("boss", "supervisor")

    await boss.post("/desk/pause", what="bot")
    unanswered = await desk.house.says("ana", "hello")
    page = (await boss.get("/desk/queue")).text
    await boss.post("/desk/resume", what="bot")

    assert desk.house.talk("ana").owner == "bot"
    assert "The bot is paused" in page
    assert not any("hello" in text.lower() for text in unanswered)
    assert len(await desk.house.says("ana", "hello")) == 1
