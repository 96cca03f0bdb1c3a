"""The way to context sources: requests with the right headers, in bounded time, and failures as values.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.3.6.6 (contextSourceInfo), 6.3.17 (warnings), 6.3.18 (Via). What a
source does wrong is never an error of ours: it becomes a :class:`Failed`, which the answer tells of.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.versions import amended, amended_attribute, version_of
from chengshu.foundation.broker.registry.forwards import ForwardLog
from chengshu.foundation.broker.registry.model import Registration
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.http import HttpAnswer, HttpClient, HttpRequest, Unreachable
from chengshu.surfaces.ngsi_ld.answers import in_context
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import JSON, LD_JSON, link_to_context
from chengshu.surfaces.ngsi_ld.operation import PREFIX
from chengshu.surfaces.ngsi_ld.problems import ERRORS

SAFE = ":-._~!$&'()*+,;=@"
_OWN = frozenset(  # headers that are ours to set, whatever a registration says
    [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "via",
        "link",
        "content-type",
        "ngsild-tenant",
        "te",
        "upgrade",
    ]
)
_MEANT = frozenset({"accept", "contentType", "jsonldContext", "ngsildConformance"})  # clause 4.3.6.6
_REQUEST = "urn:ngsi-ld:request"  # "take the value from the request that caused this one" (clause 4.3.6.6)
_PSEUDONYM = re.compile(r"^\s*(?:\S+/)?\d+(?:\.\d+)?\s+([^\s(]+)")
_ATTRIBUTE = 4  # segments of the path of one attribute
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Failed:
    """A source did not do what it was asked: ``status`` as we tell it, and why."""

    registration: Registration
    status: int
    title: str
    detail: str
    type: str = ERRORS + "InternalError"

    def problem(self) -> dict[str, Any]:
        """Problem details of it."""
        return {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail}

    def warning(self) -> tuple[str, str]:
        """The header ``NGSILD-Warning`` that tells of it (clause 6.3.17)."""
        said = " ".join(f"{self.title}: {self.detail}".split()).replace('"', "'").encode("ascii", "replace")
        return ("ngsild-warning", f'199 {self.registration.id} "{said.decode()[:300]}"')


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a source. ``path`` are segments below the prefix; ``body`` is plain JSON or None."""

    registration: Registration
    method: str
    path: tuple[str, ...]
    context: LdContext
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Settings:
    """``timeout_s``: patience with a source that does not say its own; ``page``: entities asked for at once,
    ``pages`` at most from one source; ``at_once``: requests under way for one of ours."""

    timeout_s: float = 5.0
    page: int = 100
    pages: int = 100
    at_once: int = 32
    most: int = 64 * 1024 * 1024


class Sources:
    """Asks context sources. ``alias`` is the pseudonym of this broker in ``Via`` headers."""

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        alias: str,
        forwards: ForwardLog,
        settings: Settings | None = None,
    ) -> None:
        self._http, self._clock, self.alias, self._forwards = http, clock, alias, forwards
        self.settings = settings or Settings()

    async def ask_all(self, questions: Sequence[Question], call: Call) -> list[HttpAnswer | Failed]:
        """The answers in order; all are asked at once, within the bounds of the settings."""
        if len(questions) == 1:
            return [await self.ask(questions[0], call)]
        gate = asyncio.Semaphore(self.settings.at_once)

        async def one(question: Question) -> HttpAnswer | Failed:
            async with gate:
                return await self.ask(question, call)

        return list(await asyncio.gather(*(one(question) for question in questions)))

    def patience(self, registration: Registration) -> float:
        """The seconds that one operation may wait for the source."""
        management = registration.management
        return management.timeout / 1000 if management and management.timeout else self.settings.timeout_s

    async def ask(
        self, question: Question, call: Call, *, within: float | None = None
    ) -> HttpAnswer | Failed:
        """What the source answers, whatever its status; :class:`Failed` when it answers nothing in time.

        ``within``: seconds, when the operation has used up a part of its patience.
        """
        registration = question.registration
        if self._forwards.of(call.tenant, registration.id).resting_until > self._now():
            return Failed(registration, 504, "The source rests", "it failed a moment ago and is left alone")
        try:
            answer = await self._http.send(self._request(question, call, within))
        except Unreachable as error:
            self._note(call, registration, ok=False)
            return Failed(registration, 504, "The source does not answer", error.fault.detail)
        except ChengshuError as error:
            self._note(call, registration, ok=False)
            return Failed(registration, 502, "The source cannot be asked", error.fault.detail)
        self._note(call, registration, ok=answer.status < 500)
        return answer

    def _note(self, call: Call, registration: Registration, *, ok: bool) -> None:
        cooldown = registration.management.cooldown if registration.management else 0
        self._forwards.note(call.tenant, registration.id, self._now(), ok=ok, cooldown=cooldown)

    def _now(self) -> int:
        return millis(self._clock.now())

    def _request(self, question: Question, call: Call, within: float | None) -> HttpRequest:
        registration, management = question.registration, question.registration.management
        params = dict(question.params)
        if management is not None and management.local_only:
            params["local"] = "true"
        body, media = self._body(question)
        return HttpRequest(
            question.method,
            _url(registration.endpoint, question.path, params),
            self._headers(question, call, media),
            body,
            self.patience(registration) if within is None else within,
            self.settings.most,
        )

    def _headers(self, question: Question, call: Call, media: str) -> dict[str, str]:
        registration = question.registration
        headers = {"Accept": meant(registration, "accept") or JSON}
        for name, value in registration.info:
            if name.lower() not in _OWN and name not in _MEANT:
                said = call.headers.get(name.lower(), "") if value == _REQUEST else value
                if said:
                    headers[name] = said
        via = call.headers.get("via", "")
        headers["Via"] = f"{via}, 1.1 {self.alias}" if via else f"1.1 {self.alias}"
        if registration.tenant:
            headers["NGSILD-Tenant"] = registration.tenant
        if media:
            headers["Content-Type"] = media
        if media != LD_JSON and (link := _single(question.context)):
            headers["Link"] = link_to_context(link)
        return headers

    @staticmethod
    def _body(question: Question) -> tuple[bytes, str]:
        """The body and its format: with @context inside when a ``Link`` header cannot say it."""
        if question.body is None:
            return b"", ""
        body, wanted = _amended(question), meant(question.registration, "contentType")
        plain = not isinstance(body, dict | list) or _ids_alone(body)
        if plain or (_single(question.context) and wanted != LD_JSON):
            return _encode(body), JSON
        return _encode(in_context(body, question.context)), LD_JSON


