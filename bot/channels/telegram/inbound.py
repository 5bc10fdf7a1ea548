"""An update of Telegram in our words; pure."""

from __future__ import annotations

import math
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.channels.edge import storable
from bot.messages import Inbound

CHANNEL = "telegram"

# What becomes of a message that has one of these. Order matters: an animation is also
# a document, and a venue also has a location.
_ATTACHMENTS = (
    ("photo", "photo"),
    ("voice", "voice"),
    ("sticker", "sticker"),
    ("animation", "file"),
    ("document", "file"),
    ("video", "file"),
    ("video_note", "file"),
    ("audio", "file"),
    ("venue", "location"),
    ("location", "location"),
)
# Telegram's own remarks in a private chat; the customer has said nothing.
_REMARKS = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "connected_website",
    "successful_payment",
    "refunded_payment",
    "delete_chat_photo",
    "new_chat_photo",
    "new_chat_title",
)
_ENVELOPE = {"message_id", "date", "chat", "from", "text", "caption"}
# The library does not check shapes: wrong ones end in any of these, deep inside.
_MISSHAPEN = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
)
_AWAY = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)


class MalformedUpdate(Exception):
    """An update that does not have the Bot API's shape; the text never quotes it."""


def read_update(raw: object, account: str) -> Inbound | None:
    """Return what a customer did, from one update as parsed JSON.

    None where the update is none of ours: a group, another bot, a kind that we did
    not ask for.

    Raises:
        MalformedUpdate: ``raw`` cannot be read.
    """
    if not isinstance(raw, dict):
        raise MalformedUpdate(f"an update is a {type(raw).__name__}, not an object")
    try:
        return to_inbound(Update.de_json(raw, None), account)
    except _MISSHAPEN as exc:
        if isinstance(message := raw.get("message"), dict) and not message.keys() <= _ENVELOPE:
            # Telegram changes what a poll or a gift is made of, and one field less than the
            # library expects hides the whole message. Who wrote, and when, is still known.
            plain = {key: value for key, value in message.items() if key in _ENVELOPE}
            return read_update({"update_id": raw.get("update_id"), "message": plain}, account)
        raise MalformedUpdate(f"an update is malformed ({type(exc).__name__})") from None


def to_inbound(update: Update, account: str) -> Inbound | None:
    """Return ``update`` as one inbound message to the bot ``account``, or None where it is none of ours.

    An edited text comes as a message of its own, with ``data["edited"]`` true and
    ``data["message"]`` naming the first version.
    """
    if update.message is not None:
        return _message(update.message, account)
    if update.edited_message is not None:
        return _edited(update.edited_message, account)
    if update.callback_query is not None:
        return _pressed(update.callback_query, account)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, update.update_id, account)
    return None


def message_id(chat: int, message: int) -> str:
    """Return our name of a message: what `send` returns, and what a reply to it refers to."""
    return f"{chat}:{message}"


def _message(message: Message, account: str, *, edited: bool = False) -> Inbound | None:
    user = message.from_user
    if message.chat.type != ChatType.PRIVATE or user is None or user.is_bot:
        return None
    if not isinstance(message.chat.id, int) or not isinstance(message.message_id, int):
        # Two messages without a number would pass for one that was delivered twice.
        raise TypeError("a message and its chat have numbers")
    said = _said(message, user, edited=edited)
    if said is None:
        return None
    name = message_id(message.chat.id, message.message_id)
    data: dict[str, Any] = said.pop("data", {})
    if message.reply_to_message is not None:
        data["reply_to"] = message_id(message.chat.id, message.reply_to_message.message_id)
    if message.media_group_id is not None:
        data["album"] = storable(message.media_group_id)
    if edited and message.edit_date is not None:
        data |= {"edited": True, "message": name}
        name = f"{name}:{int(message.edit_date.timestamp())}"
    return Inbound(
        channel=CHANNEL,
        account=account,
        external_id=name,
        user_id=str(message.chat.id),
        data=data,
        sent_at=message.edit_date if edited else message.date,
        **_who(user),
        **said,
    )


def _edited(message: Message, account: str) -> Inbound | None:
    if message.text is None and message.caption is None:
        # A live location "edits" its message every few seconds.
        return None
    return _message(message, account, edited=True)


def _said(message: Message, user: User, *, edited: bool) -> dict[str, Any] | None:
    """Return the fields of an Inbound that say what the message says."""
    if message.text is not None:
        text = storable(message.text)
        command, _, payload = text.partition(" ")
        if not edited and command.partition("@")[0] == "/start":
            return _started(payload.strip())
        return {"kind": "text", "text": text}
    if message.contact is not None and message.contact.user_id == user.id:
        # Telegram fills in a contact's user id itself: this is the sender's own number.
        return {"kind": "contact", "contact_phone": storable(message.contact.phone_number)}
    for attribute, kind in _ATTACHMENTS:
        if part := getattr(message, attribute):
            return _attachment(kind, part, message.caption)
    if any(getattr(message, remark) for remark in _REMARKS):
        return None
    # Dice, polls, somebody else's phone number, and whatever Telegram invents next.
    return _attachment("other", None, message.caption)


def _started(token: str) -> dict[str, Any]:
    if token:
        return {"kind": "event", "event": "link", "data": {"token": token}}
    return {"kind": "event", "event": "follow"}


def _attachment(kind: str, part: Any, caption: str | None) -> dict[str, Any]:
    # A photo comes in several sizes, the largest last.
    part = part[-1] if isinstance(part, tuple) else part
    data: dict[str, Any] = {}
    for field in ("file_id", "file_unique_id", "file_name", "mime_type", "emoji"):
        if isinstance(value := getattr(part, field, None), str):
            data[field] = storable(value)
    place = getattr(part, "location", None) or part
    for field in ("latitude", "longitude"):
        if isinstance(value := getattr(place, field, None), int | float) and math.isfinite(value):
            data[field] = float(value)
    return {
        "kind": "attachment",
        "attachment": kind,
        "text": None if caption is None else storable(caption),
        "data": data,
    }


def _pressed(query: CallbackQuery, account: str) -> Inbound | None:
    if query.from_user.is_bot or query.data is None:
        return None
    data: dict[str, Any] = {"callback": query.id}
    if query.message is not None:
        if query.message.chat.type != ChatType.PRIVATE:
            return None
        data["message"] = message_id(query.message.chat.id, query.message.message_id)
    return Inbound(
        channel=CHANNEL,
        account=account,
        external_id=f"callback:{storable(query.id)}",
        # In a private chat the chat has the customer's own id.
        user_id=str(query.from_user.id),
        kind="payload",
        payload=storable(query.data),
        data=data,
        **_who(query.from_user),
    )


def _membership(change: ChatMemberUpdated, update_id: int, account: str) -> Inbound | None:
    if change.chat.type != ChatType.PRIVATE:
        return None
    event = "blocked" if change.new_chat_member.status in _AWAY else "follow"
    return Inbound(
        channel=CHANNEL,
        account=account,
        # Update ids start anew at random after a quiet week: alone they would one day
        # pass for a repeated delivery.
        external_id=f"update:{update_id}:{int(change.date.timestamp())}",
        user_id=str(change.chat.id),
        kind="event",
        event=event,
        sent_at=change.date,
        **_who(change.from_user),
    )


def _who(user: User) -> dict[str, Any]:
    # A deleted account has no name.
    name = storable(user.full_name or "").strip()
    return {
        "display_name": name or None,
        "language": storable(user.language_code).lower() if user.language_code else None,
    }
