"""Data sharing: the desk, asking, one request with what may be done, grants in use, the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.model.sharing import (
    AskGiven,
    DeskScope,
    Manner,
    MissingItem,
    SharingAct,
    Treatment,
    UseAsk,
    UseResult,
)
from chengshu.console.page import HEADERS, Console, back_to
from chengshu.console.pages.choices import one_of, positive
from chengshu.console.visit import Visit
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import ChengshuError, Denied, Invalid

_SCOPES: Final[tuple[DeskScope, ...]] = get_args(DeskScope)
_ACTS: Final[tuple[SharingAct, ...]] = get_args(SharingAct)
_MANNERS: Final[tuple[Manner, ...]] = get_args(Manner)
_ITEMS: Final[tuple[MissingItem, ...]] = get_args(MissingItem)
_TREATMENTS: Final[tuple[Treatment, ...]] = get_args(Treatment)
_READERS: Final = ("official", "analyst")
_TERMS: Final = ("P30D", "P90D", "P6M", "P1Y")
MENDABLE: Final = (409, 422, 429)  # what the person can put right on the same page


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent: the last text of each name, and every text of each."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, form: FormData) -> Sent:
        """The texts of a form; files are left out."""
        lists: dict[str, tuple[str, ...]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                lists[name] = (*lists.get(name, ()), value)
        return cls({name: values[-1] for name, values in lists.items()}, lists)

    def text(self, name: str) -> str:
        """A text without the blanks around it; empty where there is none."""
        return self.texts.get(name, "").strip()


def router(console: Console) -> APIRouter:
    """The pages of those who ask for data, decide on data, use data, and answer for it."""
    routes = console.routes()
    view = console.view

    @routes.get("/sharing")
    def desk(request: Request, scope: str = "waiting", before: str = "") -> Response:
        visit = console.visit(request)
        chosen = one_of(_SCOPES, scope, "scope")
        shown = view.sharing(visit.who, chosen, before)
        return console.page(visit, "sharing", desk=shown, scopes=_SCOPES, before=before)

    _add_asking(console, routes)
    _add_requests(console, routes)
    _add_grants(console, routes)
    _add_record(console, routes)
    _add_ways_back(console, routes)
    return routes


def _add_ways_back(console: Console, routes: APIRouter) -> None:
    """An answer to a form stands at the form's own address: whoever comes there by a link finds its page."""

    @routes.get("/sharing/requests/{id_}/{act}")
    def request_page(request: Request, id_: str, act: str) -> Response:
        one_of(_ACTS, act, "act")
        return back_to(console.visit(request), f"/sharing/requests/{quote(id_)}")

    @routes.get("/sharing/grants/{grant}/{kind}")
    def grant_page(request: Request, grant: str, kind: str) -> Response:
        one_of(("rows", "file"), kind, "kind")
        return back_to(console.visit(request), f"/sharing/grants/{quote(grant)}")

    @routes.get("/sharing/counter/consent")
    def counter_page(request: Request) -> Response:
        return back_to(console.visit(request), "/sharing/counter")


