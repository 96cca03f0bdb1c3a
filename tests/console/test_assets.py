"""Static files: named by content, cached for ever, and nothing outside their folders."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from chengshu.console.assets import Assets
from chengshu.kernel.errors import Missing


async def test_a_file_named_by_its_content_is_kept_for_ever(client: httpx.AsyncClient) -> None:
    html = (await client.get("/")).text
    addresses = set(re.findall(r'"(/assets/[^"]+)"', html))
    assert len(addresses) >= 5
    for address in addresses:
        answer = await client.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert answer.headers["etag"].strip('"') == address.split("v=")[1]


async def test_an_unversioned_file_is_asked_for_again_and_not_sent_twice(guest: httpx.AsyncClient) -> None:
    first = await guest.get("/assets/islands/map.js")
    assert first.headers["cache-control"] == "no-cache" and first.headers["content-type"].startswith(
        "text/javascript"
    )
    again = await guest.get("/assets/islands/map.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


async def test_modules_have_the_type_browsers_insist_on(guest: httpx.AsyncClient) -> None:
    answer = await guest.get("/assets/static/vendor/maplibre-gl/maplibre-gl-worker.mjs")
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "name", ["static/../visit.py", "islands/../../pyproject.toml", "/etc/passwd", "static/", "", "static"]
)
def test_nothing_outside_the_folders_is_served(name: str) -> None:
    with pytest.raises(Missing):
        Assets().url(name)


def test_a_library_that_is_not_built_says_what_to_do() -> None:
    with pytest.raises(Missing, match="make assets"):
        Assets().url("static/vendor/none/none.js")


def test_the_islands_import_only_what_we_serve(root: Path) -> None:
    for path in (root / "src/chengshu/console/islands").glob("*.js"):
        for target in re.findall(
            r"""(?:from|import\()\s*["']([^"']+)["']""", path.read_text(encoding="utf-8")
        ):
            assert target.startswith("."), (path.name, target)
            assert (path.parent / target).resolve().is_file(), (path.name, target)
