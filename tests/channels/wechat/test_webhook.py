"""The hook says "success" for what is stored, and believes nobody but WeChat, and only now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from bot.channels.wechat.receive import BODY_LIMIT, webhook_router
from crm_store.ports import SystemClock, VirtualClock
from tests.channels.inbox import Inbox
from tests.channels.wechat.conftest import ANA, settings_for
from tests.servers.wechat_api import WechatApi
from tests.servers.wechat_customers import seal, sign


async def get(wechat: WechatApi, **query: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(wechat.hook, params=query)


async def post(wechat: WechatApi, body: bytes, **query: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(wechat.hook, params=query, content=body)


async def test_the_check_of_the_address_is_answered_with_its_own_words(wechat: WechatApi) -> None:
    answer = await get(wechat, **wechat.signed(), echostr="5566778899")

    assert (answer.status_code, answer.text) == (200, "5566778899")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "change", [{"signature": "0" * 40}, {"timestamp": "1767574801"}, {"nonce": "2"}, {"signature": "ß"}]
)
async def test_a_check_that_is_not_signed_hears_nothing_of_itself(wechat: WechatApi, change: dict[str, str]) -> None:
    answer = await get(wechat, **wechat.signed() | change, echostr="5566778899")
    unsigned = await get(wechat, echostr="5566778899")

    assert (answer.status_code, unsigned.status_code) == (403, 403)
    assert "5566778899" not in answer.text + unsigned.text


async def test_a_message_is_stored_and_then_acknowledged(wechat: WechatApi, inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()

    posting = asyncio.create_task(wechat.says(ANA, "在吗"))
    await inbox.wait_until_waiting(1)
    answered_before = posting.done()
    inbox.gate.set()
    (answer,) = await posting

    assert not answered_before
    assert (answer.status_code, answer.text) == (200, "success")
    (message,) = inbox.messages
    assert (message.kind, message.text, message.user_id, message.account) == ("text", "在吗", ANA, wechat.app_id)
    assert message.sent_at == datetime(2026, 1, 5, 1, tzinfo=UTC)


async def test_what_could_not_be_stored_is_posted_again_under_its_name(wechat: WechatApi, inbox: Inbox) -> None:
    inbox.refuse_next = 2

    answers = await wechat.says(ANA, "在吗")

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert [message.text for message in inbox.messages] == ["在吗"]


@pytest.mark.parametrize(("ago", "status"), [(299, 200), (301, 403), (-299, 200), (-301, 403), (10**9, 403)])
async def test_a_signature_lasts_five_minutes(wechat: WechatApi, ago: float, status: int) -> None:
    assert (await get(wechat, **wechat.signed(ago=ago), echostr="1")).status_code == status


async def test_a_call_played_again_later_is_refused(wechat: WechatApi, inbox: Inbox, clock: VirtualClock) -> None:
    body = b"<xml><MsgType>text</MsgType></xml>"
    sent, query = wechat.sealed(body) if wechat.mode == "aes" else (body, wechat.signed())

    clock.move_to(clock.now() + timedelta(minutes=6))
    answer = await post(wechat, sent, **query)

    assert answer.status_code == 403
    assert inbox.messages == []


@pytest.mark.parametrize("timestamp", ["", "soon", "１７６７５７４８００", "9" * 20, "-1"])
async def test_a_timestamp_that_is_none_is_refused_even_signed(wechat: WechatApi, timestamp: str) -> None:
    signature = sign(wechat.token, timestamp, "n")

    answer = await get(wechat, signature=signature, timestamp=timestamp, nonce="n", echostr="1")

    assert answer.status_code == 403


ATTACKS = {
    "a file of ours": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    "billion laughs": b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
    "an outer type": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml/>',
    "an empty type": b"<!DOCTYPE x><xml/>",
    "in UTF-16": '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><xml/>'.encode("utf-16"),
    "an unknown entity": b"<xml><Content>&f;</Content></xml>",
    "no end": b"<xml><Content>",
    "nothing": b"",
    "JSON": b'{"MsgType": "text"}',
    "nested": b"<xml>" * 150_000,
}


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS.keys())
async def test_entities_types_and_what_is_no_xml_are_refused(wechat: WechatApi, inbox: Inbox, body: bytes) -> None:
    inside = await wechat.posts(body)
    outside = await post(wechat, body, **wechat.signed())

    assert (inside.status_code, outside.status_code) == (400, 400)
    assert inbox.messages == []


async def test_a_body_over_the_limit_is_not_read(wechat: WechatApi) -> None:
    answer = await post(wechat, b" " * (BODY_LIMIT + 1), **wechat.signed())

    assert answer.status_code == 413


async def test_who_is_not_wechat_is_refused_before_the_body_is_read(wechat: WechatApi, inbox: Inbox) -> None:
    app = FastAPI()
    app.include_router(webhook_router(inbox, settings_for(wechat), clock=SystemClock()))
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"<xml/>"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answer = await client.post("/hooks/wechat", content=body())

    assert answer.status_code == 403
    assert read == []


@pytest.mark.parametrize("mode", ["aes"], indirect=True)
@pytest.mark.parametrize("change", [{"msg_signature": "0" * 40}, {"msg_signature": ""}])
async def test_a_sealed_message_needs_its_own_signature(
    wechat: WechatApi, inbox: Inbox, change: dict[str, str]
) -> None:
    body, query = wechat.sealed(b"<xml><MsgType>text</MsgType></xml>")

    answer = await post(wechat, body, **query | change)

    assert answer.status_code == 403
    assert inbox.messages == []


@pytest.mark.parametrize("mode", ["aes"], indirect=True)
async def test_what_is_sealed_for_another_account_is_refused(wechat: WechatApi) -> None:
    query = wechat.signed()
    inside = seal(wechat.aes_key, "wx-another", b"<xml/>")
    query["msg_signature"] = sign(wechat.token, query["timestamp"], query["nonce"], inside)

    answer = await post(wechat, f"<xml><Encrypt>{inside}</Encrypt></xml>".encode(), **query)

    assert answer.status_code == 403


async def test_a_message_in_the_other_mode_is_refused(wechat: WechatApi, inbox: Inbox) -> None:
    wechat.mode = "plain" if wechat.mode == "aes" else "aes"

    answers = await wechat.says(ANA, "在吗")

    assert {answer.status_code for answer in answers} == {403}
    assert inbox.messages == []
