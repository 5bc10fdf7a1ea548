"""Telegram's Bot API on a loopback port, for tests, benchmarks and the sandbox.

Real HTTP for the real client, with customers that the test moves and faults on
demand::

    async with TelegramApi() as telegram:
        settings = TelegramSettings(token=telegram.token, api_base_url=telegram.url)
        telegram.customer_says(1001, "我的单到哪了")
        telegram.fail_next("sendMessage", status=429, retry_after=2)
        sent = await telegram.wait_for_sent(1)

What it knows: getMe, getUpdates (long poll; an offset confirms what is below it; a
second poll ends the first with 409; 409 while a webhook is set), sendMessage (limits
on text and buttons, 403 from who has blocked the bot), answerCallbackQuery,
setWebhook, deleteWebhook, getWebhookInfo. Anything else is 404, as at Telegram.

From another thread: ``with TelegramApi().in_thread() as telegram``. From another
process: ``python -m tests.servers.telegram_api --port 8081``, then ``POST
/control/customer_says`` with the arguments as a JSON object does what the method of
that name does, and ``GET /control/sent`` returns all messages sent so far.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import httpx

from tests.servers.http import LocalServer, Request, Response
from tests.servers.platform import Fault, LocalPlatform, Unreadable
from tests.servers.telegram_customers import TelegramCustomers, utf16_length

TEST_TOKEN = "7000000001:AAtest-token-of-the-local-bot-api-00000"
_SECOND_POLL = "Conflict: terminated by other getUpdates request"
_CONTROLS = {
    "customer_says",
    "edits",
    "presses",
    "shares_contact",
    "sends_photo",
    "starts",
    "blocks",
    "unblocks",
    "raw_update",
    "repeat_last",
    "restart_update_ids",
    "fail_next",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that the bot sent; ``buttons`` are (title, payload), payload None on a reply keyboard."""

    chat_id: str
    message_id: int
    text: str
    buttons: list[tuple[str, str | None]] = field(default_factory=list)
    asks_contact: bool = False
    ref: str = ""
    """What the sender calls it, where the request says so in its query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramFault(Fault):
    """How a call to Telegram goes wrong; an error without ``status`` is 500."""

    retry_after: int | None = None
    description: str | None = None

    def refusal(self) -> _Refused:
        status = self.status or 500
        return _Refused(status, self.description or f"Error {status} on demand", self.retry_after)


class _Refused(Exception):
    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.retry_after = status, description, retry_after


class TelegramApi(LocalPlatform[TelegramFault], TelegramCustomers):
    """The server and the handle on it; see the module."""

    def __init__(self, *, token: str = TEST_TOKEN, host: str = "127.0.0.1", port: int = 0) -> None:
        LocalPlatform.__init__(self)
        TelegramCustomers.__init__(self)
        self.token = token
        self.sent: list[Sent] = []
        self.answered_callbacks: list[str] = []
        self.webhook: dict[str, Any] = {}
        self.calls: dict[str, int] = defaultdict(int)
        """How often each method was called."""
        self._host, self._port = host, port
        self._server = LocalServer(self._handle)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll_number = 0
        self._ended_poll = 0

    @property
    def url(self) -> str:
        """What goes into ``api_base_url``."""
        return f"http://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._port = await self._server.start(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serve from a thread of its own, for tests that are not asynchronous."""
        ready, end = threading.Event(), asyncio.Event()

        async def serve() -> None:
            async with self:
                ready.set()
                await end.wait()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(end.set)
            thread.join()

    # Faults

    def fail_next(self, method: str, *, times: int = 1, **how: Any) -> None:
        """Let the next calls of ``method`` fail; ``how`` are the fields of `TelegramFault`."""
        self._will_fail(method.lower(), TelegramFault(**how), times)

    # Waiting, for tests

    async def wait_for_sent(self, count: int, within: float = 5) -> list[Sent]:
        """Wait until the bot has sent ``count`` messages in all, and return them."""
        await self.wait_until(lambda: len(self.sent) >= count, within)
        return self.sent

    async def wait_until_confirmed(self, within: float = 5) -> None:
        """Wait until the bot has confirmed every update."""
        await self.wait_until(lambda: not self.pending, within)

    def end_polls(self) -> None:
        """Let the polls that wait now end with nothing, as their time-out would."""
        self._ended_poll = self._poll_number
        self._changed.set()

    async def push_to_webhook(self, url: str | None = None, secret: str | None = None) -> list[int]:
        """Post the waiting updates as Telegram would; what is answered 2xx is done. Returns the statuses."""
        url = url or self.webhook["url"]
        secret = secret if secret is not None else self.webhook.get("secret_token", "")
        statuses = []
        async with httpx.AsyncClient(timeout=10) as client:
            for update in tuple(self.pending):
                answer = await client.post(
                    url,
                    content=json.dumps(update),
                    headers={"content-type": "application/json", "x-telegram-bot-api-secret-token": secret},
                )
                statuses.append(answer.status_code)
                if answer.is_success:
                    self.pending.remove(update)
        return statuses

    def changed(self) -> None:
        """Wake whoever waits, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._changed.set)

    # The API

    async def _handle(self, request: Request) -> Response:
        if request.path.startswith("/control/"):
            return self._control(request)
        _, bot, method = (*request.path.split("/", 2), "", "")[:3]
        if bot != f"bot{self.token}":
            return _error(401, "Unauthorized")
        # The Bot API's methods have no case.
        method = method.lower()
        self.calls[method] += 1
        fault = self._next_fault(method)
        try:
            if fault is not None and not fault.handled:
                await _misbehave(fault)
            result = await self._call(method, request.fields)
            if fault is not None:
                await _misbehave(fault)
        except Unreadable:
            return Response(200, '{"ok": true, "result": [{"update_id"')
        except _Refused as refused:
            return _error(refused.status, refused.description, refused.retry_after)
        finally:
            self.changed()
        return Response(200, {"ok": True, "result": result})

    async def _call(self, method: str, fields: dict[str, Any]) -> Any:
        match method:
            case "getme":
                return {
                    "id": self.bot_id,
                    "is_bot": True,
                    "first_name": "Shuke",
                    "username": "shuke_test_bot",
                }
            case "getupdates":
                return await self._get_updates(fields)
            case "sendmessage":
                return self._send_message(fields)
            case "answercallbackquery":
                return self._answer_callback(fields)
            case "setwebhook":
                self.webhook = dict(fields)
                return True
            case "deletewebhook":
                self.webhook = {}
                return True
            case "getwebhookinfo":
                url = self.webhook.get("url", "")
                return {
                    "url": url,
                    "has_custom_certificate": False,
                    "pending_update_count": len(self.pending),
                }
        raise _Refused(404, "Not Found: method not found")

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook.get("url"):
            raise _Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._poll_number += 1
        mine = self._poll_number
        self.changed()
        offset = int(fields.get("offset") or 0)
        if offset > 0:
            self.pending[:] = [update for update in self.pending if update["update_id"] >= offset]
        elif offset < 0:
            self.pending[:] = self.pending[offset:]
        wanted = {*(_parsed(fields.get("allowed_updates")) or [])}

        def news() -> list[dict[str, Any]]:
            if wanted:
                self.pending[:] = [update for update in self.pending if {*update} & wanted or id(update) in self.raw]
            return [update for update in self.pending if update["update_id"] >= offset]

        with suppress(TimeoutError):
            await self.wait_until(
                lambda: bool(news()) or mine != self._poll_number or mine <= self._ended_poll,
                int(fields.get("timeout") or 0),
            )
        if mine != self._poll_number:
            raise _Refused(409, _SECOND_POLL)
        return copy.deepcopy(news()[: int(fields.get("limit") or 100)])

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat_id, text = str(fields.get("chat_id", "")), str(fields.get("text", ""))
        if chat_id in self.blocked_by:
            raise _Refused(403, "Forbidden: bot was blocked by the user")
        if chat_id in self.strangers or not chat_id.lstrip("-").isdigit():
            raise _Refused(400, "Bad Request: chat not found")
        if not text.strip():
            raise _Refused(400, "Bad Request: message text is empty")
        if utf16_length(text) > 4096:
            raise _Refused(400, "Bad Request: message is too long")
        buttons, asks_contact = _keyboard(_parsed(fields.get("reply_markup")) or {})
        if any(payload is not None and len(payload.encode()) > 64 for _, payload in buttons):
            raise _Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        sent = Sent(chat_id, self.next_message_id(), text, buttons, asks_contact, str(fields.get("ref", "")))
        self.sent.append(sent)
        return {
            "message_id": sent.message_id,
            "date": self.now(),
            "chat": {"id": int(chat_id), "type": "private", "first_name": "Customer"},
            "from": {"id": self.bot_id, "is_bot": True, "first_name": "Shuke"},
            "text": text,
        }

    def _answer_callback(self, fields: dict[str, Any]) -> bool:
        callback = str(fields.get("callback_query_id", ""))
        if callback not in self.callbacks:
            raise _Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered_callbacks.append(callback)
        return True

    def _control(self, request: Request) -> Response:
        name = request.path.removeprefix("/control/")
        if name == "sent":
            return Response(200, [asdict(sent) for sent in self.sent])
        if name not in _CONTROLS:
            return Response(404, {"error": f"no control {name}; there are: sent, {', '.join(sorted(_CONTROLS))}"})
        return Response(200, {"result": getattr(self, name)(**request.fields)})


async def _misbehave(fault: TelegramFault) -> None:
    await fault.strike()
    raise fault.refusal()


def _error(status: int, description: str, retry_after: int | None = None) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return Response(status, body)


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value


def _keyboard(markup: dict[str, Any]) -> tuple[list[tuple[str, str | None]], bool]:
    keys = [key for row in markup.get("inline_keyboard", markup.get("keyboard", [])) for key in row]
    asks_contact = any(key.get("request_contact") for key in keys)
    return [(key["text"], key.get("callback_data")) for key in keys if not key.get("request_contact")], asks_contact


async def _serve(port: int, token: str) -> None:
    async with TelegramApi(port=port, token=token) as telegram:
        print(telegram.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Telegram's Bot API on a loopback port")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TEST_TOKEN)
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.token))
