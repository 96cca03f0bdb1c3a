"""Rules: the tables in force, one table with all about it, drafts and their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chengshu.console.model.rules import CellPart, EditKind, RuleAsk, RuleEdit, RuleFile, RuleView
from chengshu.console.page import HEADERS, Console, back_to, cure_in_words, in_words
from chengshu.console.pages.choices import one_of
from chengshu.console.rule_pictures import requirement_picture
from chengshu.console.visit import Visit
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import ChengshuError, Conflict, Invalid

_PARTS: Final[tuple[CellPart, ...]] = get_args(CellPart)
_KINDS: Final[tuple[EditKind, ...]] = get_args(EditKind)
_GIVEN = "given."


def router(console: Console) -> APIRouter:
    """The pages on which departments keep their rules."""
    routes = console.routes()
    view = console.view

    @routes.get("/rules")
    def rules(request: Request) -> Response:
        visit = console.visit(request)
        return console.page(visit, "rules", rules=view.rules(visit.who, visit.as_of), typed={}, error=None)

    @routes.get("/rules/export")
    def export(request: Request) -> Response:
        return _file(view.rule_files(console.visit(request).who))

    @routes.get("/rules/changes/{change}/file")
    def change_file(request: Request, change: str) -> Response:
        return _file(view.rule_change_file(console.visit(request).who, change))

    @routes.get("/rules/{scenario}/{rule}/file")
    def rule_file(request: Request, scenario: str, rule: str) -> Response:
        version = request.query_params.get("version") or None
        return _file(view.rule_file(console.visit(request).who, scenario, rule, version))

    @routes.get("/rules/changes/{change}")
    def change(request: Request, change: str) -> Response:
        visit = console.visit(request)
        found = view.rule_change(visit.who, change, _asked(request))
        return console.page(visit, "rule", **_shown(visit, found, f"/rules/changes/{change}"))

    @routes.get("/rules/{scenario}/{rule}")
    def rule(request: Request, scenario: str, rule: str) -> Response:
        visit = console.visit(request)
        found = view.rule(visit.who, scenario, rule, _asked(request), visit.as_of)
        return console.page(visit, "rule", **_shown(visit, found, f"/rules/{scenario}/{rule}"))

    _add_editing(console, routes)
    _add_signing(console, routes)
    return routes


def _add_editing(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.post("/rules/changes/{change}/check")
    async def check(request: Request, change: str) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_check, request, change, form)

    def _check(request: Request, change: str, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        verdict = view.check_cell(visit.writing(), change, form.get("table", ""), _edit(form))
        return JSONResponse(
            {"ok": verdict.ok, "message": visit.t.say(verdict.message), "position": verdict.position}
        )

    @routes.post("/rules/changes/{change}/edit")
    async def edit(request: Request, change: str) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_change_table, request, change, form)

    def _change_table(request: Request, change: str, form: Mapping[str, str]) -> Response:
        """A script gets the table and what hangs on it, or the fault; a form goes back to its page."""
        visit = console.visit(request)
        table = form.get("table", "")
        scripted = request.headers.get("x-island") == "grid"
        try:
            view.edit_rule(visit.writing(), change, table, _edit(form), _number(form, "revision"))
        except ChengshuError as error:
            if not scripted:
                raise
            told, cure = in_words(error, visit.t), cure_in_words(error, visit.t)
            if cure and not isinstance(error.extra.get("text"), Mapping):  # words it brings say what to do
                told = f"{told} — {cure}"
            return JSONResponse({"message": told}, error.status)
        if not scripted:
            return back_to(visit, f"/rules/changes/{change}?table={quote(table)}")
        given = _given(form)
        found = view.rule_change(
            visit.who, change, RuleAsk(table, given=given if any(given.values()) else None)
        )
        return console.part(visit, "rule", "work", **_shown(visit, found, f"/rules/changes/{change}"))


def _add_signing(console: Console, routes: APIRouter) -> None:
    view = console.view

    @routes.post("/rules/changes/{change}/{verb}")
    async def act(request: Request, change: str, verb: str) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_act, request, change, verb, form)

    def _act(request: Request, change: str, verb: str, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        who, chosen = visit.writing(), one_of(("sign", "publish", "withdraw"), verb, "verb")
        hash_ = form.get("hash", "")
        if chosen == "sign":
            view.sign_rule(who, change, hash_, form.get("note", ""), seen=form.get("seen") == "yes")
        elif chosen == "publish":
            view.publish_rule(who, change, hash_, _moment(form.get("valid_from", ""), visit))
        else:
            view.withdraw_rule(who, change, form.get("note", ""))
        if chosen == "sign":
            return back_to(visit, f"/rules/changes/{change}")
        back = form.get("back", "")
        return back_to(visit, back if back.startswith("/rules/") else "/rules")

    @routes.post("/rules/{scenario}/{rule}/cases")
    async def cases(request: Request, scenario: str, rule: str) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_cases, request, scenario, rule, form)

    def _cases(request: Request, scenario: str, rule: str, form: Mapping[str, str]) -> Response:
        """One more case from a past decision, or one that was kept taken away (``drop``)."""
        visit = console.visit(request)
        if "drop" in form:
            view.drop_case(visit.writing(), scenario, rule, form["drop"])
        else:
            view.keep_case(visit.writing(), scenario, rule, form.get("keep", ""))
        return back_to(visit, f"/rules/{scenario}/{rule}?table={quote(form.get('table', ''))}&past=1#past")

    @routes.post("/rules/new")
    async def new(request: Request) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_new, request, form)

    def _new(request: Request, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        who = visit.writing()
        asked = (form.get(name, "") for name in ("scenario", "name", "inputs", "outputs"))
        try:
            made = view.new_rule(who, *asked)
        except (Conflict, Invalid) as error:  # what was typed stays, with what is wrong about it
            shown = view.rules(visit.who, visit.as_of)
            return console.page(visit, "rules", code=error.status, rules=shown, typed=form, error=error)
        return back_to(visit, f"/rules/changes/{made}")

    @routes.post("/rules/{scenario}/{rule}/draft")
    async def draft(request: Request, scenario: str, rule: str) -> Response:
        form = _texts(await request.form())
        return await console.in_thread(_draft, request, scenario, rule, form)

    def _draft(request: Request, scenario: str, rule: str, form: Mapping[str, str]) -> Response:
        visit = console.visit(request)
        made = view.draft_rule(visit.writing(), scenario, rule, form.get("version"))
        table = form.get("table", "")
        return back_to(visit, f"/rules/changes/{made}" + (f"?table={quote(table)}" if table else ""))


def _shown(visit: Visit, rule: RuleView, base: str) -> dict[str, Any]:
    """What the templates of a rule need: the rule, the page's address, and links that try inputs on it."""
    version = None if rule.change is not None or rule.version.holds else rule.version.name or "files"

    def try_url(inputs: Mapping[str, str]) -> str:
        given = {f"{_GIVEN}{name}": value for name, value in inputs.items()}
        return visit.url(base, table=rule.grid.table, version=version, **{"try": "1"}, **given)

    return {
        "rule": rule,
        "base": base,
        "try_url": try_url,
        "graph": requirement_picture(rule.requirements, visit.t.say),
        "required": {one.id: one for one in rule.requirements},
    }


