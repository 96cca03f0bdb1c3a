"""Errors as the API says them: ``application/problem+json`` with the type URIs of clause 5.5.2 and 6.3.2."""

from __future__ import annotations

from typing import Any

import msgspec

from chengshu.foundation.broker.errors import BadRequestData, ResourceNotFound
from chengshu.kernel.errors import ChengshuError, Invalid
from chengshu.surfaces.ngsi_ld.media import PROBLEM
from chengshu.surfaces.ngsi_ld.operation import Answer

_encode = msgspec.json.Encoder().encode
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


def as_problem(error: ChengshuError) -> dict[str, Any]:
    """The body that says ``error``; what another room found invalid is bad request data here."""
    if type(error) is Invalid:
        fault = error.fault
        known = BadRequestData(fault.detail, where=fault.where, remedy=fault.remedy, **error.extra)
        return known.as_problem()
    return error.as_problem()


def problem(error: ChengshuError, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """``error`` as an answer."""
    body = as_problem(error)
    return Answer(int(body["status"]), _encode(body), PROBLEM, headers)


def no_such_path(path: str) -> ResourceNotFound:
    """The error of an address that does not exist."""
    return ResourceNotFound(f"there is nothing at {path[:200]!r}", where="path", remedy="see /openapi.json")


def _plain(status: int, code: str, title: str, detail: str, remedy: str, allow: str = "") -> Answer:
    body = {
        "type": f"{ERRORS}{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "remedy": remedy,
    }
    return Answer(status, _encode(body), PROBLEM, (("allow", allow),) if allow else ())


def method_not_allowed(method: str, allow: str) -> Answer:
    """``405``: the address is there, but does not take ``method``."""
    return _plain(
        405,
        "OperationNotSupported",
        "This address does not take that method",
        f"{method[:20]} is not done here",
        f"use one of {allow}",
        allow,
    )


def unsupported_path(allow: str) -> Answer:
    """``400``: an id or name in the path is empty."""
    return _plain(
        400,
        "BadRequestData",
        "The path is not valid",
        "an id or name in the path is empty",
        f"say it; the methods here are {allow}",
    )


def too_deep() -> Answer:
    """``400``: the request is nested so deep that it cannot be handled."""
    return _plain(
        400,
        "BadRequestData",
        "The request is nested too deep",
        "the request is nested deeper than it can be handled",
        "flatten it",
    )


def unexpected() -> Answer:
    """``500``: a mistake of ours; it is in the log."""
    return _plain(
        500,
        "InternalError",
        "The hub made a mistake",
        "An unexpected error happened; it is in the log.",
        "try again; if it stays, tell the operator the time and the address",
    )