def _add_asking(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.get("/sharing/ask")
    def form(request: Request, resource: str = "", completes: str = "") -> Response:
        return _form(console.visit(request), resource, completes, None)

    @routes.post("/sharing/ask")
    async def ask(request: Request) -> Response:
        return await console.in_thread(_ask, request, Sent.of(await request.form()))

    def _ask(request: Request, sent: Sent) -> Response:
        visit = console.visit(request)
        who, given = visit.writing(), _given(sent)
        resource, completes = sent.text("resource"), sent.text("completes")
        try:
            made = view.ask_for_data(who, resource, given, completes)
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _form(visit, resource, completes, given, error)
        return back_to(visit, f"/sharing/requests/{quote(made)}")

    def _form(
        visit: Visit,
        resource: str,
        completes: str,
        given: AskGiven | None,
        error: ChengshuError | None = None,
    ) -> Response:
        if completes and not resource:
            resource = view.sharing_request(visit.who, completes, None).resource
        shown = view.ask_form(visit.who, resource, completes, given)
        return console.page(
            visit,
            "sharing_ask",
            code=error.status if error else 200,
            form=shown,
            error=error,
            manners=_MANNERS,
            readers=_READERS,
            terms=_TERMS,
        )


def _add_requests(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.get("/sharing/requests/{id_}")
    def one(request: Request, id_: str) -> Response:
        return _page(console.visit(request), id_)

    @routes.post("/sharing/requests/{id_}/{act}")
    async def act(request: Request, id_: str, act: str) -> Response:
        return await console.in_thread(_act, request, id_, act, Sent.of(await request.form()))

    def _act(request: Request, id_: str, act: str, sent: Sent) -> Response:
        visit = console.visit(request)
        who, chosen = visit.writing(), one_of(_ACTS, act, "act")
        try:
            view.sharing_act(who, id_, chosen, sent.texts)
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, id_, error, chosen, sent.texts)
        return back_to(visit, f"/sharing/requests/{quote(id_)}")

    def _page(
        visit: Visit,
        id_: str,
        error: ChengshuError | None = None,
        act: str = "",
        given: Mapping[str, str] | None = None,
    ) -> Response:
        return console.page(
            visit,
            "sharing_request",
            code=error.status if error else 200,
            request=view.sharing_request(visit.who, id_, visit.as_of),
            error=error,
            tried=act,
            given=given or {},
            items=_ITEMS,
            treatments=_TREATMENTS,
        )


def _add_grants(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.get("/sharing/grants")
    def grants(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "sharing_grants", grants=view.grants(visit.who))

    @routes.get("/sharing/grants/{grant}")
    def one(request: Request, grant: str) -> Response:
        visit = console.visit(request)
        return _page(visit, grant, None)

    @routes.post("/sharing/grants/{grant}/rows")
    async def rows(request: Request, grant: str) -> Response:
        return await console.in_thread(_rows, request, grant, Sent.of(await request.form()))

    def _rows(request: Request, grant: str, sent: Sent) -> Response:
        visit = console.visit(request)
        who = visit.writing()
        try:
            asked = _use(sent)
            result = view.use_grant(who, grant, asked)
        except ChengshuError as error:
            if error.status not in MENDABLE:
                raise
            return _page(visit, grant, None, sent, error)
        return _page(visit, grant, result, sent)

    @routes.post("/sharing/grants/{grant}/file")
    async def file(request: Request, grant: str) -> Response:
        return await console.in_thread(_file, request, grant, Sent.of(await request.form()))

    def _file(request: Request, grant: str, sent: Sent) -> Response:
        visit = console.visit(request)
        who = visit.writing()
        try:
            made = view.take_file(who, grant, _use(sent))
        except ChengshuError as error:
            if error.status not in MENDABLE and not (isinstance(error, Denied) and "use" in error.extra):
                raise
            return _page(visit, grant, None, sent, error)
        headers = HEADERS | {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
            "x-chengshu-mark": quote(made.mark, safe=":, "),
        }
        return Response(made.content, media_type="text/csv; charset=utf-8", headers=headers)

    def _page(
        visit: Visit,
        grant: str,
        result: UseResult | None,
        sent: Sent | None = None,
        error: ChengshuError | None = None,
    ) -> Response:
        shown = view.grant(visit.who, grant)
        asked = sent or Sent({"purpose": shown.purpose}, {})
        denied = result is not None and result.denied is not None
        code = error.status if error else 403 if denied else 200
        return console.page(
            visit, "sharing_grant", code=code, grant=shown, result=result, asked=asked, error=error
        )


def _add_record(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.get("/sharing/record")
    def record(request: Request, since: str = "", until: str = "") -> Response:
        visit = console.visit(request)
        first, last = _day(since, "since", visit), _day(until, "until", visit)
        if last is not None:
            last += timedelta(days=1)  # the day itself counts
        shown = view.sharing_record(visit.who, first, last)
        return console.page(visit, "sharing_record", record=shown, since=since, until=until)


def shown_card(sent: Sent) -> None:
    """Nobody is told of another person's data: the card, or the authority to ask, must have been seen."""
    if sent.text("seen") != "yes":
        raise Invalid(
            "card-unseen",
            "the identity card, or the authority to ask for the person, must have been seen",
            where="seen",
            remedy="look at it and tick the box",
            text={
                "en": "Look at the identity card, or the authority to ask for the person, and tick the box.",
                "zh-Hans": "请核验身份证件或委托书，并勾选。",
                "zh-Hant": "請核驗身分證件或委託書，並勾選。",
            },
        )


def _given(sent: Sent) -> AskGiven:
    return AskGiven(
        sent.text("department"),
        sent.lists.get("fields", ()),
        sent.text("rows"),
        sent.text("purpose"),
        sent.text("basis"),
        sent.text("duration"),
        sent.lists.get("recipients", ()),
        sent.text("programs"),
        sent.text("manner") or "query",
        sent.text("reader") or "official",
        sent.text("assessment"),
        sent.text("consent") == "yes",
    )


def _use(sent: Sent) -> UseAsk:
    return UseAsk(
        sent.text("purpose"),
        sent.lists.get("fields", ()),
        sent.text("filter"),
        positive(sent.text("limit"), "limit"),
    )


def _day(text: str, where: str, visit: Visit) -> datetime | None:
    """The beginning of a day in the city. Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("day", f"{text!r} is no day", where=where, remedy="write it as 2026-07-21") from None
    return as_utc(datetime.combine(day, time(), ZoneInfo(visit.status.zone)))
