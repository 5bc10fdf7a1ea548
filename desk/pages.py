"""Pages: templates filled for whoever asks, in their language, under headers that keep other sites out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from crm_store.errors import StoreBusy
from desk import assets, roles
from desk.context import Desk, Visitor
from desk.errors import NotSignedIn, Refused
from desk.words import FAMILIES, LANGUAGES, Words, preferred, words

LANGUAGE_COOKIE = "shuke_desk_language"
SIGN_IN = "/desk/sign-in"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send forms of ours with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_NOT_KEPT = {"Cache-Control": "no-store"}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@cache
def templates() -> Environment:
    """Return the templates, which are compiled once a process: that takes longer than to fill them."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.globals["asset"] = assets.address_of
    return found


class Pages:
    """Fills templates."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.assets = assets.load()

    def words_for(self, request: Request) -> Words:
        """Return the words in the language that the browser has chosen, or else likes best."""
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        if chosen not in LANGUAGES:
            chosen = preferred(request.headers.get("accept-language"), self._desk.language)
        return words(chosen, self._desk.zone)

    def show(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page, or a part of one."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        page = templates().get_template(template)
        filled = page.render(
            t=self.words_for(request),
            now=self._desk.clock.now(),
            visitor=visitor,
            path=request.url.path,
            may=lambda action: visitor is not None and roles.may(visitor.role, action),
            **values,
        )
        return HTMLResponse(filled, status, headers=_NOT_KEPT)

    def refusal(self, request: Request, refused: Refused) -> Response:
        """Return what whoever asked is told: a line in the page that they have open, or a page of its own."""
        t = self.words_for(request)
        # What has a name of its own in each language is called by it.
        values = {name: t.named(name, value) if name in FAMILIES else value for name, value in refused.values.items()}
        text = t(f"wrong.{refused.wrong}", **values)
        if is_part(request):
            response = self.show(request, "_notice.html", status=refused.status, text=text, wrong=True)
            response.headers["HX-Retarget"] = "#notice"
            response.headers["HX-Reswap"] = "innerHTML"
            return response
        return self.show(request, "refused.html", status=refused.status, text=text)


def is_part(request: Request) -> bool:
    """Return whether an open page asks for a part of itself."""
    return "hx-request" in request.headers


def sent_to(request: Request, address: str) -> Response:
    """Send the browser to another page, also where only a part of one was asked for."""
    if is_part(request):
        return Response(status_code=HTTPStatus.OK, headers={"HX-Redirect": address} | _NOT_KEPT)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, headers=_NOT_KEPT)


def route_of(pages: Pages) -> type[APIRoute]:
    """Return the class of the desk's routes: refusals become pages, and every answer has our headers."""

    class DeskRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    response = await answer(request)
                except NotSignedIn:
                    response = sent_to(request, SIGN_IN)
                except Refused as exc:
                    response = pages.refusal(request, exc)
                except (RequestValidationError, HTTPException):
                    response = pages.refusal(request, Refused(422, "form"))
                except StoreBusy:
                    response = pages.refusal(request, Refused(503, "busy"))
                response.headers.update(HEADERS)
                return response

            return guarded

    return DeskRoute
