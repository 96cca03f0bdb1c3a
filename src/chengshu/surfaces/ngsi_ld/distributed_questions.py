"""How sources are asked: the requests of a part of a query, and the contexts both sides speak in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.query.patterns import finder
from chengshu.foundation.broker.query.printing import print_body, print_parameters
from chengshu.foundation.broker.registry.matching import is_meant
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.planning import Part
from chengshu.ports.http import HttpAnswer
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import compiled
from chengshu.surfaces.ngsi_ld.media import context_link
from chengshu.surfaces.ngsi_ld.sources import Question

_MEMBERS = "id,type,scope,"  # what is picked beside the attributes


def types_of(selectors: Sequence[Selector]) -> frozenset[str]:
    """All types that the selectors name; none when some selector means any."""
    if not selectors or not all(selector.types for selector in selectors):
        return frozenset()
    return frozenset(name for selector in selectors for group in selector.types for name in group)


def latest(alive: Sequence[Registration]) -> list[Registration]:
    """The sources of the latest information: those that are not about a time (clause 4.3.6.5)."""
    return [one for one in alive if one.observation_interval is None and one.management_interval is None]


async def words_of(call: Call, registration: Registration, context: LdContext) -> LdContext:
    """The context in which the source is spoken to: its own when it says one (clause 4.3.6.6)."""
    own = next((value for key, value in registration.info if key == "jsonldContext"), "")
    return await compiled(call, own) if own else context


async def answer_words(call: Call, answer: HttpAnswer, said: Any, asked: LdContext) -> LdContext:
    """The context an answer is written in: the one inside it (which is taken out), the one its ``Link``
    names, else the one we asked in."""
    inside = [one.pop("@context") for one in _objects(said) if "@context" in one]
    if inside:
        return await compiled(call, inside[0])
    link = context_link(answer.headers.get("link", ""))
    if not link or link in asked.links:
        return asked
    return await compiled(call, link)


def _objects(said: Any) -> list[dict[str, Any]]:
    return [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, dict)]


def questions_of(part: Part, query: Query, words: LdContext, page: int) -> list[Question]:
    """The requests that ask one source for its part of a query."""
    registration, names = part.registration, part.names
    attrs = tuple(sorted(names)) if names is not None else query.attrs
    selectors = narrowed(query.selectors or (Selector(),), part)
    if not selectors:
        return []
    if part.operation == "retrieveEntity":
        params = {"attrs": ",".join(words.compact(name) for name in attrs)} if attrs else {}
        path = ("entities", query.selectors[0].ids[0])
        return [Question(registration, "GET", path, words, picking(params) | {"options": "sysAttrs"})]
    bounds = {"limit": str(page), "options": "sysAttrs"}
    asked = replace(query, attrs=attrs, csf=None)
    if part.operation == "queryBatch":
        body = print_body(replace(asked, selectors=selectors), words.compact)
        return [Question(registration, "POST", ("entityOperations", "query"), words, bounds, body)]
    return [
        Question(
            registration,
            "GET",
            ("entities",),
            words,
            picking(print_parameters(replace(asked, selectors=(selector,)), words.compact)) | bounds,
        )
        for selector in selectors
    ]


def picking(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters with ``pick`` (clause 4.21) for ``attrs``, which it stands for since V1.8.1."""
    said = dict(params)
    attrs = said.pop("attrs", "")
    return said | {"pick": _MEMBERS + attrs} if attrs else said


def as_before(question: Question) -> Question | None:
    """The question for a source that does not know ``pick``; None when it does not say it."""
    picked = question.params.get("pick", "")
    if not picked:
        return None
    params: dict[str, str] = {**question.params, "attrs": picked.removeprefix(_MEMBERS)}
    del params["pick"]
    return Question(question.registration, question.method, question.path, question.context, params)


def narrowed(selectors: Sequence[Selector], part: Part) -> tuple[Selector, ...]:
    """The selectors cut down to what the source registered for, as far as a query can say it."""
    return tuple(found for selector in selectors if (found := _narrowed(selector, part)) is not None)


def _narrowed(selector: Selector, part: Part) -> Selector | None:
    entities = part.entities
    if not entities:
        return selector
    types = selector.types or tuple(dict.fromkeys((name,) for entity in entities for name in entity.types))
    ids, pattern = selector.ids, selector.id_pattern
    if ids:
        ids = tuple(id_ for id_ in ids if any(is_meant(entity, id_) for entity in entities))
        return Selector(ids, pattern, types) if ids else None
    if all(entity.id for entity in entities):
        meets = finder(pattern) if pattern else None
        ids = tuple(dict.fromkeys(entity.id for entity in entities if meets is None or meets(entity.id)))
        return Selector(ids, "", types) if ids else None
    if not pattern and len(entities) == 1:
        pattern = entities[0].id_pattern
    return Selector((), pattern, types)


def further(question: Question, offset: int) -> Question:
    """The same question, asked on from a place."""
    params: Mapping[str, str] = {**question.params, "offset": str(offset)}
    return Question(
        question.registration, question.method, question.path, question.context, params, question.body
    )
