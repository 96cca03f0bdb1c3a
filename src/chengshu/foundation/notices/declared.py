"""``notices.yaml`` of a city: ways out of the hub, who is reached where, what goes where, when it may wait.

A city without one tells people in their inbox on the console, and nothing leaves the hub. No secret stands in
the file: it names the environment variable, or the file, that has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from chengshu.foundation.declared import Declaration, checked, read_document
from chengshu.foundation.notices.kinds import KINDS, PARTIES

FILE = "notices.yaml"
Language = Literal["en", "zh-Hans", "zh-Hant"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Seconds = Annotated[float, Field(gt=0, le=120)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
_MAIL = re.compile(r"[^@\s<>\",;:\\]{1,64}@[^@\s<>\",;:\\]{1,255}")
_TEAM = re.compile(r"(department|role):[a-z][a-z0-9_-]*")


class Secret(Declaration):
    """Where a secret is: an environment variable, or a file that only the hub's user can read."""

    env: str = Field("", pattern=r"^([A-Z][A-Z0-9_]*)?$")
    file: str = ""

    @model_validator(mode="after")
    def _one(self) -> Secret:
        if bool(self.env) == bool(self.file):
            raise ValueError("name either the environment variable (env) or the file that has the secret")
        return self


class _Secretive(Declaration):
    """A channel whose file must not hold its secret; where it does, the mistake does not repeat it."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, values: Any) -> Any:
        for name in ("password", "secret"):
            if isinstance(values, dict) and isinstance(values.get(name), str | int | float):
                raise ValueError(f"{name}: no secret stands in this file; name its env or file")
        return values


class MailChannel(_Secretive):
    """E-mail over SMTP. ``starttls`` and ``tls`` check the server's certificate against the system's
    authorities, or against those in ``authorities`` (a PEM file); ``none`` is for a relay on this machine.
    """

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    user: str = ""
    password: Secret | None = None
    authorities: str = ""
    timeout_s: Seconds = 20.0

    @model_validator(mode="after")
    def _whole(self) -> MailChannel:
        if not _MAIL.fullmatch(self.sender):
            raise ValueError(f"{self.sender!r} is no mail address")
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password belong together")
        if self.user and self.security == "none":
            raise ValueError("a password is not sent without encryption: use starttls or tls")
        return self

    @property
    def secret(self) -> Secret | None:
        """Where the password is."""
        return self.password


class HookChannel(_Secretive):
    """A POST of JSON, signed: the way to gateways of text messages and of chats. The address itself may be a
    secret, so it may be named as one.
    """

    kind: Literal["webhook"]
    url: str = Field(min_length=1)
    secret: Secret
    timeout_s: Seconds = 10.0

    @model_validator(mode="after")
    def _address(self) -> HookChannel:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is no address to call; write https://host/path")
        if parts.username or parts.password:
            raise ValueError("a password stands in the address; the signature tells who calls")
        return self


Channel = Annotated[MailChannel | HookChannel, Field(discriminator="kind")]


class Reach(Declaration):
    """Where somebody is reached outside the console. One of ``department``, ``person`` (login), ``duty`` (an
    area) and ``role`` says who; ``via`` is a channel; ``at`` the addresses.
    """

    department: str = ""
    person: str = ""
    duty: str = ""
    role: str = ""
    via: str
    at: tuple[str, ...] = Field(min_length=1)
    language: Language | None = None

    @model_validator(mode="after")
    def _one(self) -> Reach:
        if sum(map(bool, (self.department, self.person, self.duty, self.role))) != 1:
            raise ValueError("say who: one of department, person, duty, role")
        return self


class Route(Declaration):
    """What becomes of some kinds (``*`` stands for any signs); the first line that fits counts.

    ``to``: parties of the notice, or ``department:ID``, ``role:NAME``; left out: whom the kind is for.
    ``via``: channels besides the inbox, which everything reaches.
    """

    kinds: tuple[str, ...] = Field(min_length=1)
    to: tuple[str, ...] | None = None
    via: tuple[str, ...] = ()
    urgent: bool | None = None

    def fits(self, kind: str) -> bool:
        """Whether it speaks of this kind."""
        return any(fnmatchcase(kind, pattern) for pattern in self.kinds)

    @model_validator(mode="after")
    def _known(self) -> Route:
        for pattern in self.kinds:
            if not any(fnmatchcase(kind, pattern) for kind in KINDS):
                raise ValueError(f"no notice is of the kind {pattern!r}; see `chengshu notices kinds`")
        for name in self.to or ():
            if name not in PARTIES and not _TEAM.fullmatch(name):
                raise ValueError(f"{name!r} is nobody; use {', '.join(PARTIES)}, department:ID or role:NAME")
        return self


class Quiet(Declaration):
    """Hours in which what is not urgent waits, in the city's time; from evening to morning is one night."""

    since: time
    until: time


class Digest(Declaration):
    """No flood: beyond ``after`` messages of a kind to one address within the time, the rest are told
    together at its end.
    """

    after: Annotated[int, Field(ge=1, le=1000)] = 5
    minutes: Minutes = 30
    urgent_minutes: Minutes = 5


class NoticesFile(Declaration):
    """All of notices.yaml. ``public_url``: where people open the console; links in messages begin with it."""

    language: Language = "zh-Hans"
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    channels: Mapping[Id, Channel] = Field(default_factory=dict)
    reach: tuple[Reach, ...] = ()
    routes: tuple[Route, ...] = ()
    quiet: Quiet | None = None
    digest: Digest = Digest()

    @model_validator(mode="after")
    def _fits(self) -> NoticesFile:
        for via in (*(one.via for one in self.reach), *(name for one in self.routes for name in one.via)):
            if via not in self.channels:
                raise ValueError(f"there is no channel {via!r}")
        for one in self.reach:
            for address in one.at:
                if self.channels[one.via].kind == "smtp" and not _MAIL.fullmatch(address):
                    raise ValueError(f"{address!r} is no mail address")
        return self


def read_notices(folder: Path) -> NoticesFile:
    """The notices of the city in ``folder``. Raises :class:`Invalid` with every mistake and its line."""
    path = folder / FILE
    return checked(NoticesFile, read_document(path)) if path.is_file() else NoticesFile()
