"""Messages on their way in from WeChat: it calls us, and hears "success" once they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from bot.channels.edge import bounded_body, store
from bot.channels.wechat.crypto import Envelope, EnvelopeBroken, is_signed
from bot.channels.wechat.inbound import MalformedCall, read_xml, to_inbound
from bot.channels.wechat.settings import WechatSettings
from bot.ports import Receive
from crm_store.ports import Clock

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024
SIGNATURE_LASTS = timedelta(minutes=5)
_LONGEST_TIMESTAMP = 11


class NotBelieved(Exception):
    """A call that is not WeChat's, or not of now; the text says why and quotes nothing."""


class Gate:
    """Tells WeChat's calls from anybody else's, and opens what they carry."""

    def __init__(self, settings: WechatSettings, clock: Clock) -> None:
        self._token = settings.token.get_secret_value()
        self._clock = clock
        self._account = settings.account
        key = settings.aes_key if settings.mode == "aes" else None
        self._envelope = Envelope(key.get_secret_value(), settings.app_id) if key is not None else None

    def check(self, query: Mapping[str, str]) -> None:
        """Check who calls, before anything of the call is read.

        Raises:
            NotBelieved: no signature of WeChat's, or one older or newer than 5 minutes.
        """
        timestamp = query.get("timestamp", "")
        if not is_signed(query.get("signature", ""), self._token, timestamp, query.get("nonce", "")):
            raise NotBelieved("signature")
        if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > _LONGEST_TIMESTAMP:
            raise NotBelieved("timestamp")
        if abs(self._clock.now() - datetime.fromtimestamp(int(timestamp), UTC)) > SIGNATURE_LASTS:
            raise NotBelieved("stale")

    def read(self, query: Mapping[str, str], body: bytes) -> dict[str, str]:
        """Return the fields of a call's body, out of its envelope in mode ``aes``.

        Raises:
            NotBelieved: not sealed, not sealed for us, or meant for another account.
            MalformedCall: no XML that is taken.
        """
        call = read_xml(body)
        if self._envelope is not None:
            sealed = call.get("Encrypt", "")
            signed = (self._token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
            if not sealed:
                raise NotBelieved("plain message in mode aes")
            if not is_signed(query.get("msg_signature", ""), *signed):
                raise NotBelieved("signature of the message")
            try:
                call = read_xml(self._envelope.open(sealed))
            except EnvelopeBroken as exc:
                raise NotBelieved(f"envelope {exc}") from None
        elif "Encrypt" in call and "MsgType" not in call:
            raise NotBelieved("sealed message in mode plain")
        if self._account is not None and call.get("ToUserName") != self._account:
            raise NotBelieved("another account")
        return call


def webhook_router(receive: Receive, settings: WechatSettings, *, clock: Clock) -> APIRouter:
    """Return the routes of ``/hooks/wechat``: GET for the check of the address, POST for messages.

    A message is answered "success" once it is stored or where it is none of ours, 503
    where storing failed (WeChat posts it three times in all), 403 where it is not
    believed, 413 over 1 MiB and 400 for what is no XML.
    """
    gate = Gate(settings, clock)
    router = APIRouter()

    @router.get("/hooks/wechat")
    async def check_address(request: Request) -> PlainTextResponse:
        try:
            gate.check(request.query_params)
        except NotBelieved as exc:
            return _refused(exc)
        return PlainTextResponse(request.query_params.get("echostr", ""))

    @router.post("/hooks/wechat")
    async def take(request: Request) -> PlainTextResponse:
        try:
            gate.check(request.query_params)
            body = await bounded_body(request, BODY_LIMIT)
            if body is None:
                return PlainTextResponse("too large", status_code=413)
            call = gate.read(request.query_params, body)
        except NotBelieved as exc:
            return _refused(exc)
        except MalformedCall as exc:
            log.warning("wechat.call_malformed", error=str(exc))
            return PlainTextResponse("the body is not XML", status_code=400)
        try:
            inbound = to_inbound(call, settings.app_id)
        except MalformedCall as exc:
            # Anything but success would be shown to the customer as "out of service".
            log.warning("wechat.call_malformed", error=str(exc))
            return PlainTextResponse("success")
        if inbound is None:
            log.info("wechat.event_ignored", event_kind=call["Event"][:40])
        elif not await store(receive, inbound):
            return PlainTextResponse("not stored; post it again", status_code=503)
        return PlainTextResponse("success")

    return router


def _refused(exc: NotBelieved) -> PlainTextResponse:
    log.warning("wechat.call_refused", why=str(exc))
    return PlainTextResponse("not believed", status_code=403)
