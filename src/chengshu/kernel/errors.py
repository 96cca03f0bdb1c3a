"""Errors as typed values: what was wrong, where, and what to do about it.

At the HTTP edge a :class:`Fault` is rendered as ``application/problem+json`` (RFC 9457); on the command
line as one readable line. Domain code raises :class:`ChengshuError` subclasses and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: a stable code, a sentence, the place, and the remedy."""

    code: str
    detail: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" — {self.remedy}" if self.remedy else ""
        return f"{place}{self.detail}{cure} [{self.code}]"


class ChengshuError(Exception):
    """Base of everything the hub raises on purpose. ``status`` is the HTTP status at the edge."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "The hub could not do this"

    def __init__(self, code: str, detail: str, *, where: str = "", remedy: str = "", **extra: Any) -> None:
        self.fault = Fault(code, detail, where, remedy)
        self.extra = extra
        super().__init__(str(self.fault))

    def as_problem(self) -> dict[str, Any]:
        """The RFC 9457 body of this error."""
        body: dict[str, Any] = {
            "type": f"urn:chengshu:problem:{self.fault.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.fault.detail,
        }
        if self.fault.where:
            body["where"] = self.fault.where
        if self.fault.remedy:
            body["remedy"] = self.fault.remedy
        return body | self.extra


class Invalid(ChengshuError):
    """Input that cannot be accepted as it is."""

    status = 422
    title = "The input is not valid"


class Denied(ChengshuError):
    """The person may not do this; the fault says which policy decided."""

    status = 403
    title = "Not allowed"


class Unauthenticated(ChengshuError):
    """Nobody is signed in."""

    status = 401
    title = "Sign in first"


class Missing(ChengshuError):
    """The thing asked for does not exist."""

    status = 404
    title = "It does not exist"


class Conflict(ChengshuError):
    """The thing is no longer in the state this command needs."""

    status = 409
    title = "It has changed meanwhile"


class TooLarge(ChengshuError):
    """Input beyond a stated limit."""

    status = 413
    title = "Too large"


class Unavailable(ChengshuError):
    """A part the hub needs does not answer now."""

    status = 503
    title = "Not available now"


@dataclass(slots=True)
class Findings:
    """A collector for checks that should report every mistake, not only the first."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, code: str, detail: str, *, where: str = "", remedy: str = "") -> None:
        """Note one mistake and go on."""
        self.faults.append(Fault(code, detail, where, remedy))

    def __bool__(self) -> bool:
        return bool(self.faults)

    def raise_any(self) -> None:
        """Raise :class:`Invalid` carrying all faults, if there are any."""
        if self.faults:
            first = self.faults[0]
            rest = len(self.faults) - 1
            detail = first.detail + (f" (and {rest} more)" if rest else "")
            raise Invalid(
                first.code,
                detail,
                where=first.where,
                remedy=first.remedy,
                faults=[
                    {"code": f.code, "detail": f.detail, "where": f.where, "remedy": f.remedy}
                    for f in self.faults
                ],
            )
