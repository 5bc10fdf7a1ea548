"""What comes in, of any kind and however odd: stored once, or refused without harm to others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.intake import Intake
from crm_store import customers as customer_store
from crm_store import linking, outbox
from crm_store.conversations import conversations
from crm_store.customers import customers
from crm_store.history import history
from crm_store.inbox import inbox
from crm_store.wakes import INBOX
from tests.bot.house import LEASE, FakeChannel, House


async def test_a_stranger_becomes_a_customer_with_one_conversation(house: House) -> None:
    await asyncio.gather(
        *(house.intake(house.message("ana", "hello", display_name="Ana", language="en")) for _ in range(5))
    )
    await house.quiet()

    assert [row.name for row in house.rows(customers)] == ["Ana"]
    assert len(house.rows(conversations)) == 1


async def test_the_same_id_on_another_channel_or_account_is_another_message(house: House) -> None:
    await house.says("ana", "hello", id="1")

    receipts = [
        await house.intake.receive(house.message("ana", "hello", id="1")),
        await house.intake.receive(house.message("bo", "hello", id="2")),
    ]

    assert [receipt.duplicate for receipt in receipts] == [True, False]


async def test_a_process_without_a_worker_stores_and_wakes_the_workers_of_others(house: House) -> None:
    woken = asyncio.Event()
    house.store.wakes.listen(INBOX, lambda _key: woken.set())
    intake = Intake(
        house.store, house.clock, house.ids, worker="web", lease=LEASE, start=None, metrics=house.parts.metrics
    )

    await intake(house.message("ana", "hello"))
    async with asyncio.timeout(10):
        await woken.wait()
    owner = house.talk("ana").lease_owner
    await house.sweep()

    assert owner is None
    assert len(house.channel.sent) == 1


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "?!", "👍", "\u202e\u200b", "0", "null", "{}", "/start", "%s {name}"]
)
async def test_any_text_is_answered(house: House, text: str) -> None:
    assert len(await house.says("ana", text)) == 1
    assert house.inbox() == [("ana-1", "done", 0)]


async def test_a_text_of_100_000_characters_is_answered_and_kept(house: House) -> None:
    long = "我的订单A10001到哪了？" * 7_200

    assert len(await house.says("ana", long)) == 1
    assert house.entries("message.in")[0].text == long


@pytest.mark.parametrize("broken", ["half a \ud83d pair", "\udcff"])
async def test_a_text_that_no_database_holds_is_refused_and_harms_nobody_else(house: House, broken: str) -> None:
    # Channels strip such characters at their edge; this is one that forgets to.
    outcomes = await asyncio.gather(
        house.intake(house.message("ana", "hello")),
        house.intake(house.message("eve", broken)),
        house.intake(house.message("bo", "hello")),
        return_exceptions=True,
    )
    await house.quiet()

    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
    assert {row.external_id for row in house.rows(inbox)} == {"ana-1", "bo-1"}
    assert len(house.channel.sent) == 2
    assert len(await house.says("eve", "hello")) == 1


async def test_a_nul_that_a_channel_forgot_to_strip_stops_nothing(house: House) -> None:
    assert len(await house.says("ana", "hel\x00lo")) == 1
    assert len(await house.says("ana", "hello")) == 1


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "file", "location", "other", "hologram"])
async def test_an_attachment_of_any_kind_is_answered_by_what_it_is(house: House, kind: str) -> None:
    await house.hears(house.message("ana", kind="attachment", attachment=kind, language="en"))

    [answer] = house.channel.texts()
    assert {"photo": "can't see what's on it", "sticker": "Nice one"}.get(kind, "few words") in answer
    assert house.inbox() == [("ana-1", "done", 0)]
    assert house.entries("message.in")[0].data == {"attachment": kind}


async def test_a_caption_is_understood(house: House) -> None:
    await house.hears(house.message("ana", "hello", kind="attachment", attachment="photo"))

    assert house.entries("message.in")[0].text == "hello"
    assert len(house.channel.sent) == 1


@pytest.mark.parametrize("payload", ["/ask_points_balance", "/no_such_flow", "", "/" * 64, "{", "1"])
async def test_any_payload_is_answered(house: House, payload: str) -> None:
    await house.hears(house.message("ana", kind="payload", payload=payload, language="en"))

    assert len(house.channel.sent) == 1
    assert house.inbox() == [("ana-1", "done", 0)]


class TestEvents:
    async def test_who_follows_is_greeted(self, house: House) -> None:
        await house.does("ana", "follow", language="en", data={})

        assert len(house.channel.sent) == 1
        assert house.kinds()[0] == "channel.follow"

    @pytest.mark.parametrize("event", ["blocked", "unfollow"])
    async def test_who_leaves_is_unreachable_and_hears_nothing(self, house: House, event: str) -> None:
        await house.says("ana", "hello")
        house.channel.sent.clear()

        await house.does("ana", event)

        assert house.identity("ana").unreachable_since == house.clock.now()
        assert house.channel.sent == []
        assert house.kinds()[-1] == f"channel.{event}"

    async def test_a_late_receipt_does_not_make_them_reachable_again(self, house: House) -> None:
        await house.says("ana", "hello")
        await house.does("ana", "blocked")

        await house.does("ana", "delivered")

        assert house.identity("ana").unreachable_since is not None

    async def test_who_comes_back_is_reachable(self, house: House) -> None:
        await house.does("ana", "blocked")

        await house.does("ana", "follow")

        assert house.identity("ana").unreachable_since is None

    @pytest.mark.parametrize("event", ["delivered", "read", "clicked"])
    async def test_a_receipt_is_recorded_with_its_message_and_answered_by_nothing(
        self, house: House, event: str
    ) -> None:
        await house.says("ana", "hello")
        await house.says("ana", "hello")
        first, last = (message.id for message in house.channel.sent)

        await house.does("ana", event)
        await house.does("ana", event, data={"message": first})

        assert [entry.data for entry in house.entries(f"channel.{event}")] == [{"message": last}, {"message": first}]
        assert len(house.channel.sent) == 2

    @pytest.mark.parametrize("message", ["theirs", "unknown"])
    async def test_a_receipt_for_somebody_elses_message_is_about_none(self, house: House, message: str) -> None:
        await house.says("bo", "hello")
        await house.says("ana", "hello")
        theirs = house.channel.sent[0].id

        await house.does("ana", "read", data={"message": theirs if message == "theirs" else "01NONE"})

        assert [entry.data for entry in house.entries("channel.read")] == [None]
        assert house.inbox()[-1][1] == "done"

    async def test_a_receipt_of_somebody_who_got_nothing_is_about_none(self, house: House) -> None:
        await house.does("ana", "delivered")

        assert [entry.data for entry in house.entries("channel.delivered")] == [None]
        assert house.channel.sent == []

    @pytest.mark.parametrize("event", ["blocked", "delivered"])
    async def test_an_event_moves_no_conversation_to_its_channel(self, house: House, event: str) -> None:
        wechat = house.beside("wechat", FakeChannel("wechat"))
        await house.says("ana", "hello")
        await wechat.says("ana", "hello")
        house.write(one_customer, house, house.identity("ana"), wechat.identity("ana"))
        await wechat.says("ana", "hello")

        await house.does("ana", event)

        assert house.talk("ana").identity_id == wechat.identity("ana").id


class TestContacts:
    PHONE = "+8613800001234"

    def known(self, house: House, **more: Any) -> None:
        house.write(add_known, house, phone=self.PHONE, **more)

    async def test_a_verified_contact_links_the_stranger_with_the_customer_on_file(self, house: House) -> None:
        self.known(house)
        await house.says("ana", "hello")

        await house.hears(house.message("ana", kind="contact", contact_phone="8613800001234", language="en"))

        assert house.identity("ana").customer_id == "known"
        assert bool(house.identity("ana").verified)
        assert len(house.rows(customers)) == 1
        assert len(house.entries("identity.linked")) == 1
        assert house.talk("ana").owner == "bot"
        assert len(await house.says("ana", "hello")) == 1

    async def test_the_talk_goes_on_where_it_asked_for_the_phone(self, house: House) -> None:
        self.known(house)
        [asked] = await house.says("ana", "how many points do I have")
        [question] = house.channel.sent

        await house.hears(house.message("ana", kind="contact", contact_phone=self.PHONE))

        assert question.request_contact
        assert len(house.channel.sent) > 1
        assert house.channel.texts()[-1] != asked
        assert house.talk("ana").state["dialogue"].get("asking") is None

    @pytest.mark.parametrize("phone", ["12", "not a phone", ""])
    async def test_a_phone_that_is_none_links_nobody(self, house: House, phone: str) -> None:
        await house.hears(house.message("ana", kind="contact", contact_phone=phone))

        assert not house.identity("ana").verified
        assert house.inbox() == [("ana-1", "done", 0)]

    async def test_what_came_before_the_link_and_what_waits_behind_it_stays_with_the_customer(
        self, house: House
    ) -> None:
        self.known(house)
        await house.says("ana", "hello")

        await asyncio.gather(
            house.intake(house.message("ana", kind="contact", contact_phone=self.PHONE)),
            house.intake(house.message("ana", "hello")),
            house.intake(house.message("ana", "hello again")),
        )
        await house.quiet()
        await house.later(seconds=61)

        assert {row.customer_id for row in house.rows(history)} == {"known"}
        assert [status for _, status, _ in house.inbox()] == ["done"] * 4
        assert {row.conversation_id for row in house.rows(inbox)} == {house.talk("ana").id}
        assert {row.conversation_id for row in house.rows(outbox.outbox)} == {house.talk("ana").id}


def add_known(conn: Connection, house: House, **fields: Any) -> None:
    customer_store.add(conn, id="known", created_at=house.clock.now(), customer_no="C1", **fields)


def one_customer(conn: Connection, house: House, *theirs: Any) -> None:
    """Let several identities be one customer by their verified phone."""
    for identity in theirs:
        linking.link_phone(conn, identity, TestContacts.PHONE, now=house.clock.now())
