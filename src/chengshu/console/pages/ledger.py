"""The ledger: find data, read an entry and look into it, see that the month adds up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.grading import DIMENSIONS
from chengshu.console.page import Console, back_to
from chengshu.console.pages.choices import one_of, positive
from chengshu.console.pictures import lineage_picture, trend_picture
from chengshu.console.visit import Visit
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import LANGUAGES, Text

FACETS = ("kind", "provider", "source_class", "sharing", "state", "theme")
PLAIN_PARTS: Final = (
    *("purpose", "steward", "contact", "update_cycle", "sharing", "sharing_condition", "licence"),
)
SHOWS: Final = ("about", "fields", "quality", "lineage", "life", "versions")


def router(console: Console) -> APIRouter:
    """The pages of the data bureau."""
    routes = console.routes()
    view = console.view

    @routes.get("/ledger")
    def ledger(request: Request) -> Response:
        visit = console.visit(request)
        query = request.query_params
        chosen = {name: query[name] for name in FACETS if query.get(name)}
        number = positive(query.get("page"), "page") or 1
        shown = view.ledger(visit.who, query.get("q", "").strip(), chosen, number, visit.as_of)
        return console.page(visit, "ledger", ledger=shown)

    @routes.get("/ledger/changes")
    def changes(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "ledger_changes", period=view.ledger_period(visit.who, *_period(visit)))

    @routes.post("/ledger/describe")
    async def describe(request: Request) -> Response:
        form = await request.form()
        typed = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        return await console.in_thread(_describe, request, typed)

    def _describe(request: Request, typed: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        entry, version = typed.get("entry", ""), positive(typed.get("version"), "version") or 0
        view.describe_entry(visit.writing(), entry, version, _parts(typed))
        return back_to(visit, visit.url(f"/ledger/{quote(entry, safe=':')}", told="written"))

    @routes.get("/ledger/{id_:path}")
    def entry(request: Request, id_: str) -> Response:
        visit = console.visit(request)
        show = one_of(SHOWS, request.query_params.get("show", "about"), "show")
        return console.page(visit, f"entry_{show}", show=show, shows=SHOWS, **_content(visit, id_, show))

    def _content(visit: Visit, id_: str, show: str) -> dict[str, Any]:
        query = visit.request.query_params
        if show == "quality":
            found = view.entry_quality(visit.who, id_, visit.as_of)
            return {
                "head": found.head,
                "quality": found,
                "dimensions": DIMENSIONS,
                "picture": trend_picture(found.trend),
            }
        if show == "life":
            life = view.entry_life(visit.who, id_, query.get("column", ""))
            picture = lineage_picture(life.lineage, visit.t.say)
            names = {node.key: node for node in life.lineage.nodes}
            return {"head": life.head, "life": life, "picture": picture, "names": names}
        if show == "lineage":
            lineage = view.entry_lineage(visit.who, id_, query.get("column", ""), visit.as_of)
            return {
                "head": lineage.head,
                "lineage": lineage,
                "picture": lineage_picture(lineage, visit.t.say),
                "names": {node.key: node for node in lineage.nodes},
                "quoted": quote,
            }
        shown = view.entry(visit.who, id_, visit.as_of)
        content: dict[str, Any] = {"head": shown, "entry": shown, "told": query.get("told", "")}
        if show == "versions":
            since, until = _period(visit)
            content["difference"] = view.entry_changes(visit.who, id_, since, until)
        return content

    return routes


def _parts(typed: Mapping[str, str]) -> dict[str, Any]:
    """The parts of an entry as the form gives them; one that the form does not have is not written."""
    parts: dict[str, Any] = {name: typed[name] for name in PLAIN_PARTS if name in typed}
    for name in ("title", "summary"):
        if f"{name}.en" in typed:
            parts[name] = Text.of({tag: typed.get(f"{name}.{tag}", "") for tag in LANGUAGES})
    if "keywords" in typed:
        words = re.split(r"[,，、;；]", typed["keywords"])
        parts["keywords"] = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    return parts


def _period(visit: Visit) -> tuple[datetime, datetime]:
    """The two moments between which changes are asked for; without any, the last thirty days."""
    query = visit.request.query_params
    until = _moment(query.get("until", ""), visit) or visit.moment
    since = _moment(query.get("since", ""), visit) or until - timedelta(days=30)
    if since > until:
        raise Invalid("period", "the period ends before it begins", where="since", remedy="exchange the two")
    return since, until


def _moment(text: str, visit: Visit) -> datetime | None:
    """A local time of the city, as a browser's field gives it; None for an empty one."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            "moment", f"{text!r} is no moment", where="since", remedy="write it as 2026-07-21T15:40"
        ) from None
    return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(visit.status.zone)))
