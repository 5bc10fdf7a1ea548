"""How the API says no: a status, a code for programs, a sentence and a mend for people, and never what was sent.

{"error": {"code": "no_such_customer", "message": "…", "mend": "…", "field": "phone"}}
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from crm_store.errors import NotAllowed, NotEnoughPoints, StoreBusy
from crm_store.imports import RowRefused

_CODES = {404: "no_such_path", 405: "method_not_allowed"}


class Error(BaseModel):
    """Why a call was not carried out."""

    code: str
    message: str
    mend: str | None = None
    field: str | None = None


class Refusal(BaseModel):
    """The body of every answer that is a no."""

    error: Error


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": told}
    for status, told in {
        400: "The body cannot be read",
        401: "No key, or none that works",
        403: "The key has not this scope",
        404: "There is no such thing",
        405: "Not by this method",
        409: "Not from where it stands",
        422: "A field that cannot be, or a name used for another call",
        503: "Too much is waiting; try again",
    }.items()
}


class ApiRefused(Exception):
    """A call that is not carried out; nothing has changed."""

    def __init__(self, status: int, code: str, message: str, mend: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.mend = mend
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def refusal(
    status: int, code: str, message: str, mend: str | None = None, field: str | None = None, **headers: str
) -> JSONResponse:
    """Return the answer to a call that is refused."""
    error = {"code": code, "message": message, "mend": mend, "field": field}
    said = {name: value for name, value in error.items() if value is not None}
    return JSONResponse({"error": said}, status, headers)


def say_no_in_our_words(app: FastAPI) -> None:
    """Let everything that the store, the rows of an import and the framework refuse be answered alike."""

    @app.exception_handler(ApiRefused)
    async def _refused(_: Request, exc: ApiRefused) -> JSONResponse:
        return refusal(exc.status, exc.code, exc.message, exc.mend, **exc.headers)

    @app.exception_handler(RowRefused)
    async def _row(_: Request, exc: RowRefused) -> JSONResponse:
        return refusal(422, "refused", exc.reason, exc.mend, exc.field)

    @app.exception_handler(NotAllowed)
    async def _not_allowed(_: Request, exc: NotAllowed) -> JSONResponse:
        return refusal(409, exc.code, str(exc))

    @app.exception_handler(NotEnoughPoints)
    async def _not_enough(_: Request, exc: NotEnoughPoints) -> JSONResponse:
        return refusal(409, "not_enough_points", str(exc), "ask for the balance first")

    @app.exception_handler(StoreBusy)
    async def _busy(_: Request, exc: StoreBusy) -> JSONResponse:
        return refusal(503, "busy", str(exc), "try again in a second", **{"Retry-After": "1"})

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, exc: RequestValidationError) -> JSONResponse:
        first = exc.errors()[0]
        return refusal(422, "invalid", str(first["msg"]), "see openapi.json", _place(first["loc"]))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, exc: HTTPException) -> JSONResponse:
        headers = dict(exc.headers or {})
        return refusal(exc.status_code, _CODES.get(exc.status_code, "refused"), str(exc.detail), **headers)


def _place(location: tuple[Any, ...]) -> str:
    """Return where it is: names are those of our own schema, but for keys that the caller made up."""
    return ".".join(str(part) for part in location[1:3]).encode("ascii", "replace").decode()[:80] or str(location[0])
