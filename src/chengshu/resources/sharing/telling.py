"""Who must hear that a shared datum was corrected: who asked, and everybody who had it. In a transaction."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.resources.sharing import store
from chengshu.resources.sharing.model import OPEN_STATES, Correction, Use

_STANDING = (*sorted(OPEN_STATES), "suspended")
_MOST = 100_000  # uses of an entry that are looked through
_TOLD = 20  # uses named in a notice


def told_in(connection: Connection, item: Correction) -> tuple[Correction, dict[str, list[int]]]:
    """The correction with the departments that are told of it, and for each the newest uses it made of the
    datum: they stand in the change, from which the notices follow.
    """
    uses = _uses(connection, item) if item.state == "corrected" else {}
    wanted = set(uses)
    if item.state == "corrected":
        wanted |= _holders(connection, item)
    told = sorted((wanted | {item.department}) - {"", item.provider})
    named = {department: [use.seq for use in uses.get(department, ())][-_TOLD:] for department in told}
    return replace(item, told=tuple(told)), named


def _uses(connection: Connection, item: Correction) -> dict[str, list[Use]]:
    """Answered uses that had the datum, by department: of a resident's data those about the resident."""
    if item.grant or item.department:
        found = store.uses_where(connection, resource=item.resource, limit=_MOST)
    else:
        found = [
            use for use in store.uses_about(connection, item.record, _MOST) if use.resource == item.resource
        ]
    by_department: dict[str, list[Use]] = {}
    for use in found:
        if use.outcome == "answered" and (not item.field or item.field in use.fields):
            by_department.setdefault(_had(connection, use), []).append(use)
    return by_department


def _had(connection: Connection, use: Use) -> str:
    return use.department or store.find_request(connection, use.request).by.department


def _holders(connection: Connection, item: Correction) -> set[str]:
    """Those whose grant on the entry stands and has the field: they may use it at any moment."""
    return {
        request.by.department
        for request in store.in_states(connection, _STANDING)
        if request.ask.resource == item.resource
        and request.grant is not None
        and (not item.field or item.field in request.grant.names())
    }