def _file(made: RuleFile) -> Response:
    headers = HEADERS | {"content-disposition": f"attachment; filename*=UTF-8''{quote(made.name)}"}
    return Response(made.content, media_type=made.media_type, headers=headers)


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _asked(request: Request) -> RuleAsk:
    """What the address asks to be shown; inputs to try stand in it as ``given.NAME``."""
    query = request.query_params
    given = _given(query)
    tried = given if given or "try" in query else None
    return RuleAsk(
        query.get("table", ""),
        query.get("version") or None,
        query.get("against") or None,
        tried,
        "past" in query,
    )


def _given(sent: Mapping[str, str]) -> dict[str, str]:
    return {name[len(_GIVEN) :]: value for name, value in sent.items() if name.startswith(_GIVEN)}


def _edit(form: Mapping[str, str]) -> RuleEdit:
    return RuleEdit(
        one_of(_KINDS, form.get("kind", "set"), "kind"),
        _number(form, "rule"),
        one_of(_PARTS, form.get("part", "input"), "part"),
        _number(form, "column"),
        form.get("text", ""),
        _number(form, "to"),
    )


def _number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "") or "0"
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("number", f"{text!r} is no number", where=name)
    return int(text)


def _moment(text: str, visit: Visit) -> datetime | None:
    """A local time of the city, as a browser's field gives it; None for an empty one."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            "moment",
            f"{text!r} is no moment",
            where="valid_from",
            remedy="write it as 2026-07-21T15:40, the city's time",
        ) from None
    return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(visit.status.zone)))
