"""Errors at the HTTP edge: ``application/problem+json`` (RFC 9457), in the caller's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from chengshu.console import faults
from chengshu.console.preferences import Preferences
from chengshu.kernel.errors import ChengshuError

_TITLES = {404: "It does not exist", 405: "This address does not take that method"}
_TOLD = ("title", "detail", "remedy")
_log = structlog.get_logger("chengshu.http")


def problem(body: Mapping[str, Any], request: Request) -> JSONResponse:
    """The body as problem+json with its own status, in the language the caller accepts or has chosen."""
    language = Preferences.of(request).language
    return JSONResponse(
        _in_language(body, language),
        status_code=int(body["status"]),
        headers={"content-language": language},
        media_type="application/problem+json",
    )


def _in_language(body: Mapping[str, Any], language: str) -> dict[str, Any]:
    code = str(body.get("code") or body.get("type", "")).rpartition(":")[2]
    told: dict[str, Any] = {key: faults.say(code, str(body[key]), language) for key in _TOLD if key in body}
    if words := faults.brought(body, language):
        told["detail"] = words
    if several := body.get("faults"):
        told["faults"] = [_in_language(fault, language) for fault in several]
    return {**body, **told}


def add_problems(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""
    app.add_exception_handler(ChengshuError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, ChengshuError)  # noqa: S101  registered for this type only
    return problem(error.as_problem(), request)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this type only
    faults = [
        {"where": "/".join(str(part) for part in item["loc"]), "detail": item["msg"]}
        for item in error.errors()
    ]
    return problem(
        {
            "type": "urn:chengshu:problem:request-invalid",
            "title": "The request is not valid",
            "status": 422,
            "detail": faults[0]["detail"] if faults else "it does not fit the API",
            "faults": faults,
            "remedy": "see /openapi.json for what this address takes",
        },
        request,
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this type only
    response = problem(
        {
            "type": f"urn:chengshu:problem:http-{error.status_code}",
            "title": _TITLES.get(error.status_code, "The request could not be answered"),
            "status": error.status_code,
            "detail": str(error.detail),
        },
        request,
    )
    response.headers.update(error.headers or {})
    return response


async def _unknown(request: Request, error: Exception) -> Response:
    _log.error("unexpected error", path=request.url.path, exc_info=error)
    return problem(
        {
            "type": "urn:chengshu:problem:internal",
            "title": "The hub made a mistake",
            "status": 500,
            "detail": "An unexpected error happened; it is in the log.",
            "remedy": "try again; if it stays, tell the operator the time and the address",
        },
        request,
    )
