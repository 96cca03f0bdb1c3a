"""Types, attributes and the past over several sources (clauses 5.7.3 to 5.7.10): answers merged as they come.

These answers are lists and counts, not entities: what several participants say of the same thing is joined by
its identity, numbers are added, and instances of an attribute stand in order of time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.query.selection import read_names, read_selectors, read_types
from chengshu.foundation.broker.registry.index import Candidates
from chengshu.foundation.broker.registry.matching import concerns, in_time, names_meet
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.operations import offered
from chengshu.foundation.broker.registry.timelines import join_lists, join_timelines
from chengshu.foundation.broker.registry.watching import temporal_wish
from chengshu.ports.http import HttpAnswer
from chengshu.surfaces.ngsi_ld.answers import give
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import derived, given_back, locally, warned
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.names import attribute_name, entity_id
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler
from chengshu.surfaces.ngsi_ld.sources import Failed, Question, Sources, json_of, refusal

Distributed = Callable[[Call, Candidates, Handler], Awaitable[Answer]]
About = Literal["", "type", "attribute", "entity", "query"]
_decode = msgspec.json.Decoder().decode
_NOT_SENT = frozenset({"local", "csf"})


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One operation: what a source must offer (``detailed`` when ``details=true``), and what it is about."""

    operation: str
    detailed: str = ""
    about: About = ""

    @property
    def operations(self) -> tuple[str, ...]:
        """All that a source may offer of it."""
        return (self.operation, self.detailed) if self.detailed else (self.operation,)


LISTS: Mapping[tuple[str, str], ListSpec] = {
    ("GET", "types"): ListSpec("retrieveEntityTypes", "retrieveEntityTypeDetails"),
    ("GET", "types/{type}"): ListSpec("retrieveEntityTypeInfo", about="type"),
    ("GET", "attributes"): ListSpec("retrieveAttrTypes", "retrieveAttrTypeDetails"),
    ("GET", "attributes/{attrId}"): ListSpec("retrieveAttrTypeInfo", about="attribute"),
    ("GET", "temporal/entities/{entityId}"): ListSpec("retrieveTemporal", about="entity"),
    ("GET", "temporal/entities"): ListSpec("queryTemporal", about="query"),
    ("POST", "temporal/entityOperations/query"): ListSpec("queryTemporal", about="query"),
}


class DistributedLists:
    """Asks the sources that offer the operation and concern its matter, and joins what they say."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def handler(self, spec: ListSpec) -> Distributed:
        """The distributed form of one operation."""

        async def distributed(call: Call, alive: Candidates, local: Handler) -> Answer:
            return await self._list(spec, call, alive, local)

        return distributed

    async def _list(self, spec: ListSpec, call: Call, alive: Candidates, local: Handler) -> Answer:
        body: dict[str, Any] | None = None
        if call.operation.method == "POST":
            body, context = await call.document()
            call = given_back(call, body, context)
        else:
            context = await call.context()
        wanted = spec.detailed if spec.detailed and call.flag("details") else spec.operation
        about = matter(spec.about, call, context, body)
        asked = [one for one in alive.about() if wanted in offered(one.operations) and about(one)]
        if not asked:
            return await local(call)
        plain = derived(call, None)
        plain.media = JSON
        questions = [self._question(call, one, context, body) for one in asked]
        own, answers = await asyncio.gather(locally(local, plain), self._sources.ask_all(questions, call))
        if own.status not in (200, 206, 404):
            return own
        said = [] if own.status == 404 else [_decode(own.body)]
        failed: list[Failed] = []
        for registration, answer in zip(asked, answers, strict=True):
            _take(registration, answer, said, failed)
        warnings = tuple(failure.warning() for failure in failed)
        if not said:
            return warned(own, warnings)
        timely = spec.about in ("entity", "query")
        joined = join_timelines(said, call.number("lastN", 0)) if timely else join_lists(said)
        if spec.about == "query":
            offset = call.number("offset", 0)
            joined = joined[offset : offset + call.number("limit", call.rooms.limits.default_page)]
        kept = tuple(header for header in own.headers if header[0] not in ("link", "ngsild-results-count"))
        return warned(give(call, joined, context, headers=kept), warnings)

    @staticmethod
    def _question(
        call: Call, registration: Registration, context: LdContext, body: dict[str, Any] | None
    ) -> Question:
        params = {name: value for name, value in call.params.items() if name not in _NOT_SENT}
        if "offset" in params:
            params["limit"] = str(call.number("limit", 20) + call.number("offset", 0))
            del params["offset"]
        path = tuple(segment for segment in call.operation.path.split("/") if not segment.startswith("{"))
        return Question(registration, call.operation.method, (*path, *call.path), context, params, body)


def _take(
    registration: Registration, answer: HttpAnswer | Failed, said: list[Any], failed: list[Failed]
) -> None:
    """Put what a source says to the rest, or what is wrong with it to the failures."""
    if isinstance(answer, Failed):
        failed.append(answer)
    elif answer.status in (200, 206):
        try:
            value = json_of(answer)
        except ValueError as error:
            failed.append(Failed(registration, 502, "The source's answer is not understood", str(error)))
            return
        if said and type(value) is not type(said[0]):
            failed.append(
                Failed(registration, 502, "The source's answer is not understood", "not of its kind")
            )
        else:
            said.append(value)
    elif answer.status != 404:
        failed.append(refusal(registration, answer))


def matter(
    kind: About, call: Call, context: LdContext, body: dict[str, Any] | None
) -> Callable[[Registration], bool]:
    """Whether a registration concerns what the request is about."""
    selectors: tuple[Selector, ...] = ()
    attrs: tuple[str, ...] = ()
    if kind == "type":
        selectors = (Selector(types=((attribute_name(call.path[0], context),),)),)
    elif kind == "attribute":
        attrs = (attribute_name(call.path[0], context),)
    elif kind == "entity":
        selectors = (Selector((entity_id(call.path[0]),)),)
    elif body is not None:
        selectors = read_selectors(body["entities"], context.expand) if "entities" in body else ()
    elif kind == "query" and "type" in call.params:
        selectors = (Selector(types=read_types(call.params["type"], context.expand)),)
    if kind in ("entity", "query") and call.params.get("attrs"):
        attrs = read_names(call.params["attrs"], context.expand)
    times = call.params if body is None else body.get("temporalQ") or {}
    wish = temporal_wish(times) if kind in ("entity", "query") and isinstance(times, Mapping) else None

    def about(registration: Registration) -> bool:
        if not (in_time(registration, None) or in_time(registration, wish)):
            return False
        return any(
            concerns(piece, selectors) and names_meet(piece, attrs) for piece in registration.information
        )

    return about
