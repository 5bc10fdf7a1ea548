"""Logs: one line an event, facts with units, to stderr; never a secret, never a customer's words."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

import structlog

from bot import redaction
from bot.settings import LogSettings


def configure(settings: LogSettings, secrets: Iterable[str]) -> None:
    """Set logging up for this process, for our own events and for the libraries'."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    redaction.install(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redaction.redact_processor,
    ]
    renderer: structlog.typing.Processor
    if settings.format == "json":
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
    for name in ("apscheduler", "alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_record(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
