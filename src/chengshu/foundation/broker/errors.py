"""Errors of the broker, each with the type by which NGSI-LD clients know it.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.5.2 (error types) and 6.3.2 (HTTP status of each).
"""

from __future__ import annotations

from typing import Any, ClassVar

from chengshu.kernel import errors

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


class BrokerError(errors.ChengshuError):
    """Base of the broker's errors; ``problem`` is the last part of the NGSI-LD error type."""

    problem: ClassVar[str] = "InternalError"
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "The broker could not do this"

    def __init__(self, detail: str, *, where: str = "", remedy: str = "", **extra: Any) -> None:
        super().__init__(self.code, detail, where=where, remedy=remedy, **extra)

    def as_problem(self) -> dict[str, Any]:
        """The body of clause 5.5.3: problem details whose ``type`` is the NGSI-LD error type."""
        return super().as_problem() | {"type": ERRORS + self.problem}


class BadRequestData(BrokerError, errors.Invalid):
    """The request is readable, and what it says breaks a rule of NGSI-LD."""

    status = 400
    problem, code, title = "BadRequestData", "bad-request-data", "The request does not follow NGSI-LD"


class InvalidRequest(BrokerError, errors.Invalid):
    """The request is not what the operation needs: not JSON, or an unknown or missing parameter."""

    status = 400
    problem, code, title = "InvalidRequest", "invalid-request", "The request cannot be read"


class AlreadyExists(BrokerError, errors.Conflict):
    """An element with this identifier is there already."""

    status = 409
    problem, code, title = "AlreadyExists", "already-exists", "It exists already"


class Conflict(BrokerError, errors.Conflict):
    """The element contradicts another one, such as an exclusive registration."""

    status = 409
    problem, code, title = "Conflict", "conflict", "It contradicts what is there"


class OperationNotSupported(BrokerError):
    """The operation is not one that this broker, or this element, can do."""

    status = 422
    problem, code = "OperationNotSupported", "operation-not-supported"
    title = "The operation is not supported"


class ResourceNotFound(BrokerError, errors.Missing):
    """The element asked for does not exist."""

    status = 404
    problem, code, title = "ResourceNotFound", "resource-not-found", "It does not exist"


class TooComplexQuery(BrokerError):
    """The query would take more than the broker gives to one request."""

    status = 403
    problem, code, title = "TooComplexQuery", "too-complex-query", "The query is too complex"


class TooManyResults(BrokerError):
    """The answer would be larger than the broker gives to one request."""

    status = 403
    problem, code, title = "TooManyResults", "too-many-results", "There are too many results"


class LdContextNotAvailable(BrokerError, errors.Unavailable):
    """A JSON-LD @context that the request names cannot be had."""

    status = 503
    problem, code = "LdContextNotAvailable", "ld-context-not-available"
    title = "The @context is not available"


class NoMultiTenantSupport(BrokerError):
    """The request names a tenant and the broker has none."""

    status = 501
    problem, code, title = "NoMultiTenantSupport", "no-multi-tenant-support", "There are no tenants here"


class NonexistentTenant(BrokerError, errors.Missing):
    """The tenant of the request does not exist."""

    status = 404
    problem, code, title = "NonexistentTenant", "nonexistent-tenant", "The tenant does not exist"


class LoopDetected(BrokerError):
    """The request has passed through this broker before (clause 6.3.18)."""

    status = 508
    problem, code, title = "LoopDetected", "loop-detected", "The request goes round in a circle"


class InternalError(BrokerError):
    """Something in the broker broke; nothing was changed."""

    status = 500
    problem, code, title = "InternalError", "internal-error", "The broker failed"
