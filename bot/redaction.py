"""Keeps secrets out of logs, whoever writes them.

A Telegram token is part of every URL of its API, and so is WeChat's access token: a
library that logs or raises with a URL gives the bot away. Records are cleaned as they are made, before any
handler sees them: handlers added later, by a server or a test, are covered too.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

MASK = "***"
_TELEGRAM_TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}")
# WeChat's changes every two hours, so it is known by its place alone.
_ACCESS_TOKEN = re.compile(r"""(access_token["']?\s*[=:]\s*["']?)[^\s"'&>)]+""")
# Shorter ones would blank out ordinary words.
_SHORTEST_SECRET = 6
# They log whole URLs at INFO, and what customers wrote at DEBUG.
_TALKATIVE = ("httpx", "httpcore", "telegram")

Uninstall = Callable[[], None]
_known: set[str] = set()


def redact(text: str) -> str:
    """Return ``text`` with every known secret, and whatever looks like a token of Telegram or WeChat, as ``***``."""
    # The longest first: a secret may hold another.
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _ACCESS_TOKEN.sub(rf"\1{MASK}", _TELEGRAM_TOKEN.sub(MASK, text))


def install(secrets: Iterable[str]) -> Uninstall:
    """Clean every log record of this process from now on; returns what undoes it (for tests).

    Secrets of fewer than 6 characters are left out.
    """
    _known.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)
    quieten_libraries()
    make = logging.getLogRecordFactory()

    def make_clean(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return _clean(make(*args, **kwargs))

    def undo() -> None:
        logging.setLogRecordFactory(make)
        _known.clear()

    logging.setLogRecordFactory(make_clean)
    return undo


def quieten_libraries() -> None:
    """Hold the HTTP and Telegram libraries to warnings, whatever the level of everything else."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact_processor(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Clean one structlog event; stands right before the renderer.

    An exception whose text holds a secret is replaced by its kind and where it was raised.
    """
    if error := _exception_in(event.get("exc_info")):
        text = _traceback(error)
        if redact(text) != text:
            del event["exc_info"]
            event["exception"] = redact(without_words(error))
    for key, value in event.items():
        event[key] = _redacted(value)
    return event


def without_words(error: BaseException) -> str:
    """Return where an error and its causes were raised and of what kind they are, without what they say.

    A customer's words are in the texts of many: of a missing key, of a value that cannot be read.
    """
    told: list[str] = []
    following: BaseException | None = error
    while following is not None:
        told.append("".join(traceback.format_tb(following.__traceback__)) + type(following).__qualname__)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return "\nwhich came of\n".join(told)


def drop_error_texts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Show a structlog event's exception without its words; stands before whatever formats exceptions."""
    given = event.pop("exc_info", None)
    if error := _exception_in(sys.exc_info() if given is True else given):
        event["exception"] = without_words(error)
    return event


def _clean(record: logging.LogRecord) -> logging.LogRecord:
    if isinstance(record.args, tuple):
        # One by one: servers' formatters take the arguments apart again.
        record.args = tuple(_redacted(value) for value in record.args)
    message = record.getMessage()
    if redact(message) != message:
        record.msg, record.args = redact(message), ()
    if error := _exception_in(record.exc_info):
        text = _traceback(error)
        if redact(text) != text:
            # Text and not a cleaned exception: whatever formats the record would
            # print the chain of its causes again.
            record.msg, record.args = f"{record.getMessage()}\n{redact(without_words(error))}", ()
            record.exc_info = None
    return record


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_redacted(inner) for inner in value)
    if value is None or isinstance(value, int | float):
        return value
    shown = str(value)
    return value if redact(shown) == shown else redact(shown)


def _exception_in(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple) and isinstance(exc_info[1], BaseException):
        return exc_info[1]
    return None


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