def meant(registration: Registration, key: str) -> str:
    """What ``contextSourceInfo`` says under a key that has a meaning of its own (clause 4.3.6.6)."""
    return next((value for name, value in registration.info if name == key), "")


def _ids_alone(body: Any) -> bool:
    """Whether it is a list of ids, which has no place for a context."""
    return isinstance(body, list) and not any(isinstance(item, dict) for item in body)


def _amended(question: Question) -> Any:
    """The body as the version of NGSI-LD that the source conforms to knows it (clause 4.3.6.8)."""
    version = version_of(meant(question.registration, "ngsildConformance"))
    if version is None or question.path[-1] == "query":
        return question.body
    one = len(question.path) == _ATTRIBUTE
    return amended_attribute(question.body, version) if one else amended(question.body, version)


def _single(context: LdContext) -> str:
    """The one URL that names the context, or nothing."""
    return context.links[0] if len(context.links) == 1 else ""


def _url(endpoint: str, path: tuple[str, ...], params: Mapping[str, str]) -> str:
    base = endpoint.rstrip("/")
    if not base.endswith(PREFIX):
        base += PREFIX
    url = "/".join((base, *(quote(segment, safe=SAFE) for segment in path)))
    return f"{url}?{urlencode(params, quote_via=quote, safe=SAFE)}" if params else url


def passed(via: str) -> frozenset[str]:
    """The pseudonyms of the brokers a request has passed, read from its ``Via`` header."""
    found = (_PSEUDONYM.match(part) for part in via.split(","))
    return frozenset(match[1] for match in found if match)


def json_of(answer: HttpAnswer) -> Any:
    """The body as JSON. Raises ValueError when it is none."""
    try:
        return _decode(answer.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"the answer is not JSON: {error}") from error


def refusal(registration: Registration, answer: HttpAnswer) -> Failed:
    """A status that is no success as a failure, with what the source says of it."""
    try:
        said = json_of(answer) if answer.body else {}
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    return Failed(
        registration,
        answer.status if 400 <= answer.status < 600 else 502,
        _text(said, "title", f"The source answered with the status {answer.status}"),
        _text(said, "detail", "it gave no reason"),
        _text(said, "type", _TYPES.get(answer.status, ERRORS + "InternalError")),
    )


_TYPES = {
    400: ERRORS + "BadRequestData",
    404: ERRORS + "ResourceNotFound",
    409: ERRORS + "AlreadyExists",
    422: ERRORS + "OperationNotSupported",
    508: ERRORS + "LoopDetected",
}


def _text(said: Mapping[str, Any], name: str, otherwise: str) -> str:
    value = said.get(name)
    return value[:1000] if isinstance(value, str) and value else otherwise
