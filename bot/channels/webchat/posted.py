"""What browsers send: bounded before it is read, checked before it is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.channels.edge import storable

BODY_LIMIT = 16 * 1024
LONGEST_TEXT = 2000


class Refused(Exception):
    """A request that can't be taken; the text names the mend."""

    def __init__(self, status: int, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


class Said(BaseModel):
    """One message as the browser posts it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$")]
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    payload: Annotated[str, Field(max_length=256)] | None = None
    language: Literal["zh", "en"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if bool((self.text or "").strip()) == bool(self.payload):
            raise ValueError("a message has either a text or a payload")
        return self


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request, `BODY_LIMIT` bytes at most."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "the body has to be application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refused(413, f"a body has at most {BODY_LIMIT} bytes")
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(content, dict):
        raise Refused(400, "the body is not a JSON object")
    return content


def read_said(content: Mapping[str, Any]) -> Said:
    """Return the message that a browser posted, without the characters that no database takes."""
    clean = {key: storable(value) if isinstance(value, str) else value for key, value in content.items()}
    try:
        return Said.model_validate(clean)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part in Said.model_fields) or "message"
        raise Refused(422, f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


_KEY = re.compile(r"[0-9]{16}\.[01]\.[0-9]{12,18}")


def read_cursor(request: Request) -> str | None:
    """Return from where on a browser wants to know: ``after``, or what it heard last."""
    cursor = request.query_params.get("after") or request.headers.get("Last-Event-ID") or None
    if cursor is not None and not (cursor[:16].isascii() and cursor[:16].isdecimal() and len(cursor[:16]) == 16):
        raise Refused(400, "after: is no cursor; give the key of a message, or nothing")
    return cursor


def read_before(request: Request) -> str | None:
    """Return before which line a browser wants to see more: ``before``, the key of the oldest that it has."""
    key = request.query_params.get("before") or None
    if key is not None and not _KEY.fullmatch(key):
        raise Refused(400, "before: is no key of a message")
    if key is not None and request.query_params.get("after"):
        raise Refused(400, "before: goes without after")
    return key
