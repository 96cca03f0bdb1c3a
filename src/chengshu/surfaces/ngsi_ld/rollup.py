"""The results of several participants rolled up into one answer (clauses 5.2.16 to 5.2.19 and 6.3.17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chengshu.foundation.broker.errors import Conflict
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.planning import Names, Part
from chengshu.ports.http import HttpAnswer
from chengshu.surfaces.ngsi_ld.answers import encode
from chengshu.surfaces.ngsi_ld.media import JSON, PROBLEM
from chengshu.surfaces.ngsi_ld.operation import Answer
from chengshu.surfaces.ngsi_ld.sources import Failed, json_of, refusal

_decode = msgspec.json.Decoder().decode
MULTI = 207


@dataclass(frozen=True, slots=True)
class Share:
    """What became of one participant's part; ``registration`` is None for the broker itself.

    ``problem``: problem details, or a source's failure, when it failed; ``partial``: what its 207 said.
    """

    registration: Registration | None
    identity: str
    names: Names | None
    problem: dict[str, Any] | Failed | None = None
    partial: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether all of it is done."""
        return self.problem is None and self.partial is None

    def said(self) -> dict[str, Any]:
        """The problem details."""
        if isinstance(self.problem, Failed):
            return self.problem.problem()
        return self.problem or {}

    def error(self) -> dict[str, Any]:
        """The entry of a BatchOperationResult (clause 5.2.17)."""
        entry: dict[str, Any] = {"entityId": self.identity, "error": self.said()}
        if self.registration is not None:
            entry["registrationId"] = self.registration.id
        return entry


def of_local(answer: Answer, identity: str, names: Names | None) -> Share:
    """The broker's own part, from the answer of its handler."""
    if answer.status == MULTI:
        return Share(None, identity, names, partial=_decode(answer.body) if answer.body else {})
    if answer.status >= 300:
        return Share(None, identity, names, problem=_decode(answer.body))
    return Share(None, identity, names)


def of_answer(part: Part, identity: str, answer: HttpAnswer | Failed) -> Share:
    """A source's part, from what it answered."""
    registration = part.registration
    if isinstance(answer, Failed):
        return Share(registration, identity, part.names, problem=answer)
    if answer.status == MULTI:
        try:
            said = json_of(answer) if answer.body else {}
        except ValueError:
            said = {}
        return Share(registration, identity, part.names, partial=said if isinstance(said, dict) else {})
    if not answer.ok:
        return Share(registration, identity, part.names, problem=refusal(registration, answer))
    return Share(registration, identity, part.names)


def conflict(part: Part, identity: str) -> Share:
    """A proxy answers for something and does not offer the operation: nobody may do it (clause 4.3.6.3)."""
    error = Conflict(
        f"the source of the registration {part.registration.id} answers for this alone, and does not offer "
        f"{part.operation}",
        where=identity,
        remedy="ask the source's operator, or change the registration",
    )
    return Share(part.registration, identity, part.names, problem=error.as_problem())


def rolled_up(shares: Sequence[Share], done: Answer, context: LdContext, *, partly: bool) -> Answer:
    """``done`` when every share is; what one participant alone says goes through as it is; else ``207``."""
    bad = [share for share in shares if not share.ok]
    if not bad:
        return done
    proxies = all(share.registration is not None for share in shares)
    statuses = {share.said().get("status") for share in bad}
    failed = len(bad) == len(shares) and all(share.problem is not None for share in bad)
    if failed and (len(shares) == 1 or (proxies and len(statuses) == 1)):
        return _as_said(bad[0])
    if partly:
        return Answer(MULTI, encode(_update_result(shares, context)), JSON)
    success = sorted({share.identity for share in shares if share.ok})
    errors = [error for share in bad for error in _errors(share)]
    return Answer(MULTI, encode({"success": success, "errors": errors}), JSON)


def _as_said(share: Share) -> Answer:
    problem = share.said()
    status = problem.get("status")
    status = status if isinstance(status, int) and 400 <= status < 600 else 502
    return Answer(status, encode({**problem, "status": status}), PROBLEM)


def _errors(share: Share) -> Iterable[dict[str, Any]]:
    if share.partial is None:
        yield share.error()
        return
    listed = share.partial.get("errors")
    known = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    for item in known:
        extra = {"registrationId": share.registration.id} if share.registration else {}
        yield {"entityId": share.identity} | item | extra
    if not known:
        title = "The source did only a part of it" if share.registration else "Only a part of it was done"
        reason = _reasons(share.partial)
        yield Share(
            share.registration,
            share.identity,
            share.names,
            {"type": "about:blank", "title": title, "status": MULTI, "detail": reason},
        ).error()


def _reasons(partial: dict[str, Any]) -> str:
    listed = partial.get("notUpdated")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    said = [f"{item.get('attributeName')}: {item.get('reason')}" for item in items]
    return "; ".join(said) or "it did not say which"


def _update_result(shares: Sequence[Share], context: LdContext) -> dict[str, Any]:
    """UpdateResult (clause 5.2.18): attribute by attribute, with the registration that failed."""
    updated: dict[str, None] = {}
    failed: list[dict[str, Any]] = []
    for share in shares:
        names = [context.compact(name) for name in sorted(share.names or ())]
        extra = {"registrationId": share.registration.id} if share.registration else {}
        if share.ok:
            updated.update(dict.fromkeys(names))
        elif share.partial is not None:
            listed = share.partial.get("updated")
            updated.update((name, None) for name in listed or () if isinstance(name, str))
            missed = share.partial.get("notUpdated")
            entries = [item for item in missed if isinstance(item, dict)] if isinstance(missed, list) else []
            failed += [item | extra for item in entries] or [
                {"attributeName": name, "reason": "it did only a part of it"} | extra for name in names
            ]
        else:
            said = share.said()
            reason = f"{said.get('title', 'failed')}: {said.get('detail', '')}"
            failed += [{"attributeName": name, "reason": reason} | extra for name in names or ["*"]]
    return {"updated": list(updated), "notUpdated": failed}
