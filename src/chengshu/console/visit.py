"""One request of one person: who, in which words, at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request

from chengshu.console.formats import Formats
from chengshu.console.model import HubStatus, Person
from chengshu.console.preferences import Preferences
from chengshu.console.view import HubView
from chengshu.console.words import Words
from chengshu.kernel.clock import as_utc, from_millis, iso
from chengshu.kernel.errors import Conflict, Denied, Invalid, Unauthenticated

SESSION_COOKIE = "chengshu_session"


@dataclass(frozen=True, slots=True)
class Visit:
    """What handlers and templates need to know. ``as_of`` is None when the page shows the present."""

    request: Request
    person: Person | None
    status: HubStatus
    preferences: Preferences
    as_of: datetime | None
    t: Words
    fmt: Formats

    @property
    def who(self) -> Person:
        """The person. Raises Unauthenticated when nobody is signed in."""
        if self.person is None:
            raise Unauthenticated("sign-in", "this page needs somebody signed in", remedy="sign in")
        return self.person

    @property
    def moment(self) -> datetime:
        """The moment the page shows."""
        return self.as_of or self.status.now

    def url(self, path: str, /, **query: object) -> str:
        """A link within the console that stays at the moment shown (``as_of=None`` leads to the present)."""
        if "as_of" not in query and self.as_of is not None:
            query["as_of"] = iso(self.as_of)
        pairs = {key: value for key, value in query.items() if value is not None}
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def here(self, **query: object) -> str:
        """This page with its own query, changed as given."""
        own: dict[str, object] = {
            key: value for key, value in self.request.query_params.items() if key not in ("as_of", "part")
        }
        return self.url(self.request.url.path, **(own | query))

    def step(self, minutes: int) -> str | None:
        """The moment so many minutes on, for a link; None when that is the present or beyond."""
        moment = self.moment + timedelta(minutes=minutes)
        return None if moment >= self.status.now else iso(moment.replace(microsecond=0))

    def stamp(self, milliseconds: int) -> str:
        """A moment of a chart as the table beside it says it."""
        return self.fmt.clock(from_millis(milliseconds))

    def writing(self) -> Person:
        """The person, for a command: the past cannot be changed and other sites cannot press our buttons.

        Raises Unauthenticated, Denied for a form of another site, Conflict when looking back.
        """
        same_origin(self.request)
        if self.as_of is not None:
            raise Conflict(
                "looking-back",
                "this page shows the past, which cannot be changed",
                remedy="go back to the present first",
            )
        return self.who


def same_origin(request: Request) -> None:
    """Raise Denied when a browser says that another site sent this form (Fetch Metadata, then Origin)."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    foreign = site not in ("same-origin", "none") if site else origin is not None and origin != own
    if foreign:
        raise Denied(
            "cross-site", "the form was sent by another site", remedy="open the page here and try again"
        )


def session_token(request: Request) -> str | None:
    """The session's secret from the cookie, or from ``Authorization: Bearer`` for programs."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.cookies.get(SESSION_COOKIE)


def parse_as_of(text: str | None, status: HubStatus) -> datetime | None:
    """The moment asked for: RFC 3339, or a local time of the city. None for the present and the future.

    Raises Invalid for anything else.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            "as-of",
            f"{text!r} is no moment",
            where="as_of",
            remedy="write it as 2026-07-21T15:40 (the city's time) or 2026-07-21T07:40:00Z",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(status.zone))
    moment = as_utc(moment)
    return None if moment >= status.now else moment


def receive(request: Request, view: HubView) -> Visit:
    """Look at a request: who is it, and what do they want to see. Raises Invalid for a bad ``as_of``."""
    status = view.status()
    token = session_token(request)
    preferences = Preferences.of(request)
    words = Words(preferences.language)
    as_of = parse_as_of(request.query_params.get("as_of"), status)
    return Visit(
        request=request,
        person=view.person(token) if token else None,
        status=status,
        preferences=preferences,
        as_of=as_of,
        t=words,
        fmt=Formats(words, ZoneInfo(status.zone), as_of or status.now),
    )
