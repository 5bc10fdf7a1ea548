"""What WeChat sends, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.wechat.inbound import MalformedCall, read_xml, to_inbound
from tests.channels.inbox import Inbox
from tests.channels.wechat.conftest import ANA
from tests.servers.wechat_api import WechatApi

CALL = {"ToUserName": "gh_1", "FromUserName": ANA, "CreateTime": "1767574800"}
MESSAGE = {**CALL, "MsgId": "24000000000000001"}


def read(**fields: str) -> Any:
    found = to_inbound({**MESSAGE, **fields}, "wx1")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fields", "attachment", "data"),
    [
        (
            {"MsgType": "image", "PicUrl": "http://pic", "MediaId": "m1"},
            "photo",
            {"url": "http://pic", "media_id": "m1"},
        ),
        ({"MsgType": "voice", "MediaId": "m1", "Format": "amr"}, "voice", {"media_id": "m1", "format": "amr"}),
        ({"MsgType": "video", "MediaId": "m1", "ThumbMediaId": "t"}, "file", {"media_id": "m1", "thumb_media_id": "t"}),
        ({"MsgType": "shortvideo", "MediaId": "m1"}, "file", {"media_id": "m1"}),
        ({"MsgType": "file", "Title": "list.pdf"}, "file", {"title": "list.pdf"}),
        (
            {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Label": "广州"},
            "location",
            {"latitude": "23.1", "longitude": "113.3", "label": "广州"},
        ),
        ({"MsgType": "link", "Title": "茶", "Url": "http://x"}, "other", {"title": "茶", "url": "http://x"}),
        ({"MsgType": "hologram"}, "other", {}),
        ({"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"}, "sticker", {}),
    ],
)
def test_what_is_no_text_is_an_attachment(fields: dict[str, str], attachment: str, data: dict[str, str]) -> None:
    found = read(**fields)

    assert (found.kind, found.attachment, found.text, found.data) == ("attachment", attachment, None, data)
    assert found.external_id == "message:24000000000000001"


def test_what_speech_recognition_heard_comes_as_the_voice_s_words() -> None:
    found = read(MsgType="voice", MediaId="m1", Recognition="我的单到哪了。 ")

    assert (found.attachment, found.text) == ("voice", "我的单到哪了。")


@pytest.mark.parametrize(
    ("event", "key", "kind", "what", "data"),
    [
        ("subscribe", "", "event", "follow", {}),
        ("subscribe", "qrscene_poster-7", "event", "follow", {"scene": "poster-7"}),
        ("SCAN", "poster-7", "event", "follow", {"scene": "poster-7", "follows_already": True}),
        ("unsubscribe", "", "event", "unfollow", {}),
        ("CLICK", "/track_order", "payload", "/track_order", {}),
    ],
)
def test_events_are_what_the_customer_did(event: str, key: str, kind: str, what: str, data: dict[str, Any]) -> None:
    found = to_inbound({**CALL, "MsgType": "event", "Event": event, "EventKey": key}, "wx1")

    assert found is not None
    assert (found.kind, found.event or found.payload, found.data) == (kind, what, data)
    assert found.external_id == f"event:{ANA}:1767574800:{event}:{key}"


@pytest.mark.parametrize(
    "event", ["VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "view_miniprogram", "of_the_future"]
)
async def test_what_no_customer_asked_for_is_acknowledged_and_left(wechat: WechatApi, inbox: Inbox, event: str) -> None:
    (answer,) = await wechat.does(ANA, event, "http://shop.example", Status="success")

    assert answer.text == "success"
    assert inbox.messages == []


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"MsgType": "text"},
        {"FromUserName": ANA},
        {**CALL, "MsgType": "text", "Content": "在吗"},
        {**CALL, "MsgType": "event"},
        {"FromUserName": ANA, "MsgType": "event", "Event": "CLICK"},
    ],
)
def test_what_has_no_sender_or_name_is_malformed_and_not_quoted(call: dict[str, str]) -> None:
    with pytest.raises(MalformedCall) as refused:
        to_inbound(call, "wx1")

    assert ANA not in str(refused.value)
    assert "在吗" not in str(refused.value)


@pytest.mark.parametrize("at", ["", "soon", "9" * 12])
def test_an_odd_time_of_sending_is_left_out(at: str) -> None:
    assert read(MsgType="text", Content="在吗", CreateTime=at).sent_at is None


def test_parts_within_a_field_are_left_out() -> None:
    assert read_xml(b"<xml><A>1</A><B><C>2</C></B><D/></xml>") == {"A": "1", "B": "", "D": ""}
