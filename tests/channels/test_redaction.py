"""No secret reaches a log, whoever writes it and whatever formats it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from bot import redaction

TOKEN = "7000000001:AAcanary-token-canary-token-canary-00"
SECRET = "canary-webhook-secret"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    undo = redaction.install([TOKEN, SECRET, "abc"])
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)
    undo()


log = logging.getLogger("tests.redaction")


@pytest.mark.parametrize(
    "write",
    [
        lambda: log.warning("token %s", TOKEN),
        lambda: log.warning(f"token {TOKEN}"),
        lambda: log.warning("%s:%s", *TOKEN.split(":")),
        lambda: log.warning("url %s", httpx.URL(f"https://api.telegram.org/bot{TOKEN}/getMe")),
        lambda: log.warning("%(all)s", {"all": {"deep": [TOKEN]}}),
        lambda: log.warning("secret %r", (SECRET,)),
        lambda: log.warning("another bot's 123456789:%s", "B" * 35),
        lambda: log.warning("url %s", httpx.URL("https://api.weixin.qq.com/x", params={"access_token": "B" * 35})),
        lambda: log.warning("answer %s", {"access_token": "B" * 35, "expires_in": 7200}),
    ],
    ids=["argument", "message", "in two parts", "object", "mapping", "tuple", "unknown token", "lent", "lent in JSON"],
)
def test_a_secret_is_masked_wherever_it_stands(logged: io.StringIO, write: object) -> None:
    write()  # type: ignore[operator]

    assert redaction.MASK in logged.getvalue()
    assert "canary" not in logged.getvalue()
    assert "BBBB" not in logged.getvalue()


def test_an_exception_that_carries_the_url_is_cleaned_with_its_causes(logged: io.StringIO) -> None:
    request = httpx.Request("POST", f"https://api.telegram.org/bot{TOKEN}/getMe")
    try:
        try:
            httpx.Response(401, request=request).raise_for_status()
        except httpx.HTTPStatusError as exc:
            raise RuntimeError("telegram failed") from exc
    except RuntimeError:
        log.exception("it failed")

    assert "it failed" in logged.getvalue()
    assert "HTTPStatusError" in logged.getvalue()
    assert "canary" not in logged.getvalue()


def test_what_holds_no_secret_is_left_as_it_is(logged: io.StringIO) -> None:
    log.warning('%s - "%s %s" %d', "127.0.0.1", "GET", "/healthz abc", 200)
    try:
        raise ValueError("plain")
    except ValueError:
        log.exception("it failed")

    assert '127.0.0.1 - "GET /healthz abc" 200' in logged.getvalue()
    assert "ValueError: plain" in logged.getvalue()


def test_structured_events_are_cleaned_too(logged: io.StringIO) -> None:
    shown = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(shown), [redaction.redact_processor, structlog.processors.JSONRenderer()]
    )

    try:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/getMe")
    except RuntimeError as exc:
        logger.error("it.failed", url=f"/bot{TOKEN}/getMe", more={"secret": [SECRET]}, exc_info=exc)

    assert "it.failed" in shown.getvalue()
    assert "RuntimeError" in shown.getvalue()
    assert "canary" not in shown.getvalue()


def test_libraries_that_log_urls_and_words_are_held_to_warnings(logged: io.StringIO) -> None:
    for name in ("httpx", "httpcore.http11", "telegram.Bot"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
