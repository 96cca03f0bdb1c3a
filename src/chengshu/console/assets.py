"""Our own static files: found once, named by content, served with strong tags."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from chengshu.kernel.errors import Missing

_HERE = Path(__file__).parent
_ROOTS = {"static": _HERE / "static", "islands": _HERE / "islands"}
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """``url`` for templates, ``respond`` for the route ``/assets/{path}``."""

    def __init__(self) -> None:
        self._tags: dict[Path, tuple[int, str]] = {}

    def url(self, name: str) -> str:
        """The address of ``static/…`` or ``islands/…`` with its hash: it caches for ever."""
        return f"/assets/{name}?v={self._tag(self._path(name))}"

    def respond(self, name: str, request: Request) -> Response:
        """The file, or 304 when the browser has it. Raises Missing."""
        path = self._path(name)
        tag = self._tag(path)
        headers = {
            "etag": f'"{tag}"',
            "x-content-type-options": "nosniff",
            "cache-control": _FOREVER if request.query_params.get("v") == tag else "no-cache",
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, headers=headers)

    def _path(self, name: str) -> Path:
        root, _, rest = name.partition("/")
        folder = _ROOTS.get(root)
        path = (folder / rest).resolve() if folder else _HERE
        if folder is None or not path.is_relative_to(folder) or not path.is_file():
            remedy = "run `make assets`" if "vendor/" in name else ""
            raise Missing("asset-missing", f"the file {name!r} does not exist", where=name, remedy=remedy)
        return path

    def _tag(self, path: Path) -> str:
        changed = path.stat().st_mtime_ns
        known = self._tags.get(path)
        if known is None or known[0] != changed:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            known = self._tags[path] = (changed, digest)
        return known[1]
