"""Durations as people write them: plain seconds, also where they come as text, as from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

MEND = "is no duration; write seconds such as 2.5, or ISO 8601 such as PT12H"
_SECONDS = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]+)?\s*")


def with_seconds_read(given: Mapping[str, Any], model: Any) -> dict[str, Any]:
    """Return what is ``given`` for ``model``, with the seconds of its durations as numbers where they come as text.

    ``model`` is a pydantic class; ``given`` holds its values, or sections of them. What
    else stands there is left as it is, for the model to judge.
    """
    read = dict(given)
    for key, field in model.__pydantic_fields__.items():
        value = read.get(key)
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        if timedelta in kinds:
            if isinstance(value, str) and _SECONDS.fullmatch(value):
                read[key] = float(value)
        elif isinstance(value, Mapping):
            section = next((kind for kind in kinds if hasattr(kind, "__pydantic_fields__")), None)
            read[key] = with_seconds_read(value, section) if section is not None else value
    return read
