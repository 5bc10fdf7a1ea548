"""No log and no stderr ever holds a secret, or a customer's words, name or phone."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bot.redaction import without_words
from crm_store import schema
from tests.bot.canary_paths import MARKS
from tests.servers.databases import Databases

REPOSITORY = Path(__file__).parents[2]
# What has to be there, so that silence is not taken for discretion.
EXPECTED = (
    "turn.failed", "delivery.postponed", "delivery.channel_broke", "telegram.update_malformed", "telegram.postponed",
    "inbound.not_stored", "task.lost", "something.broke", "Exception in ASGI application", "canary_paths.py",
    "path=polling", "shuke_turns_total{", "inbox_oldest_s", "path=webhook", "path=failures", "path=libraries",
    "path=wechat", "wechat.not_sent", "wechat.no_token", "wechat.call_malformed", "wechat.call_refused",
)  # fmt: skip


def test_nothing_of_a_customer_and_no_secret_is_logged_whatever_fails(databases: Databases, tmp_path: Path) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(databases.bare()) for _ in range(4)]
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bot.canary_paths", tmp_path, *urls],
            cwd=REPOSITORY, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        used = [schema.is_current(url) for url in urls[:3]]
    said = ended.stdout + ended.stderr

    assert ended.returncode == 0, said
    assert all(used), "it ran on these databases"
    assert [mark for mark in MARKS if mark in said] == []
    assert [expected for expected in EXPECTED if expected not in said] == []


def test_an_error_is_told_by_its_kind_and_place_with_its_causes() -> None:
    words = "the customer's words"
    try:
        try:
            dict[str, str]()[words]
        except KeyError as exc:
            raise ValueError(words) from exc
    except ValueError as exc:
        told = without_words(exc)

    assert words not in told
    assert "ValueError\nwhich came of\n" in told
    assert told.endswith("KeyError")
    assert "test_logs.py" in told


def test_a_line_in_json_says_when_what_how_grave_who_speaks_and_of_which_message() -> None:
    program = (
        "import structlog; from bot import logs; from bot.settings import LogSettings\n"
        "logs.configure(LogSettings(format='json'), [], role='worker')\n"
        "with structlog.contextvars.bound_contextvars(turn='01REF'):\n"
        "    structlog.get_logger().warning('turn.failed', error='KeyError')\n"
        "import logging; logging.getLogger('uvicorn.error').warning('of a library')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )

    ours, librarys = (json.loads(line) for line in ended.stderr.splitlines())
    assert ours.pop("pid") > 0
    assert datetime.fromisoformat(ours.pop("timestamp")).tzinfo is UTC
    assert ours == {"event": "turn.failed", "level": "warning", "role": "worker", "turn": "01REF", "error": "KeyError"}
    assert (librarys["event"], librarys["role"]) == ("of a library", "worker")
