"""The customers at the other end of the local Bot API: what they do becomes updates."""

from __future__ import annotations

import copy
from typing import Any


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class TelegramCustomers:
    """Makes updates; each method returns the update that the bot will be given.

    Time is a counter that starts at 2026-01-05T01:00:00Z and moves a second with every
    update, so that a run repeats exactly.
    """

    bot_id = 7000000001

    def __init__(self) -> None:
        self.pending: list[dict[str, Any]] = []
        """Updates that the bot has not confirmed, oldest first."""
        self.blocked_by: set[str] = set()
        self.strangers: set[str] = set()
        """Chats that Telegram says it does not know."""
        self.callbacks: set[str] = set()
        self.raw: set[int] = set()
        """The identities of updates that come through whatever kinds the bot asked for."""
        self._given: list[dict[str, Any]] = []
        self._next_update = 1000
        self._next_message = 1
        self._time = 1767574800

    def changed(self) -> None:
        """Called after every update."""

    def now(self) -> int:
        """Return the present second since 1970."""
        return self._time

    def next_message_id(self) -> int:
        self._next_message += 1
        return self._next_message

    def customer_says(
        self,
        user_id: int,
        text: str,
        *,
        name: str = "Ana",
        language: str | None = "zh-hans",
        message_id: int | None = None,
        chat: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A text, in the private chat unless ``chat`` says otherwise."""
        return self._message(user_id, {"text": text}, name=name, language=language, message_id=message_id, chat=chat)

    def starts(self, user_id: int, payload: str | None = None) -> dict[str, Any]:
        """The start button, with the payload of a link if there was one."""
        return self.customer_says(user_id, "/start" if payload is None else f"/start {payload}")

    def edits(self, user_id: int, message_id: int, text: str) -> dict[str, Any]:
        """A new wording of an earlier message."""
        edited = self._message_body(user_id, {"text": text}, message_id=message_id)
        return self._add({"edited_message": edited | {"edit_date": self._time + 1}})

    def presses(self, user_id: int, payload: str, *, message_id: int = 1) -> dict[str, Any]:
        """A button under the bot's message."""
        callback = f"{user_id}{self._next_update}"
        self.callbacks.add(callback)
        message = self._message_body(user_id, {"text": "?"}, message_id=message_id)
        message["from"] = {"id": self.bot_id, "is_bot": True, "first_name": "Shuke"}
        return self._add(
            {
                "callback_query": {
                    "id": callback,
                    "from": _user(user_id),
                    "message": message,
                    "chat_instance": "1",
                    "data": payload,
                }
            }
        )

    def shares_contact(self, user_id: int, phone: str, *, of: int | None = None) -> dict[str, Any]:
        """A contact: the customer's own, unless ``of`` names another user."""
        contact = {"phone_number": phone, "first_name": "Ana", "user_id": of or user_id}
        return self._message(user_id, {"contact": contact})

    def sends_photo(self, user_id: int, caption: str | None = None) -> dict[str, Any]:
        """A photo in two sizes."""
        sizes = [
            {"file_id": f"photo-{size}", "file_unique_id": f"u-{size}", "width": size, "height": size}
            for size in (90, 1280)
        ]
        return self._message(user_id, {"photo": sizes} | ({} if caption is None else {"caption": caption}))

    def blocks(self, user_id: int) -> dict[str, Any]:
        """The customer blocks the bot: sending to them is 403 from now on."""
        self.blocked_by.add(str(user_id))
        return self._membership(user_id, before="member", after="kicked")

    def unblocks(self, user_id: int) -> dict[str, Any]:
        """The customer takes the bot back."""
        self.blocked_by.discard(str(user_id))
        return self._membership(user_id, before="kicked", after="member")

    def raw_update(self, update: dict[str, Any]) -> dict[str, Any]:
        """Anything at all, whatever kinds the bot asked for; an ``update_id`` is added where it has none."""
        return self._add(update, raw=True)

    def repeat_last(self) -> dict[str, Any]:
        """The last update once more, as after an acknowledgement that was lost.

        Where it was confirmed already, it gets a new update id: an offset has passed the old one.
        """
        again = copy.deepcopy(self._given[-1])
        if self._given[-1] not in self.pending:
            del again["update_id"]
            return self.raw_update(again)
        self.pending.append(again)
        self.changed()
        return again

    def restart_update_ids(self, at: int) -> None:
        """Number updates from ``at`` on, as Telegram does after a quiet week."""
        self._next_update = at

    def _message(self, user_id: int, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self._add({"message": self._message_body(user_id, content, **more)})

    def _message_body(
        self,
        user_id: int,
        content: dict[str, Any],
        *,
        name: str = "Ana",
        language: str | None = "zh-hans",
        message_id: int | None = None,
        chat: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        return {
            "message_id": self.next_message_id() if message_id is None else message_id,
            "date": self._time,
            "chat": chat or {"id": user_id, "type": "private", "first_name": name},
            "from": _user(user_id, name, language),
        } | content

    def _membership(self, user_id: int, *, before: str, after: str) -> dict[str, Any]:
        bot = {"id": self.bot_id, "is_bot": True, "first_name": "Shuke"}

        def member(status: str) -> dict[str, Any]:
            return {"status": status, "user": bot} | ({"until_date": 0} if status == "kicked" else {})

        change = {
            "chat": {"id": user_id, "type": "private", "first_name": "Ana"},
            "from": _user(user_id),
            "date": self._time,
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }
        return self._add({"my_chat_member": change})

    def _add(self, update: dict[str, Any], *, raw: bool = False) -> dict[str, Any]:
        self._time += 1
        update = {"update_id": self._next_update} | update
        if raw:
            self.raw.add(id(update))
        self._next_update = update["update_id"] + 1
        self.pending.append(update)
        self._given.append(update)
        self.changed()
        return update


def _user(user_id: int, name: str = "Ana", language: str | None = "zh-hans") -> dict[str, Any]:
    user: dict[str, Any] = {"id": user_id, "is_bot": False, "first_name": name}
    return user if language is None else user | {"language_code": language}
