"""Make a small city folder that checks, serves and drills, to be changed into one's own."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template

from chengshu.kernel.errors import Conflict, Invalid

TEMPLATE = Path(__file__).parent / "template"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def make_city(name: str, folder: Path) -> Path:
    """Write the city ``name`` into ``folder/name`` and return that path; all of it or nothing.

    Raises :class:`Invalid` for a name that cannot be a city's id, :class:`Conflict` when the place is taken.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(
            "city-name",
            f"{name!r} cannot be a city's id",
            where="NAME",
            remedy="begin with a lower-case letter, then up to 62 lower-case letters, digits, - or _, "
            f"for example {_suggestion(name)}",
        )
    home = folder / name
    if home.exists() or home.is_symlink():
        raise Conflict(
            "city-exists",
            "there is something with this name already; it is left as it is",
            where=str(home),
            remedy="choose another name, or another folder with --in",
        )
    words = {"id": name, "name": re.sub(r"[-_]+", " ", name).strip().title()}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as draft:
        for path, text in _files():
            target = Path(draft, name, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.substitute(words), "utf-8")
        Path(draft, name).rename(home)
    return home


def _files() -> Iterator[tuple[Path, Template]]:
    """Every file of the template by its path in the city folder; ``${id}`` and ``${name}`` are the city's."""
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file():
            yield path.relative_to(TEMPLATE), Template(path.read_text("utf-8"))


def _suggestion(name: str) -> str:
    """The nearest name that would do."""
    near = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_0123456789")[:63].rstrip("-_")
    return near if near and _NAME.fullmatch(near) else "mycity"
