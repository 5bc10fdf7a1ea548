"""A call of WeChat in our words; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.channels.edge import storable
from bot.messages import Inbound

CHANNEL = "wechat"

# XML 1.0 holds no other control characters, yet what customers paste comes with some.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What WeChat puts in the place of an animated sticker, and of kinds that it does not pass on.
_NOT_SHOWN = ("[收到不支持的消息类型，暂无法显示]", "【收到不支持的消息类型，暂无法显示】", "[Unsupported Message]")
_ATTACHMENTS = {
    "image": "photo",
    "voice": "voice",
    "video": "file",
    "shortvideo": "file",
    "file": "file",
    "location": "location",
}
_KEPT_OF_ATTACHMENTS = {
    "MediaId": "media_id",
    "PicUrl": "url",
    "Format": "format",
    "ThumbMediaId": "thumb_media_id",
    "Location_X": "latitude",
    "Location_Y": "longitude",
    "Label": "label",
    "Title": "title",
    "Url": "url",
}
_SCENE = "qrscene_"


class MalformedCall(Exception):
    """A call that does not have WeChat's shape; the text never quotes it."""


def read_xml(body: bytes) -> dict[str, str]:
    """Return the fields of a call, by name; what is nested in one is left out.

    Raises:
        MalformedCall: ``body`` is no XML, or declares types or entities: WeChat never
            does, and who does wants a file of ours, or our memory.
    """
    text = _NOT_XML.sub("", body.decode("utf-8", "ignore"))
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as exc:
        raise MalformedCall(f"the body is no XML that is taken ({type(exc).__name__})") from None
    return {child.tag: storable(child.text or "") for child in root}


def to_inbound(call: Mapping[str, str], app_id: str) -> Inbound | None:
    """Return a call as one inbound message to the account ``app_id``, or None where a customer did nothing.

    Raises:
        MalformedCall: it does not say from whom it is, or which one it is.
    """
    sender, kind = call.get("FromUserName", ""), call.get("MsgType", "")
    if not sender or not kind:
        raise MalformedCall("a call has no FromUserName or no MsgType")
    said = _happened(call) if kind == "event" else _said(call, kind)
    if said is None:
        return None
    name = _event_name(call, sender) if kind == "event" else _message_name(call)
    return Inbound(
        channel=CHANNEL, account=app_id, external_id=name, user_id=sender, sent_at=_sent_at(call), **said
    )  # fmt: skip


def _message_name(call: Mapping[str, str]) -> str:
    if not (name := call.get("MsgId", "")):
        # Two messages without one would pass for one that was delivered twice.
        raise MalformedCall("a message has no MsgId")
    return f"message:{name}"


def _event_name(call: Mapping[str, str], sender: str) -> str:
    if not (at := call.get("CreateTime", "")):
        raise MalformedCall("an event has no CreateTime")
    return f"event:{sender}:{at}:{call['Event']}:{call.get('EventKey', '')}"


def _said(call: Mapping[str, str], kind: str) -> dict[str, Any]:
    """Return the fields of an Inbound that say what a message says."""
    if kind == "text":
        text = call.get("Content", "")
        if text.strip() in _NOT_SHOWN:
            return {"kind": "attachment", "attachment": "sticker"}
        return {"kind": "text", "text": text}
    data = {ours: value for theirs, ours in _KEPT_OF_ATTACHMENTS.items() if (value := call.get(theirs))}
    # Shared links, cards, and whatever WeChat invents next.
    attachment = _ATTACHMENTS.get(kind, "other")
    # Where the account has speech recognition, what was said comes as words.
    text = call.get("Recognition", "").strip() if kind == "voice" else ""
    return {"kind": "attachment", "attachment": attachment, "data": data, "text": text or None}


def _happened(call: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the same for an event; None for those that no customer caused, or that ask for nothing."""
    key = call.get("EventKey", "")
    match call.get("Event", "").lower():
        case "subscribe":
            scene = key.removeprefix(_SCENE)
            return {"kind": "event", "event": "follow", "data": {"scene": scene} if scene else {}}
        case "scan":
            # Somebody who follows already has scanned one of the shop's codes.
            return {"kind": "event", "event": "follow", "data": {"scene": key, "follows_already": True}}
        case "unsubscribe":
            return {"kind": "event", "event": "unfollow"}
        case "click":
            return {"kind": "payload", "payload": key}
        case "":
            raise MalformedCall("an event has no name")
    return None


def _sent_at(call: Mapping[str, str]) -> datetime | None:
    at = call.get("CreateTime", "")
    return datetime.fromtimestamp(int(at), UTC) if at.isascii() and at.isdecimal() and len(at) <= 11 else None
