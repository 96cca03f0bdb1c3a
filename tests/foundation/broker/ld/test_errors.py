"""Every error of the broker as clients see it (clauses 5.5.2 and 6.3.2)."""

from __future__ import annotations

import pytest

from chengshu.foundation.broker import errors
from chengshu.foundation.broker.errors import ERRORS, BrokerError
from chengshu.kernel.errors import Invalid, Missing

KINDS = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BrokerError)),
    key=lambda kind: kind.__name__,
)
STATUS = {
    "AlreadyExists": 409,
    "BadRequestData": 400,
    "BrokerError": 500,
    "Conflict": 409,
    "InternalError": 500,
    "InvalidRequest": 400,
    "LdContextNotAvailable": 503,
    "LoopDetected": 508,
    "NoMultiTenantSupport": 501,
    "NonexistentTenant": 404,
    "OperationNotSupported": 422,
    "ResourceNotFound": 404,
    "TooComplexQuery": 403,
    "TooManyResults": 403,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_problem_of_an_error(kind: type[BrokerError]) -> None:
    error = kind("it broke", where="id", remedy="mend it", more=1)
    body = error.as_problem()
    problem = "InternalError" if kind is BrokerError else kind.__name__
    assert body.pop("title")
    assert body == {
        "type": ERRORS + problem,
        "status": STATUS[kind.__name__],
        "detail": "it broke",
        "where": "id",
        "remedy": "mend it",
        "more": 1,
    }
    assert error.fault.code == "".join(f"-{c.lower()}" if c.isupper() else c for c in problem).lstrip("-")


def test_they_are_errors_of_the_hub_too() -> None:
    assert issubclass(errors.BadRequestData, Invalid)
    assert issubclass(errors.ResourceNotFound, Missing)
    assert set(STATUS) <= {kind.__name__ for kind in KINDS}
