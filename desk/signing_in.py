"""Signing in and out, the language, and the files of the pages: what is open to everybody."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import accounts, audit, sign_ins
from desk.access import COOKIE, May, from_our_own_page, posted
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import LANGUAGE_COOKIE, SIGN_IN, Pages, sent_to
from desk.passwords import LONGEST, TooBusy
from desk.words import LANGUAGES

LONGEST_NAME = 64
_FOR_EVER = timedelta(days=365)


def signing_in(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes that need nobody signed in, and the one that signs out."""

    @router.get("/sign-in")
    async def page(request: Request) -> Response:
        return pages.show(request, "sign_in.html", wrong=None, name="")

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        from_our_own_page(request)
        form = await posted(request)
        name = unicodedata.normalize("NFKC", form.get("name", "")).strip()
        try:
            token = await _token_for(desk, name, form.get("password", ""))
        except Refused as exc:
            text = pages.words_for(request)(f"wrong.{exc.wrong}", **exc.values)
            return pages.show(request, "sign_in.html", status=exc.status, wrong=text, name=name[:LONGEST_NAME])
        response = sent_to(request, "/desk")
        _set_cookie(desk, request, response, COOKIE, token, desk.limits.at_most)
        return response

    @router.post("/sign-out")
    async def sign_out(request: Request, visitor: Visitor = Depends(May(desk, "enter"))) -> Response:
        await desk.store.run(sign_ins.end, visitor.token)
        response = sent_to(request, SIGN_IN)
        response.delete_cookie(COOKIE, path="/desk")
        return response

    @router.post("/language")
    async def language(request: Request) -> Response:
        from_our_own_page(request)
        form = await posted(request)
        if form.get("language") not in LANGUAGES:
            raise Refused(422, "form")
        # Where they came from is only followed within the desk.
        back = form.get("back", "")
        response = sent_to(request, back if back.startswith("/desk/") else "/desk")
        _set_cookie(desk, request, response, LANGUAGE_COOKIE, form["language"], _FOR_EVER)
        return response

    @router.get("/static/{name:path}")
    async def static(name: str) -> Response:
        asset = pages.assets.get(name)
        if asset is None:
            raise Refused(404, "not_there")
        kept = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{asset.mark}"'}
        return Response(asset.content, media_type=asset.media_type, headers=kept)


async def _token_for(desk: Desk, name: str, password: str) -> str:
    """Return the token of a new session.

    Raises:
        Refused: name or password is wrong, or somebody tried too often; the words are the
            same whether there is such an account or not.
    """
    if not name or len(name) > LONGEST_NAME or len(password) > LONGEST:
        raise Refused(401, "name_or_password")
    wait = await desk.store.run(sign_ins.try_to, name, now=desk.clock.now())
    if wait:
        raise Refused(429, "too_many_tries", minutes=-(-int(wait.total_seconds()) // 60))
    account = await desk.store.read(accounts.of, name)
    kept = account.password_hash if account is not None and account.disabled_at is None else None
    try:
        right = await desk.passwords.is_right(password, kept)
    except TooBusy:
        raise Refused(503, "busy") from None
    if not right or kept is None:
        raise Refused(401, "name_or_password")
    newer = await desk.passwords.newer(password, kept)
    token = f"{desk.chance.getrandbits(256):064x}"
    await desk.store.run(_begin, desk, name, token, kept, newer)
    return token


def _begin(conn: Connection, desk: Desk, name: str, token: str, kept: str, newer: str | None) -> None:
    now = desk.clock.now()
    account = accounts.of(conn, name)
    if account is None or account.disabled_at is not None or account.password_hash != kept:
        raise Refused(401, "name_or_password")  # somebody closed it, or changed it, while we looked
    sign_ins.forgive(conn, name)
    if newer is not None:
        accounts.rehash(conn, name, newer)
    sign_ins.begin(conn, token, name, now=now, limits=desk.limits)
    audit.record(conn, at=now, by=f"agent:{name}", action="sign_in")


def _set_cookie(desk: Desk, request: Request, response: Response, key: str, value: str, age: timedelta) -> None:
    secure = desk.https or request.url.scheme == "https"
    response.set_cookie(
        key, value, max_age=int(age.total_seconds()), path="/desk", secure=secure, httponly=True, samesite="lax"
    )
