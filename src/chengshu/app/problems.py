"""Errors at the HTTP edge: ``application/problem+json`` (RFC 9457), whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from chengshu.kernel.errors import ChengshuError

_log = structlog.get_logger("chengshu.http")


def problem(body: Mapping[str, Any]) -> JSONResponse:
    """The body as problem+json with its own status."""
    return JSONResponse(dict(body), status_code=int(body["status"]), media_type="application/problem+json")


def add_problems(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""
    app.add_exception_handler(ChengshuError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


async def _known(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ChengshuError)  # noqa: S101  registered for this type only
    return problem(error.as_problem())


async def _invalid(_request: Request, error: Exception) -> Response:
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
        }
    )


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this type only
    titles = {404: "It does not exist", 405: "This address does not take that method"}
    response = problem(
        {
            "type": f"urn:chengshu:problem:http-{error.status_code}",
            "title": titles.get(error.status_code, "The request could not be answered"),
            "status": error.status_code,
            "detail": str(error.detail),
        }
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
        }
    )
