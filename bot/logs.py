"""Logs: one line an event, facts with units, to stderr; never a secret, never a customer's words."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterable
from typing import Any

import structlog

from bot import redaction
from bot.settings import LogSettings

log = structlog.get_logger(__name__)


def configure(settings: LogSettings, secrets: Iterable[str], *, role: str = "shuke") -> None:
    """Set logging up for this process, for our own events and for the libraries'.

    Lines in JSON say which process speaks: its ``role`` and pid.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    redaction.install(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redaction.drop_error_texts,
        redaction.redact_processor,
    ]
    renderer: structlog.typing.Processor
    if settings.format == "json":
        shared.insert(0, _speaker(role))
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_without_record, renderer], foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    for name in ("apscheduler", "alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _speaker(role: str) -> structlog.typing.Processor:
    speaker = {"role": role, "pid": os.getpid()}

    def name(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**speaker, **event}

    return name


def report_lost_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let the event loop tell of an error that nobody waited for by its kind and place, not by its words."""

    def report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        about = {} if error is None else {"exception": redaction.without_words(error)}
        log.error("task.lost", what=context["message"], **about)

    loop.set_exception_handler(report)


def _without_record(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
