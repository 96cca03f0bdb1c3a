"""``/shared``: a program lists its grants and reads by them; each use, and each denied attempt, is on record.

A program is a recipient when the request names it as ``client:NAME``. It acts for nobody else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from chengshu.kernel.errors import Missing
from chengshu.resources.sharing import Answer, Gate, Party, SharingQueries
from chengshu.surfaces.sharing.shapes import (
    Lookup,
    OwnGrant,
    OwnRequest,
    Rows,
    Use,
    own_grant,
    own_request,
    rows_of,
)

_encode = msgspec.json.Encoder(enc_hook=str).encode
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "no valid token of a program"},
    403: {"description": "denied, with the reason in three languages; the attempt is on record as `use`"},
    404: {"description": "no grant of that id names this program"},
    422: {"description": "not what this address takes"},
}


def router(queries: SharingQueries, gate: Gate, who: Callable[[Request], Party]) -> APIRouter:
    """The routes. ``who`` says which program calls; it raises what the caller should see."""
    routes = APIRouter(prefix="/shared", tags=["sharing"], responses=_PROBLEMS)

    @routes.get("/grants")
    def grants(request: Request) -> list[OwnGrant]:
        """The grants that name this program and are not over."""
        return [own_grant(item) for item in queries.naming([who(request).person], standing=True)]

    @routes.get("/requests")
    def requests(request: Request) -> list[OwnRequest]:
        """The requests that name this program, with what became of them."""
        return [own_request(item) for item in queries.naming([who(request).person])]

    @routes.post(
        "/grants/{grant}/rows",
        response_model=Rows,
        responses={200: {"content": {"text/csv": {}}, "description": "rows as they may be seen"}},
    )
    def rows(request: Request, grant: str, use: Use) -> Response:
        """Read rows by a grant for programs (manner ``api``): JSON, or CSV with ``Accept: text/csv``."""
        program = _recipient(queries, grant, who(request))
        answer = gate.query(
            grant,
            program,
            use.purpose,
            fields=use.fields,
            filter=use.filter,
            limit=use.limit,
            manner="api",
        )
        if "text/csv" in request.headers.get("accept", ""):
            return Response(_csv(answer), media_type="text/csv; charset=utf-8", headers=_told(answer))
        return Response(_encode(rows_of(grant, answer)), media_type="application/json")

    @routes.post("/grants/{grant}/lookup", response_model=Rows)
    def lookup(request: Request, grant: str, asked: Lookup) -> Response:
        """Look one key up in a base library, by a grant for programs that has the key among its fields."""
        program = _recipient(queries, grant, who(request))
        key = "".join(asked.key.split()).upper()
        answer = gate.lookup(grant, program, asked.purpose, key, fields=asked.fields, manner="api")
        return Response(_encode(rows_of(grant, answer)), media_type="application/json")

    @routes.post(
        "/grants/{grant}/file",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "a file marked for this recipient"}},
    )
    def file(request: Request, grant: str, use: Use) -> Response:
        """Take a marked CSV file by a grant by file; ``x-chengshu-mark`` says how it is marked."""
        program = _recipient(queries, grant, who(request))
        made = gate.export(grant, program, use.purpose, fields=use.fields, filter=use.filter, limit=use.limit)
        headers = _told(made.answer) | {
            "x-chengshu-mark": made.answer.use.mark,
            "content-disposition": f'attachment; filename="{grant}-{made.answer.use.seq}.csv"',
        }
        return Response(made.content, media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _recipient(queries: SharingQueries, grant: str, program: Party) -> Party:
    """The program, if the grant was ever meant for it: others do not learn that the grant exists."""
    if not queries.names(grant, program.person):
        raise Missing("grant-missing", f"no grant {grant!r} names this program", where=grant)
    return program


def _told(answer: Answer) -> dict[str, str]:
    return {"x-chengshu-use": str(answer.use.seq), "x-chengshu-more": str(answer.more).lower()}


def _csv(answer: Answer) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)
    return out.getvalue()
