"""Retrieval and query of entities over several sources (clauses 5.7.1, 5.7.2 and 4.3.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from chengshu.foundation.broker.errors import NonexistentTenant, ResourceNotFound
from chengshu.foundation.broker.keeping.model import HERE
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.queries import Found
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.registry.index import Candidates
from chengshu.foundation.broker.registry.matching import SourceQuery, compile_source_query
from chengshu.foundation.broker.registry.merging import View, merge_views
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.planning import EMPTY_READ, Part, ReadPlan, plan_read
from chengshu.foundation.broker.registry.understanding import read_answer
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ngsi_ld.asking import Page, page_of, query_of, query_of_body, refuse_wide
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.consumption import entities_answer, entity_answer, parameters_of
from chengshu.surfaces.ngsi_ld.derived import given_back, warned
from chengshu.surfaces.ngsi_ld.distributed_questions import (
    answer_words,
    as_before,
    further,
    latest,
    questions_of,
    types_of,
    words_of,
)
from chengshu.surfaces.ngsi_ld.names import entity_id
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler
from chengshu.surfaces.ngsi_ld.ordering import Order, ordered, orders_of
from chengshu.surfaces.ngsi_ld.problems import problem
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.showing import shown_of
from chengshu.surfaces.ngsi_ld.sources import Failed, Question, Sources, json_of, refusal

_MOST_CLAIMED = 200
_LONGEST_IDS = 3_000  # characters of ids that still fit into the URL of any server


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the sources said, and what went wrong with them."""

    views: tuple[View, ...]
    failed: tuple[Failed, ...]

    @property
    def warnings(self) -> tuple[tuple[str, str], ...]:
        """A header for each failure."""
        return tuple(failure.warning() for failure in self.failed)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A query as it was asked, and as sources are asked it (without what only a whole entity can meet)."""

    call: Call
    context: LdContext
    query: Query
    asked: Query
    plan: ReadPlan
    page: Page
    orders: Sequence[Order]

    def keeps(self, merged: Sequence[Entity]) -> Callable[[Entity], bool]:
        """Whether a whole entity meets the query; linked entities are looked for among the ``merged``."""
        by_id = {entity.id: entity for entity in merged}
        return compile_query(replace(self.query, csf=None), by_id.get)


@dataclass(frozen=True, slots=True)
class Matching:
    """What meets a query, and who has what of it: :data:`HERE` or the ids of registrations."""

    entities: tuple[Entity, ...]
    origins: Mapping[str, tuple[str, ...]]
    gathered: Gathered


class DistributedReads:
    """Asks the sources and the broker itself, merges, and gives the result as a local handler would."""

    RETRIEVE: Final = ("retrieveEntity", "queryEntity", "queryBatch")
    QUERY: Final = ("queryEntity", "queryBatch")

    def __init__(self, rooms: Rooms, sources: Sources) -> None:
        self._queries, self._sources = rooms.queries, sources
        self._older: set[str] = set()  # registrations of sources that do not know pick

    async def retrieve(self, call: Call, alive: Candidates, local: Handler) -> Answer:
        """Retrieve Entity, distributed: clause 5.7.1.4."""
        identity = entity_id(call.path[0])
        context = await call.context()
        shown = shown_of(call, context)
        own = self._own(call.tenant, identity)
        selector = Selector((identity,), "", tuple((name,) for name in own.types) if own else ())
        types = own.types if own else ()
        plan = plan_read(latest(alive.about(types)), self.RETRIEVE, (selector,), shown.attrs)
        if not plan:
            return entity_answer(call, shown, own) if own is not None else await local(call)
        query = Query(selectors=(Selector((identity,)),), attrs=shown.attrs)
        gathered = await self._gather(call, plan, query, context)
        views = (View((own,) if own else ()), *gathered.views)
        merged = merge_views(views, plan.claims)
        try:
            if not merged:
                raise ResourceNotFound(
                    f"entity {identity} does not exist, here or at a source that answered",
                    where="entityId",
                    remedy="check the id, the tenant and the warnings",
                )
            return warned(entity_answer(call, shown, merged[0]), gathered.warnings)
        except ResourceNotFound as error:
            return warned(problem(error), gathered.warnings)

    async def query(self, call: Call, alive: Candidates, local: Handler) -> Answer:
        """Query Entities, distributed: clause 5.7.2.4."""
        body: dict[str, Any] | None = None
        if call.operation.method == "POST":
            body, context = await call.document()
            query = query_of_body(body, context)
        else:
            context = await call.context()
            query = query_of(call, context)
        plan = self._plan(call, query, alive)
        if not plan:
            return await local(call if body is None else given_back(call, body, context))
        refuse_wide(query, local=False, everything=call.params.get("type") == "*")
        if body is not None:
            call.params = parameters_of(body) | call.params
        shown, page = shown_of(call, context), page_of(call)
        orders = orders_of(call.params, context)
        asked = _unfiltered(query) if _split(call, plan) and _filters(query) else query
        wish = _Wish(call, context, query, asked, plan, page, orders)
        claimed = _claimed(plan)
        found, gathered = await (self._all(wish) if orders or claimed is None else self._some(wish, claimed))
        answer = entities_answer(
            call,
            shown,
            found.entities[page.offset : page.offset + page.limit],
            page=page,
            more=len(found.entities) > page.offset + page.limit,
            total=found.total if page.count else None,
        )
        return warned(answer, gathered.warnings)

    async def _all(self, wish: _Wish) -> tuple[Found, Gathered]:
        """Everything that is found: where the order or a proxy for many entities needs it."""
        gathered = await self._gather(wish.call, wish.plan, wish.asked, wish.context)
        own = await asyncio.to_thread(self._each, wish)
        merged = merge_views((View(tuple(own)), *gathered.views), wish.plan.claims)
        keep = wish.keeps(merged)
        kept = ordered([entity for entity in merged if keep(entity)], wish.orders)
        return Found(tuple(kept), len(kept)), gathered

    async def _some(self, wish: _Wish, claimed: frozenset[str]) -> tuple[Found, Gathered]:
        """The first entities, up to one beyond the page: our own in their order, then those of sources.

        ``claimed``: entities of which a proxy answers for a part.
        """
        page = wish.page
        most = page.offset + page.limit + 1 + len(claimed)
        first = await asyncio.to_thread(self._first, wish, most)
        asked = wish.asked
        if len(first.entities) == most and not page.count and (near := _near(asked, first, claimed)):
            asked = near  # the page is full of our own: sources are asked about these alone
        gathered = await self._gather(wish.call, wish.plan, asked, wish.context)
        theirs = {entity.id for view in gathered.views for entity in view.entities}
        others = (theirs | claimed) - {entity.id for entity in first.entities}
        known = await asyncio.to_thread(self._known, wish, sorted(others))
        fits = compile_query(replace(wish.query, csf=None))
        fitting = {entity.id for entity in known if fits(entity)}
        split = wish.asked is not wish.query
        own = (*first.entities, *(one for one in known if split or one.id in claimed or one.id in fitting))
        merged = merge_views((View(own), *gathered.views), wish.plan.claims)
        judged = claimed | theirs if split else claimed
        keep = wish.keeps(merged)
        kept = [entity for entity in merged if entity.id not in judged or keep(entity)]
        touched = theirs | claimed
        counted = len(fitting) + sum(1 for entity in first.entities if entity.id in touched)
        total = (first.total or 0) - counted + sum(1 for entity in kept if entity.id in touched)
        return Found(tuple(kept), total), gathered

    async def matching(
        self, call: Call, query: Query, context: LdContext, alive: Candidates | None, orders: Sequence[Order]
    ) -> Matching:
        """All entities that meet the query, whole, here and at the sources, with who has each."""
        plan = self._plan(call, query, alive) if alive is not None else EMPTY_READ
        asked = _unfiltered(query) if _split(call, plan) and _filters(query) else query
        wish = _Wish(call, context, query, asked, plan, Page(0, 0, False), orders)
        gathered = await self._gather(call, plan, asked, context)
        own = await asyncio.to_thread(self._each, wish)
        views = (View(tuple(own)), *gathered.views)
        merged = merge_views(views, plan.claims)
        keep = wish.keeps(merged)
        kept = ordered([entity for entity in merged if keep(entity)], orders)
        origins: dict[str, list[str]] = {}
        for view in views:
            source = view.part.registration.id if view.part is not None else HERE
            for entity in view.entities:
                origins.setdefault(entity.id, []).append(source)
        return Matching(
            tuple(kept), {name: tuple(dict.fromkeys(of)) for name, of in origins.items()}, gathered
        )

    async def named(
        self,
        call: Call,
        query: Query,
        context: LdContext,
        alive: Candidates | None,
        entries: Sequence[tuple[str, tuple[str, ...]]],
    ) -> tuple[list[Entity], tuple[Failed, ...]]:
        """The entities of a part of an entity map, as they are now, from the sources it names alone."""
        among = {source for _, sources in entries for source in sources}
        known = latest(alive.about(types_of(query.selectors))) if alive is not None else []
        sources = [one for one in known if one.id in among]
        own = await asyncio.to_thread(self._here, call.tenant, [id_ for id_, of in entries if HERE in of])
        found: list[Entity] = []
        failed: list[Failed] = []
        for ids in _portions([id_ for id_, _ in entries]):
            selectors = tuple(Selector(ids, "", one.types) for one in query.selectors or (Selector(),))
            plan = plan_read(sources, self.QUERY, selectors, query.attrs)
            asked = Query(selectors=selectors, attrs=query.attrs)
            gathered = await self._gather(call, plan, asked, context)
            mine = View(tuple(one for one in own if one.id in ids))
            found += merge_views((mine, *gathered.views), plan.claims)
            failed += gathered.failed
        by_id = {entity.id: entity for entity in found}
        return [by_id[id_] for id_, _ in entries if id_ in by_id], tuple(failed)

    def _here(self, tenant: str, ids: Sequence[str]) -> list[Entity]:
        try:
            return self._queries.many(tenant, ids) if ids else []
        except NonexistentTenant:
            return []

    def _plan(self, call: Call, query: Query, alive: Candidates) -> ReadPlan:
        candidates: Sequence[Registration] = latest(alive.about(types_of(query.selectors)))
        if query.csf is not None:
            fits = compile_source_query(SourceQuery(filter=query.csf))
            candidates = [one for one in candidates if fits(one)]
        operations = self.QUERY if call.operation.method == "GET" else self.QUERY[::-1]
        return plan_read(candidates, operations, query.selectors, query.attrs)

    def _own(self, tenant: str, identity: str) -> Entity | None:
        try:
            return self._queries.peek(tenant, identity)
        except NonexistentTenant:
            return None

    def _each(self, wish: _Wish) -> list[Entity]:
        try:
            return list(self._queries.each(wish.call.tenant, replace(wish.asked, csf=None)))
        except NonexistentTenant:
            return []

    def _first(self, wish: _Wish, most: int) -> Found:
        asked = replace(wish.query, csf=None)
        try:
            return self._queries.find(wish.call.tenant, asked, limit=most, count=wish.page.count)
        except NonexistentTenant:
            return Found((), 0)

    def _known(self, wish: _Wish, ids: Sequence[str]) -> list[Entity]:
        return self._here(wish.call.tenant, ids)

    async def _gather(self, call: Call, plan: ReadPlan, query: Query, context: LdContext) -> Gathered:
        """What every part of the plan gives; all sources are asked at once."""
        found = await asyncio.gather(*(self._ask(call, part, query, context) for part in plan.parts))
        views = tuple(view for view, _ in found if view is not None)
        return Gathered(views, tuple(failure for _, failures in found for failure in failures))

    async def _ask(
        self, call: Call, part: Part, query: Query, context: LdContext
    ) -> tuple[View | None, list[Failed]]:
        registration = part.registration
        try:
            words = await words_of(call, registration, context)
            until = asyncio.get_running_loop().time() + self._sources.patience(registration)
            pages = [
                await self._pages(call, question, words, until)
                for question in questions_of(part, query, words, self._sources.settings.page)
            ]
        except ChengshuError as error:
            return None, [Failed(registration, 502, "The source cannot be asked", error.fault.detail)]
        entities = [entity for found, _ in pages for entity in found]
        return View(tuple(entities), part), [failure for _, failures in pages for failure in failures]

    async def _pages(
        self, call: Call, question: Question, words: LdContext, until: float
    ) -> tuple[list[Entity], list[Failed]]:
        """Page after page until the source has no more, or it is ``until`` on the clock of the event loop."""
        found: dict[str, Entity] = {}
        failures = await self._read_pages(call, question, words, until, found)
        return list(found.values()), failures

    async def _read_pages(
        self, call: Call, question: Question, words: LdContext, until: float, found: dict[str, Entity]
    ) -> list[Failed]:
        page, offset = self._sources.settings.page, 0
        older = as_before(question) if question.registration.id in self._older else None
        question = older or question
        for _ in range(self._sources.settings.pages):
            asked = question if not offset else further(question, offset)
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                break
            answer = await self._sources.ask(asked, call, within=left if offset else None)
            if isinstance(answer, Failed):
                return [answer]
            if answer.status == 400 and (older := as_before(question)) is not None:
                question = older
                left = max(until - asyncio.get_running_loop().time(), 0.0)
                answer = await self._sources.ask(question, call, within=left)
                if isinstance(answer, Failed):
                    return [answer]
                if answer.status != 400:
                    self._older.add(question.registration.id)
            if answer.status == 404 and "limit" not in question.params:
                return []
            if answer.status != 200:
                return [refusal(question.registration, answer)]
            try:
                said = json_of(answer)
                spoken = await answer_words(call, answer, said, words)
                entities, faults, size = read_answer(said, spoken)
            except (ValueError, ChengshuError) as error:
                return [_nonsense(question.registration, error)]
            before = len(found)
            found.update((entity.id, entity) for entity in entities)
            if faults:
                return [_nonsense(question.registration, faults[0])]
            if "limit" not in question.params or size < page or len(found) == before:
                return []
            offset += page
        return [Failed(question.registration, 504, "The source has too much", "only a part of it was read")]


def _portions(ids: Sequence[str]) -> list[tuple[str, ...]]:
    """The ids in portions that fit into the URL of any server."""
    found: list[list[str]] = [[]]
    length = 0
    for id_ in ids:
        length += len(id_) + 3
        if found[-1] and length > _LONGEST_IDS:
            found.append([])
            length = len(id_) + 3
        found[-1].append(id_)
    return [tuple(part) for part in found if part]


def _nonsense(registration: Registration, error: Exception) -> Failed:
    detail = error.fault.detail if isinstance(error, ChengshuError) else str(error)
    return Failed(registration, 502, "The source's answer is not understood", detail)


def _claimed(plan: ReadPlan) -> frozenset[str] | None:
    """The entities that proxies answer for, when they are known by their ids and few; else None."""
    entities = [entity for claim in plan.claims for entity in claim.entities]
    if not all(claim.entities for claim in plan.claims) or not all(entity.id for entity in entities):
        return None
    return frozenset(entity.id for entity in entities) if len(entities) <= _MOST_CLAIMED else None


def _near(asked: Query, first: Found, claimed: frozenset[str]) -> Query | None:
    """The query about the entities of ``first`` and the claimed alone; None when a URL cannot carry that."""
    ids = tuple({entity.id: None for entity in first.entities} | dict.fromkeys(sorted(claimed)))
    if sum(map(len, ids)) > _LONGEST_IDS or any(selector.ids for selector in asked.selectors):
        return None
    selectors = asked.selectors or (Selector(),)
    return replace(asked, selectors=tuple(Selector(ids, one.id_pattern, one.types) for one in selectors))


def _split(call: Call, plan: ReadPlan) -> bool:
    """Whether parts of one entity may lie at several places: as the request says (clause 4.3.6.7), else when
    some source holds some attributes only."""
    if "splitEntities" in call.params:
        return call.flag("splitEntities")
    return any(part.names is not None for part in plan.parts)


def _filters(query: Query) -> bool:
    return query.q is not None or query.geo is not None or bool(query.scopes) or bool(query.attrs)


def _unfiltered(query: Query) -> Query:
    """The query without what can only be judged of a whole entity."""
    return replace(query, q=None, geo=None, scopes=(), attrs=())
