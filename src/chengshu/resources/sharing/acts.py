"""Who may do what next with a request: by its state, for the applicant, the provider, the data bureau."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from chengshu.resources.sharing.model import OVER, Request, StatutoryClock

Act = Literal[
    "complete",
    "withdraw",
    "missing",
    "extend",
    "grant",
    "refuse",
    "object",
    "uphold",
    "reject",
    "supply",
    "suspend",
    "restore",
    "revoke",
    "end",
    "destroyed",
]
APPLICANT: frozenset[Act] = frozenset(["complete", "withdraw", "object", "end", "destroyed"])
PROVIDER: frozenset[Act] = frozenset(
    ["missing", "extend", "grant", "refuse", "supply", "suspend", "revoke"],
)
BUREAU: frozenset[Act] = frozenset(["uphold", "reject", "suspend", "restore", "revoke"])
_NEXT: dict[str, tuple[Act, ...]] = {
    "incomplete": ("complete", "withdraw"),
    "review": ("grant", "refuse", "missing", "extend", "withdraw"),
    "refused": ("object",),
    "objection": ("uphold", "reject", "withdraw"),
    "granted": ("supply", "revoke", "end"),
    "supplied": ("suspend", "revoke", "end"),
    "in_use": ("suspend", "revoke", "end"),
    "suspended": ("restore", "revoke", "end"),
}


def next_acts(request: Request, clocks: Iterable[StatutoryClock], *, extension: int) -> tuple[Act, ...]:
    """What may follow, the usual first. ``extension``: how many working days one may take more."""
    found = list(_NEXT.get(request.state, ()))
    if request.told and "missing" in found:
        found.remove("missing")
    answer = next((clock for clock in clocks if clock.kind == "answer"), None)
    if "extend" in found and (not extension or answer is None or answer.extended or not answer.running):
        found.remove("extend")
    if request.refusals > 1 and "object" in found:
        found.remove("object")
    if request.state in OVER and request.destruction is None and request.grant and request.grant.starts_at:
        found.append("destroyed")
    return tuple(found)


def waits_for(request: Request, bureau: str) -> str:
    """The department whose turn it is; empty where nobody's is."""
    if request.state == "incomplete":
        return request.by.department
    if request.state in ("review", "granted"):
        return request.provider
    if request.state in ("objection", "suspended"):
        return bureau
    due = request.state in OVER and request.destruction is None and request.grant and request.grant.starts_at
    return request.by.department if due else ""


def departments_for(act: Act, request: Request, bureau: str) -> tuple[str, ...]:
    """The departments that may do it: of the request's own parties, the provider before the data bureau."""
    found = []
    if act in APPLICANT:
        found.append(request.by.department)
    if act in PROVIDER:
        found.append(request.provider)
    if act in BUREAU:
        found.append(bureau)
    return tuple(dict.fromkeys(found))
