"""The client of WeChat's server API, and its error codes in our words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import structlog

from bot.channels.wechat.settings import WechatSettings
from bot.channels.wechat.token import Lent, SharedToken
from bot.errors import ChannelBusy, ChannelError, ChannelRefused, SettingsError
from bot.redaction import quieten_libraries
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)

UNREACHABLE_FOR = timedelta(seconds=10)
REJECTED_FOR = timedelta(minutes=5)
"""What a person has to mend in WeChat's console, or in our settings, takes a while."""

# The request never left us: the message has certainly not arrived.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TOKEN_REJECTED = (40001, 40014, 42001)
_BUSY: dict[int, tuple[str, timedelta]] = {
    -1: ("wechat is busy", timedelta(seconds=5)),
    **dict.fromkeys(_TOKEN_REJECTED, ("wechat rejects the access token", REJECTED_FOR)),
    40164: ("this machine's address is not on wechat's IP whitelist", REJECTED_FOR),
    45009: ("the day's calls of wechat's API are used up", timedelta(minutes=10)),
    45011: ("wechat's API was called too often in a minute", timedelta(minutes=1)),
}
_REFUSED = {
    45002: "the text is too long for wechat",
    45015: "window_closed: the customer has not written for 48 hours",
    45047: "window_closed: the messages since the customer's last one are used up",
    48001: "this wechat account may not send customer-service messages",
}
_UNREACHABLE = {
    40003: "this account has no such customer on wechat",
    43004: "the customer does not follow the account",
    48002: "the customer takes no messages from the account",
}
_SECRET = "SHUKE_WECHAT_APP_SECRET: WeChat rejects it; set the current AppSecret, which its console can reset"
_MENDS = {
    40001: _SECRET,
    40013: "wechat.app_id: WeChat knows no such account; copy the AppID from its console",
    40125: _SECRET,
}
"""What is wrong where WeChat gives no token."""


class CredentialsRejected(ChannelBusy):
    """WeChat gives no token for our AppID and AppSecret; ``mend`` says which is wrong, and what to do."""

    def __init__(self, code: int) -> None:
        super().__init__(f"wechat gives no token (error {code})", retry_after=REJECTED_FOR)
        self.mend = _MENDS[code]


def decision(code: int) -> ChannelError:
    """Return what WeChat's error ``code`` means for a message: refused for good, or busy until later."""
    if code in _BUSY:
        reason, wait = _BUSY[code]
        return ChannelBusy(f"{reason} (error {code})", retry_after=wait)
    if code in _UNREACHABLE:
        return ChannelRefused(f"{_UNREACHABLE[code]} (error {code})", unreachable=True)
    return ChannelRefused(f"{_REFUSED.get(code, 'wechat refused')} (error {code})")


class WechatClient:
    """One Official Account; ``by`` names this process among those that share its token."""

    def __init__(self, settings: WechatSettings, store: Store, clock: Clock, *, by: str) -> None:
        quieten_libraries()
        self._settings = settings
        self._http = httpx.AsyncClient(
            base_url=settings.api_base_url,
            timeout=settings.answer_within.total_seconds(),
            limits=httpx.Limits(max_connections=settings.connections),
            proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        )
        self._token = SharedToken(store, clock, self._fetch_token, account=settings.app_id, by=by)

    async def start(self) -> None:
        """Get a token, so that what is wrong is told at once.

        Where WeChat cannot be reached the bot starts all the same: its messages wait.

        Raises:
            SettingsError: WeChat rejects the AppID or the AppSecret.
        """
        try:
            await self._token.get()
        except CredentialsRejected as exc:
            raise SettingsError(exc.mend) from None
        except ChannelBusy as exc:
            log.warning("wechat.unreachable_at_start", error=str(exc))

    async def check(self) -> None:
        """Ask for the token that all processes have; a stable one stays as it is.

        Raises:
            CredentialsRejected: WeChat rejects the AppID or the AppSecret.
            ChannelError: no token now.
        """
        await self._fetch_token(False)

    async def stop(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send_text(self, openid: str, text: str) -> None:
        """Send a customer-service message.

        Raises:
            ChannelRefused: WeChat will never take it.
            ChannelBusy: not now.
        """
        message = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        token = await self._token.get()
        code = await self._send(message, token)
        if code in _TOKEN_REJECTED:
            code = await self._send(message, await self._token.instead_of(token))
        if code:
            log.warning("wechat.not_sent", code=code)
            raise decision(code)

    async def _send(self, message: dict[str, Any], token: str) -> int:
        answer = await self._post("/cgi-bin/message/custom/send", message, {"access_token": token})
        return _code(answer)

    async def _fetch_token(self, force: bool) -> Lent:
        settings = self._settings
        question = {
            "grant_type": "client_credential", "appid": settings.app_id,
            "secret": settings.app_secret.get_secret_value(), "force_refresh": force,
        }  # fmt: skip
        try:
            answer = await self._post("/cgi-bin/stable_token", question, {})
        except ChannelBusy as exc:
            # Whether the token was given or not: the message has not left.
            raise ChannelBusy(str(exc), retry_after=exc.retry_after) from None
        code = _code(answer)
        if code:
            log.warning("wechat.no_token", code=code)
        if code in _MENDS:
            raise CredentialsRejected(code)
        if code:
            raise ChannelBusy(str(decision(code)), retry_after=REJECTED_FOR)
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lasts, int):
            raise ChannelBusy("wechat's answer holds no token", retry_after=UNREACHABLE_FOR)
        return Lent(token, timedelta(seconds=lasts))

    async def _post(self, path: str, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        # WeChat shows \u escapes as they stand, so Chinese has to leave as UTF-8.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = await self._http.post(
                path, params=query, content=content, headers={"content-type": "application/json"}
            )
        except httpx.HTTPError as exc:
            certain = isinstance(exc, _NEVER_SENT)
            # Without its cause: the request that it carries has the token in its URL.
            raise ChannelBusy(
                f"wechat failed: {type(exc).__name__}", retry_after=UNREACHABLE_FOR, certain=certain
            ) from None
        if answer.status_code != 200:
            raise ChannelBusy(f"wechat failed: HTTP {answer.status_code}", retry_after=UNREACHABLE_FOR, certain=False)
        try:
            read = json.loads(answer.content)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise ChannelBusy("wechat's answer is not readable", retry_after=UNREACHABLE_FOR, certain=False)
        return read


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("errcode", 0)
    if not isinstance(code, int):
        raise ChannelBusy("wechat's answer is not readable", retry_after=UNREACHABLE_FOR, certain=False)
    return code
