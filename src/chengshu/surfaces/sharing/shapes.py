"""What goes in and comes out, as OpenAPI describes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chengshu.kernel.clock import from_millis, iso
from chengshu.resources.sharing import Answer, Request


class Use(BaseModel):
    """What a program wants of a grant."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[
        str,
        Field(min_length=1, max_length=4000, description="what for, in the words it was granted for"),
    ]
    fields: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(max_length=5000, description="some of the granted fields; none: all"),
    ] = []
    filter: Annotated[
        str, Field(max_length=4000, description='which rows, in FEEL, by values as they are seen: ward = "x"')
    ] = ""
    limit: Annotated[int | None, Field(ge=1, description="at most so many rows")] = None


class Lookup(BaseModel):
    """One key of a base library that a program asks a grant about."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[
        str,
        Field(min_length=1, max_length=4000, description="what for, in the words it was granted for"),
    ]
    key: Annotated[str, Field(min_length=1, max_length=64, description="as it stands in the register")]
    fields: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(max_length=5000, description="some of the granted fields; none: all"),
    ] = []


class GrantField(BaseModel):
    """A granted field and how its values are shown."""

    name: str
    treatment: Annotated[str, Field(description="show, generalise, mask, tokenise or withhold")]


class OwnGrant(BaseModel):
    """A grant that names the program among its recipients. Moments are RFC 3339, UTC."""

    id: str
    request: str
    state: Annotated[str, Field(description="only supplied and in_use answer")]
    resource: str
    purpose: str
    manner: Annotated[str, Field(description="api: rows; file: a marked file")]
    fields: list[GrantField]
    rows: Annotated[str, Field(description="the granted rows, in FEEL; empty: all")]
    rows_per_use: int
    rows_per_day: int
    conditions: str
    starts: str | None
    ends: str | None


class OwnRequest(BaseModel):
    """A request that names the program among its recipients."""

    id: str
    state: str
    resource: str
    department: Annotated[str, Field(description="who asked")]
    provider: str
    purpose: str
    submitted: str
    grant: str | None
    reason: Annotated[dict[str, Any], Field(description="of the last decision: rule, text, law")]


class Note(BaseModel):
    """Something unusual about a use; it is on record."""

    rule: str
    text: dict[str, str]


class Rows(BaseModel):
    """The rows of one use. ``use`` is its number in the record."""

    grant: str
    use: int
    columns: list[str]
    rows: list[dict[str, Any]]
    more: Annotated[bool, Field(description="whether the limit cut it off")]
    notes: list[Note]


def own_grant(request: Request) -> OwnGrant:
    """A grant as its program sees it."""
    grant = request.grant
    assert grant is not None  # noqa: S101  only requests with a grant are listed
    return OwnGrant(
        id=grant.id,
        request=request.id,
        state=request.state,
        resource=request.ask.resource,
        purpose=request.ask.purpose,
        manner=request.ask.manner,
        fields=[GrantField(name=field.name, treatment=field.treatment) for field in grant.fields],
        rows=grant.rows,
        rows_per_use=grant.rows_per_use,
        rows_per_day=grant.rows_per_day,
        conditions=grant.conditions,
        starts=_moment(grant.starts_at),
        ends=_moment(grant.ends_at),
    )


def own_request(request: Request) -> OwnRequest:
    """A request as the program it names sees it."""
    return OwnRequest(
        id=request.id,
        state=request.state,
        resource=request.ask.resource,
        department=request.by.department,
        provider=request.provider,
        purpose=request.ask.purpose,
        submitted=iso(from_millis(request.submitted_at)),
        grant=request.grant_id or None,
        reason=request.reason,
    )


def rows_of(grant: str, answer: Answer) -> dict[str, Any]:
    """The body of :class:`Rows`."""
    return {
        "grant": grant,
        "use": answer.use.seq,
        "columns": answer.columns,
        "rows": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows],
        "more": answer.more,
        "notes": [{"rule": note.rule, "text": note.text.as_dict()} for note in answer.notes],
    }


def _moment(milliseconds: int) -> str | None:
    return iso(from_millis(milliseconds)) if milliseconds else None
