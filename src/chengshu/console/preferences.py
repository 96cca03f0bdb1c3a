"""How a person wants to see the console; kept in the browser, so it holds before signing in too."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from chengshu.console.words import choose_language
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import LANGUAGES

THEMES = ("auto", "light", "dark")
SIZES = ("normal", "large")
_YEAR_S = 365 * 86400


@dataclass(frozen=True, slots=True)
class Preferences:
    """Language tag, theme, and type size (``large`` is 適老化)."""

    language: str
    theme: str = "auto"
    size: str = "normal"

    @classmethod
    def of(cls, request: Request) -> Preferences:
        """Read the cookies; anything unknown falls back to the default."""
        cookies = request.cookies
        theme, size = cookies.get("theme", ""), cookies.get("size", "")
        return cls(
            choose_language(cookies.get("language"), request.headers.get("accept-language")),
            theme if theme in THEMES else "auto",
            size if size in SIZES else "normal",
        )

    def write(self, response: Response, *, secure: bool) -> None:
        """Keep them in the browser for a year."""
        for name in ("language", "theme", "size"):
            response.set_cookie(
                name, getattr(self, name), max_age=_YEAR_S, samesite="lax", secure=secure, httponly=True
            )


def parse_preferences(language: str, theme: str, size: str) -> Preferences:
    """The choice made in a form. Raises Invalid for a value that was never offered."""
    for value, allowed, name in (
        (language, LANGUAGES, "language"),
        (theme, THEMES, "theme"),
        (size, SIZES, "size"),
    ):
        if value not in allowed:
            raise Invalid(
                "preference-unknown",
                f"{value!r} is no {name}",
                where=name,
                remedy=f"choose one of {', '.join(allowed)}",
            )
    return Preferences(language, theme, size)
