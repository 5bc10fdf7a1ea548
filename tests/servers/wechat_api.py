"""WeChat's server API on a loopback port, for tests.

Real HTTP for the real client, with customers that the test moves and faults on demand::

    async with WechatApi(clock) as wechat:
        settings = WechatSettings(app_id=wechat.app_id, …, api_base_url=wechat.url)
        wechat.hook = "http://127.0.0.1:8750/hooks/wechat"
        await wechat.says("openid-1", "在吗")
        wechat.fail_next("/cgi-bin/message/custom/send", code=-1)

What it knows: stable_token (the same one until 5 minutes before its end, then a new
one beside which the old one stays good; a forced one ends the old at once, 20 a day)
and message/custom/send (tokens, followers, 2048 bytes, 5 messages in 48 hours after a
message, 3 in a minute after a follow, a scan or a menu). Text is taken as it stands in
the body: WeChat shows the escapes of JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from crm_store.ports import Clock
from tests.servers.http import LocalServer, Request, Response
from tests.servers.platform import Fault, LocalPlatform, Unreadable
from tests.servers.wechat_customers import WechatCustomers

TOKEN = "/cgi-bin/stable_token"
SEND = "/cgi-bin/message/custom/send"
LASTS = timedelta(seconds=7200)
CHANGES_BEFORE = timedelta(minutes=5)
FORCED_A_DAY = 20
_ESCAPED = re.compile(r"\\\\|\\u[0-9a-f]{4}")
_OPENS = {"message": (timedelta(hours=48), 5)} | dict.fromkeys(
    ("subscribe", "SCAN", "CLICK"), (timedelta(minutes=1), 3)
)


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatFault(Fault):
    """How a call to WeChat goes wrong; without ``status`` it is answered with the error ``code``."""

    code: int | None = None


class WechatApi(LocalPlatform[WechatFault], WechatCustomers):
    """The server and the handle on it; see the module."""

    app_secret = "0123456789abcdef0123456789abcdef"

    def __init__(self, clock: Clock, *, mode: str = "aes") -> None:
        LocalPlatform.__init__(self)
        WechatCustomers.__init__(self, clock, mode=mode)
        self.sent: list[tuple[str, str]] = []
        """(openid, text) of each message that a customer has got."""
        self.calls_of: Counter[str] = Counter()
        """How often each path was called."""
        self.forced = 0
        self.listed = True
        """Whether the caller's address is on the whitelist."""
        self.rejected_by: set[str] = set()
        """Customers who take no messages."""
        self._followers: set[str] = set()
        self._windows: dict[tuple[str, timedelta], tuple[datetime, int]] = {}
        self._good: dict[str, datetime] = {}
        self._newest, self._number = "", 0
        self._ends = clock.now()
        self._server = LocalServer(self._handle)
        self._port = 0

    @property
    def url(self) -> str:
        """What goes into ``api_base_url``."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self._port = await self._server.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    def did(self, openid: str, what: str) -> None:
        if what == "unsubscribe":
            self._followers.discard(openid)
            return
        self._followers.add(openid)
        if what in _OPENS:
            lasts, messages = _OPENS[what]
            self._windows[openid, lasts] = (self._clock.now() + lasts, messages)

    def fail_next(self, path: str, *, times: int = 1, **how: Any) -> None:
        """Let the next calls of ``path`` fail; ``how`` are the fields of `WechatFault`."""
        self._will_fail(path, WechatFault(**how), times)

    def reject_tokens(self) -> None:
        """Reject every token given so far, but go on giving the newest one, as WeChat does when it is confused."""
        self._good.clear()

    def force_a_new_token(self) -> None:
        """Let somebody force a new token: the old ones end at once."""
        self.forced += 1
        if self.forced > FORCED_A_DAY:
            raise _Refused(45009)
        self._good.clear()
        self._make_token()

    async def wait_for_sent(self, count: int, within: float = 5) -> list[tuple[str, str]]:
        """Wait until customers have got ``count`` messages in all, and return them."""
        await self.wait_until(lambda: len(self.sent) >= count, within)
        return self.sent

    async def _handle(self, request: Request) -> Response:
        self.calls_of[request.path] += 1
        try:
            fault = self._next_fault(request.path)
            if fault is None or fault.handled:
                answer = self._answer(request)
            if fault is not None:
                answer = await _misbehave(fault)
        except Unreadable:
            answer = Response(200, '{"errcode": 0, ')
        except _Refused as refused:
            answer = Response(200, {"errcode": refused.code, "errmsg": "refused rid: 1"})
        finally:
            self._changed.set()
        return answer

    def _answer(self, request: Request) -> Response:
        if request.path == TOKEN:
            return self._lend(json.loads(request.body))
        if request.path == SEND:
            return self._send(request)
        return Response(404, "no such path")

    def _lend(self, asked: dict[str, Any]) -> Response:
        if not self.listed:
            raise _Refused(40164)
        if asked.get("grant_type") != "client_credential":
            raise _Refused(40002)
        if asked.get("appid") != self.app_id:
            raise _Refused(40013)
        if asked.get("secret") != self.app_secret:
            raise _Refused(40125)
        if asked.get("force_refresh"):
            self.force_a_new_token()
        elif self._ends - self._clock.now() <= CHANGES_BEFORE:
            self._make_token()
        lasts = self._ends - self._clock.now()
        return Response(200, {"access_token": self._newest, "expires_in": int(lasts.total_seconds())})

    def _make_token(self) -> None:
        self._number += 1
        self._newest = f"access-token-of-the-local-wechat-{self._number}"
        self._ends = self._good[self._newest] = self._clock.now() + LASTS

    def _send(self, request: Request) -> Response:
        good_until = self._good.get(str(request.fields.get("access_token")))
        if good_until is None:
            raise _Refused(40001)
        if good_until <= self._clock.now():
            raise _Refused(42001)
        openid = str(request.fields.get("touser"))
        if not openid.startswith("openid-"):
            raise _Refused(40003)
        if openid not in self._followers:
            raise _Refused(43004)
        if openid in self.rejected_by:
            raise _Refused(48002)
        # WeChat shows the escapes of JSON as they stand.
        shown = json.loads(_ESCAPED.sub(_as_it_stands, request.body.decode()))["text"]["content"]
        if len(shown.encode()) > 2048:
            raise _Refused(45002)
        self._use_window(openid)
        self.sent.append((openid, shown))
        return Response(200, {"errcode": 0, "errmsg": "ok"})

    def _use_window(self, openid: str) -> None:
        now = self._clock.now()
        mine = {key: window for key, window in self._windows.items() if key[0] == openid and window[0] > now}
        if not mine:
            raise _Refused(45015)
        for key, (until, left) in sorted(mine.items(), key=lambda one: one[0][1]):
            if left:
                self._windows[key] = (until, left - 1)
                return
        raise _Refused(45047)


async def _misbehave(fault: WechatFault) -> Response:
    await fault.strike()
    if fault.status is not None:
        return Response(fault.status, "bad gateway")
    raise _Refused(fault.code or 0)


def _as_it_stands(escape: re.Match[str]) -> str:
    return escape[0] if escape[0] == "\\\\" else f"\\{escape[0]}"
