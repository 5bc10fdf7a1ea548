"""What the browser is given: the page, the one script for other sites, and their files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.channels.webchat.settings import WebchatSettings

STATIC = Path(__file__).with_name("static")
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_NO_SITES = "const SITES = [];"


class Pages:
    """The files of the chat, read once; a browser that has one is told whether it is still good."""

    def __init__(self, settings: WebchatSettings) -> None:
        templates = Environment(loader=FileSystemLoader(STATIC), autoescape=True, undefined=StrictUndefined)
        self._chat = templates.get_template("chat.html").render(
            title_zh=settings.title_zh, title_en=settings.title_en, sites=" ".join(settings.sites)
        )
        self._policy = _policy(settings.sites)
        files = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir() if path.suffix in _KINDS}
        widget = files.pop("widget.js")
        self._widget = widget.replace(_NO_SITES, f"const SITES = {json.dumps(settings.sites)};")
        self._files = files

    def chat(self, request: Request) -> Response:
        """Return the page; nothing but our own files may run in it, and nobody but ``sites`` may frame it."""
        headers = {"Content-Security-Policy": self._policy, "Referrer-Policy": "no-referrer"}
        return _answer(request, self._chat, "text/html; charset=utf-8", headers)

    def widget(self, request: Request) -> Response:
        """Return the script that other sites' pages name."""
        return _answer(request, self._widget, _KINDS[".js"], {"Cross-Origin-Resource-Policy": "cross-origin"})

    def file(self, request: Request, name: str) -> Response:
        """Return a script or style of the page; 404 for anything else."""
        content = self._files.get(name)
        if content is None:
            return Response("there is no such file", status_code=404, media_type="text/plain")
        return _answer(request, content, _KINDS[Path(name).suffix], {})


def _policy(sites: tuple[str, ...]) -> str:
    return "; ".join(
        (
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
            "base-uri 'none'", "form-action 'none'", f"frame-ancestors {' '.join(("'self'", *sites))}",
        )
    )  # fmt: skip


def _answer(request: Request, content: str, kind: str, headers: dict[str, str]) -> Response:
    body = content.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers |= {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)
