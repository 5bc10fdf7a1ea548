"""What the bot took a message for stands beside it, and a colleague says what it meant."""

from __future__ import annotations

import re

import pytest

from crm_store import audit, consents, history, learning
from desk.words import LANGUAGES, texts_of
from nlu.intents import intent_names
from tests.desk.desks import Browser, DeskHouse


@pytest.fixture
async def ana(desk: DeskHouse) -> str:
    await desk.house.says("ana", "where is my parcel")
    return desk.customer("ana")


def ref_of(desk: DeskHouse, customer: str) -> str:
    return next(str(one.ref) for one in desk.house.read(history.timeline, customer) if one.kind == "message.in")


async def talk(browser: Browser, customer: str) -> str:
    return (await browser.get(f"/desk/talks/{customer}")).text


async def test_a_message_says_what_it_was_taken_for_and_how_sure_the_bot_was(desk: DeskHouse, ana: str) -> None:
    li, auditor = await desk.agent("li"), await desk.agent("zhou", "auditor")

    shown = await talk(li, ana)

    assert re.search(r"taken for: wants to know where an order is \(\d+%\)", shown)
    assert f'href="/desk/talks/{ana}/meant?message={ref_of(desk, ana)}"' in shown
    assert "taken for:" in await talk(auditor, ana)
    assert "/meant?" not in await talk(auditor, ana), "who may not say it is not asked"


async def test_a_colleague_picks_the_right_intent_and_it_is_audited_without_words(desk: DeskHouse, ana: str) -> None:
    li, message = await desk.agent("li"), ref_of(desk, ana)

    form = await li.get(f"/desk/talks/{ana}/meant", params={"message": message}, headers={"HX-Request": "true"})
    done = await li.post(f"/desk/talks/{ana}/relabel", part=True, message=message, intent="track_refund")

    assert '<option value="track_order" selected>' in form.text
    assert form.text.count("<option") == len(intent_names())
    assert "li says: wants to know where a refund is" in done.text
    assert "li says: wants to know where a refund is" in await talk(li, ana)
    lesson = desk.house.read(learning.of_message, message)
    assert (lesson.intent, lesson.understood, lesson.state) == ("track_refund", "track_order", "proposed")
    (entry,) = [one for one in desk.house.read(audit.latest) if one.action == "relabel"]
    assert (entry.by, entry.customer_id, entry.data) == ("agent:li", ana, {"intent": "track_refund"})


async def test_without_scripts_the_same_is_a_page_of_its_own(desk: DeskHouse, ana: str) -> None:
    li, message = await desk.agent("li"), ref_of(desk, ana)

    page = await li.get(f"/desk/talks/{ana}/meant", params={"message": message})
    done = await li.post(f"/desk/talks/{ana}/relabel", message=message, intent="track_refund")

    assert "where is my parcel" in page.text
    assert (done.status_code, done.headers["location"]) == (303, f"/desk/talks/{ana}")


async def test_what_came_since_a_page_was_opened_says_it_too(desk: DeskHouse, ana: str) -> None:
    li = await desk.agent("li")

    newer = await li.get(f"/desk/talks/{ana}/newer", params={"after": "0"})

    assert "taken for:" in newer.text


@pytest.mark.parametrize(
    ("message", "intent", "status"), [("nothing", "greet", 409), ("", "greet", 409), (None, "no_such_intent", 422)]
)
async def test_what_is_no_message_or_no_intent_is_refused(
    desk: DeskHouse, ana: str, message: str | None, intent: str, status: int
) -> None:
    li, said = await desk.agent("li"), ref_of(desk, ana)

    answer = await li.post(
        f"/desk/talks/{ana}/relabel", part=True, message=said if message is None else message, intent=intent
    )

    assert answer.status_code == status
    assert desk.house.read(learning.of_message, said) is None


async def test_another_customers_message_is_not_shown_by_way_of_this_one(desk: DeskHouse, ana: str) -> None:
    await desk.house.says("bob", "a secret of bob")
    li, of_bob = await desk.agent("li"), ref_of(desk, desk.customer("bob"))

    page = await li.get(f"/desk/talks/{ana}/meant", params={"message": of_bob})
    done = await li.post(f"/desk/talks/{ana}/relabel", message=of_bob, intent="greet")

    assert (page.status_code, done.status_code) == (409, 409)
    assert "a secret of bob" not in page.text
    assert desk.house.read(learning.of_message, of_bob) is None


async def test_what_was_decided_in_the_review_is_not_asked_again(desk: DeskHouse, ana: str) -> None:
    li, message = await desk.agent("li"), ref_of(desk, ana)
    desk.house.write(learning.refuse, message, by="user:ops", now=desk.now)

    done = await li.post(f"/desk/talks/{ana}/relabel", part=True, message=message, intent="track_refund")

    assert "/meant?" not in await talk(li, ana)
    assert (done.status_code, "decided on already" in done.text) == (409, True)


async def test_a_customers_no_is_kept_at_the_desk_and_nothing_is_learnt_from_then(desk: DeskHouse, ana: str) -> None:
    li, message = await desk.agent("li"), ref_of(desk, ana)
    await li.post(f"/desk/talks/{ana}/relabel", part=True, message=message, intent="track_refund")

    told = await li.post(
        f"/desk/customers/{ana}/consent", part=True, purpose="learning", value="no", channel="", words="别用我的话"
    )
    again = await li.post(f"/desk/talks/{ana}/relabel", part=True, message=message, intent="greet")

    assert told.status_code == 200
    assert not desk.house.read(consents.allows_learning, ana)
    assert desk.house.read(learning.of_message, message).state == "refused"
    assert (again.status_code, "want us to learn" in again.text) == (409, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_is_called_something_a_colleague_reads(language: str) -> None:
    texts = texts_of(language)

    assert [name for name in intent_names() if f"intent.{name}" not in texts] == []
    called = [texts[f"intent.{name}"] for name in intent_names()]
    assert len(set(called)) == len(called)
