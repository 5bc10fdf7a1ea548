"""See whether somebody has sent a password or a code, so that they are warned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flows.actions import ActionContext, action
from nlu.entities.folding import fold

_SECRET = re.compile(
    r"(?:验证码|动态码|校验码)\s*(?:是|为|:|=)?\s*\d{4,8}(?!\d)|密码\s*(?:是|为|:|=)\s*[!-~]{4,}"
    r"|(?<![a-z])(?:code|otp|pin)\s*(?:is|was|:|=)?\s*\d{4,8}(?!\d)|(?<![a-z])password\s*(?:is|was|:|=)\s*(?!wrong|not|incorrect|lost)"
    r"(?=[!-~]*[\d!-/:-@])[!-~]{4,}"
)


@action("look_for_secret", gives=("secret_sent",), only_reads=True)
def look_for_secret(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``secret_sent``: the message holds a password or a code."""
    return {"secret_sent": _SECRET.search(fold(args.get("question") or "")) is not None}
