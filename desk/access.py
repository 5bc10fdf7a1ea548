"""Who asks, whether they may, and whether it was really their own browser's page that asked."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from crm_store import sign_ins
from desk.context import Desk, Visitor
from desk.errors import NotSignedIn, Refused
from desk.roles import Action, may

COOKIE = "shuke_desk"
MOST_FIELDS = 20
_READING = ("GET", "HEAD")


class May:
    """The dependency of every route behind the sign-in: lets in who may do ``action``.

    ``by_itself`` is for what an open page asks for without anybody touching it: that
    keeps nobody signed in.

    Raises:
        NotSignedIn: nobody is signed in.
        Refused: their role may not do this, or a form came from elsewhere.
    """

    def __init__(self, desk: Desk, action: Action, *, by_itself: bool = False) -> None:
        self.desk = desk
        self.action: Action = action
        self.by_itself = by_itself

    async def __call__(self, request: Request) -> Visitor:
        desk, token = self.desk, request.cookies.get(COOKIE, "")
        now = desk.clock.now()
        found = await desk.store.read(sign_ins.find, token, now=now, limits=desk.limits) if token else None
        if found is None:
            raise NotSignedIn
        if found.stale and not self.by_itself:
            await desk.store.run(sign_ins.seen, token, now=now)
        visitor = Visitor(found.name, found.role, token, csrf_of(token), {})
        request.state.visitor = visitor
        if not may(found.role, self.action):
            raise Refused(403, "not_yours_to_do")
        if request.method in _READING:
            return visitor
        from_our_own_page(request)
        form = await posted(request)
        if not hmac.compare_digest(form.get("csrf", "").encode(), visitor.csrf.encode()):
            raise Refused(403, "page_too_old")
        return Visitor(visitor.name, visitor.role, token, visitor.csrf, form)


def csrf_of(token: str) -> str:
    """Return what the forms of a session bring along; who reads it in a page can't tell the token from it."""
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()


def from_our_own_page(request: Request) -> None:
    """Let a post through that a page of ours has sent.

    Raises:
        Refused: it comes from another site, or the browser doesn't say from where.
    """
    origin = request.headers.get("origin")
    if origin is None:
        if request.headers.get("sec-fetch-site") != "same-origin":
            raise Refused(403, "from_elsewhere")
    # The scheme is left out: a proxy in front may speak https while we don't.
    elif urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused(403, "from_elsewhere")


async def posted(request: Request) -> dict[str, str]:
    """Return the texts of a form; files are no business of ours."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
