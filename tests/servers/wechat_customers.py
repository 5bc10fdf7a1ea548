"""The customers of the local WeChat: what they do becomes calls, signed, and sealed in mode ``aes``."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from xml.sax.saxutils import escape

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from crm_store.ports import Clock

ATTEMPTS = 3


def sign(*parts: str) -> str:
    """Return WeChat's signature of ``parts``."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def seal(aes_key: str, app_id: str, message: bytes, *, salt: bytes = b"0123456789abcdef") -> str:
    """Put ``message`` into WeChat's envelope."""
    key = base64.b64decode(aes_key + "=")
    content = salt + len(message).to_bytes(4, "big") + message + app_id.encode()
    pad = 32 - len(content) % 32
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(content + bytes([pad]) * pad) + encryptor.finalize()).decode()


class WechatCustomers:
    """Makes calls and posts them to ``hook``; each method returns the HTTP answers, one an attempt."""

    app_id = "wx00112233445566aa"
    token = "tokenofthetests"
    aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    account = "gh_0123456789ab"
    hook = ""

    def __init__(self, clock: Clock, *, mode: str = "aes") -> None:
        self.mode = mode
        self._clock = clock
        self._next_message = 24_000_000_000_000_000
        self._last: dict[str, Any] = {}

    async def says(self, openid: str, text: str) -> list[httpx.Response]:
        """A text."""
        return await self.sends(openid, "text", Content=text)

    async def sends(self, openid: str, kind: str, **fields: str) -> list[httpx.Response]:
        """A message of any kind, with the fields of that kind."""
        self._next_message += 1
        self.did(openid, "message")
        return await self.calls({**self._from(openid), "MsgType": kind, **fields, "MsgId": str(self._next_message)})

    async def does(self, openid: str, event: str, key: str = "", **fields: str) -> list[httpx.Response]:
        """An event: subscribe, unsubscribe, SCAN, CLICK, VIEW…"""
        self.did(openid, event)
        return await self.calls({**self._from(openid), "MsgType": "event", "Event": event, "EventKey": key, **fields})

    async def repeats(self) -> list[httpx.Response]:
        """The last call once more, as after an answer that was lost."""
        return await self.calls(self._last)

    async def calls(self, fields: dict[str, str]) -> list[httpx.Response]:
        """Post a call, three times at most until it is answered 200."""
        self._last = fields
        elements = "".join(f"<{name}>{_written(name, value)}</{name}>" for name, value in fields.items())
        body = f"<xml>{elements}</xml>".encode("utf-8", "surrogatepass")
        answers: list[httpx.Response] = []
        while len(answers) < ATTEMPTS and not (answers and answers[-1].status_code == 200):
            answers.append(await self.posts(body))
        return answers

    async def posts(self, body: bytes, **query: str) -> httpx.Response:
        """Post a body, signed as of now and in the envelope of the mode; ``query`` changes what is said of it."""
        body, said = self.sealed(body) if self.mode == "aes" else (body, self.signed())
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.post(self.hook, params=said | query, content=body, headers={"content-type": "text/xml"})

    def signed(self, *, ago: float = 0) -> dict[str, str]:
        """Return the query of a call, as signed ``ago`` seconds ago."""
        timestamp = str(int(self._clock.now().timestamp() - ago))
        signature = sign(self.token, timestamp, "nonce-1")
        return {"signature": signature, "timestamp": timestamp, "nonce": "nonce-1"}

    def sealed(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        """Return a body in its envelope, and the query that goes with it."""
        query = self.signed()
        inside = seal(self.aes_key, self.app_id, body)
        signature = sign(self.token, query["timestamp"], query["nonce"], inside)
        outside = f"<xml><ToUserName>{self.account}</ToUserName><Encrypt><![CDATA[{inside}]]></Encrypt></xml>"
        return outside.encode(), query | {"encrypt_type": "aes", "msg_signature": signature}

    def did(self, openid: str, what: str) -> None:
        """Called with everything that a customer does: ``message``, or an event's name."""

    def _from(self, openid: str) -> dict[str, str]:
        now = str(int(self._clock.now().timestamp()))
        return {"ToUserName": self.account, "FromUserName": openid, "CreateTime": now}


def _written(name: str, value: str) -> str:
    if name in ("CreateTime", "MsgId"):
        return value
    return f"<![CDATA[{value}]]>" if "]]>" not in value else escape(value)
