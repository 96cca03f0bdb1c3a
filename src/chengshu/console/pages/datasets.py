"""Datasets: the list, one with all that is known of it, and labelling by keyboard, a unit at a time."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.datasets import BeginGiven
from chengshu.console.page import HEADERS, Console, back_to
from chengshu.console.pages.choices import positive
from chengshu.console.visit import Visit
from chengshu.kernel.errors import ChengshuError, Invalid

SCALES = ("nominal", "ordinal", "interval")
_MENDABLE = (409, 422)  # what the person can put right on the same page


def router(console: Console) -> APIRouter:
    """The pages of datasets; they stand before those of the ledger, whose entries may have any name."""
    routes = console.routes()
    view = console.view

    @routes.get("/ledger/datasets")
    def datasets(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "datasets", rows=view.datasets(visit.who))

    @routes.get("/ledger/datasets/croissant")
    def croissant(request: Request, entry: str, version: str = "") -> Response:
        visit = console.visit(request)
        content = view.croissant(visit.who, entry, positive(version, "version") or 0)
        headers = HEADERS | {"content-disposition": 'attachment; filename="croissant.json"'}
        return Response(content, media_type="application/ld+json", headers=headers)

    @routes.get("/ledger/datasets/{entry:path}")
    def dataset(request: Request, entry: str, version: str = "") -> Response:
        return _dataset(console.visit(request), entry, positive(version, "version") or 0)

    def _dataset(visit: Visit, entry: str, version: int = 0, error: ChengshuError | None = None) -> Response:
        shown = view.dataset(visit.who, entry, version)
        code = error.status if error else 200
        return console.page(visit, "dataset", code=code, shown=shown, scales=SCALES, error=error)

    @routes.post("/ledger/labelling/begin")
    async def begin(request: Request) -> Response:
        return await console.in_thread(_begin, request, await request.form())

    def _begin(request: Request, form: FormData) -> Response:
        visit = console.visit(request)
        who, entry = visit.writing(), _text(form, "entry")
        columns = tuple(value for value in form.getlist("columns") if isinstance(value, str))
        values = tuple(
            part.strip() for part in re.split(r"[,，、;\n]", _text(form, "values")) if part.strip()
        )
        given = BeginGiven(
            *(_text(form, "name"), _text(form, "unit"), _text(form, "file"), _text(form, "scale")),
            *(values, columns, _text(form, "note")),
        )
        try:
            view.begin_labelling(who, entry, given)
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _dataset(visit, entry, 0, error)
        return back_to(visit, _labelling(entry, given.name))

    @routes.post("/ledger/labelling/keep")
    async def keep(request: Request) -> Response:
        return await console.in_thread(_keep, request, await request.form())

    def _keep(request: Request, form: FormData) -> Response:
        visit = console.visit(request)
        who, entry = visit.writing(), _text(form, "entry")
        try:
            view.keep_labels(
                who, entry, _text(form, "labels"), _text(form, "note"), end=_text(form, "end") == "yes"
            )
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _dataset(visit, entry, 0, error)
        return back_to(visit, f"/ledger/datasets/{entry}")

    _add_labelling(console, routes)
    return routes


def _add_labelling(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.get("/ledger/labelling")
    def labelling(
        request: Request, entry: str, labels: str, at: str = "", after: str = "", settle: str = ""
    ) -> Response:
        visit = console.visit(request)
        places = (positive(at, "at") or 0, positive(after, "after") or 0)
        return _page(visit, entry, labels, *places, settle=settle == "yes")

    @routes.post("/ledger/labelling/say")
    async def say(request: Request) -> Response:
        return await console.in_thread(_say, request, await request.form())

    def _say(request: Request, form: FormData) -> Response:
        visit = console.visit(request)
        who, entry, labels = visit.writing(), _text(form, "entry"), _text(form, "labels")
        settle, place = _text(form, "settle") == "yes", positive(_text(form, "place"), "place") or 0
        try:
            if not (value := _text(form, "value")):
                raise Invalid("choice-missing", "nothing was chosen", where="value", remedy="choose one")
            view.say_label(who, entry, labels, place, value, settle=settle)
        except ChengshuError as error:
            if error.status not in _MENDABLE:
                raise
            return _page(visit, entry, labels, 0, place, settle=settle, error=error)
        return back_to(visit, _labelling(entry, labels, place, settle=settle))

    def _page(
        visit: Visit,
        entry: str,
        labels: str,
        at: int,
        after: int,
        *,
        settle: bool,
        error: ChengshuError | None = None,
    ) -> Response:
        shown = view.labelling(visit.who, entry, labels, at, after, settle=settle)
        code = error.status if error else 200
        here = _labelling(entry, labels, settle=settle)
        return console.page(visit, "labelling", code=code, shown=shown, error=error, here=here)


def _labelling(entry: str, labels: str, after: int = 0, *, settle: bool = False) -> str:
    query = {"entry": entry, "labels": labels}
    if settle:
        query["settle"] = "yes"
    if after:
        query["after"] = str(after)
    return f"/ledger/labelling?{urlencode(query)}"


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
