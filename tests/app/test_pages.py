"""Every page that can be reached from the first one answers, over the data of a real drill."""

from __future__ import annotations

import re
import shutil
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.app.conftest import Drilled
from tests.app.terminal import run, serving

STORM = "as_of=2026-07-17T09%3A30%3A00Z"
FIRST = (
    f"/?{STORM}",
    "/",
    f"/events?{STORM}",
    "/events?state=all",
    "/warnings?state=all",
    "/orders?scope=all",
)
PAGES = {"/", "/events", "/events/…", "/warnings/…", "/orders", "/vitals", "/sources", "/journal", "/drills"}
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')


def shape(path: str) -> str:
    """The page without the thing it is of: as many of each are looked at as a person would."""
    return re.sub(r"/[\w:.-]*\d[\w:.-]*", "/…", urlsplit(path).path)


@pytest.mark.slow
def test_every_page_of_a_drilled_hub_answers(drilled: Drilled, pristine: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(drilled.data, tmp_path / "data"))
    made = run("account", "adm", "--data", data, "--role", "administrator", "--role", "viewer", "--json").json
    with serving(pristine, data) as hub, httpx.Client(base_url=hub.http.base_url, timeout=60) as http:
        code = made["set_up"].partition("code=")[2]
        form = {"code": code, "login": "adm", "name": "Adm", "password": "seven-wide-rivers"}
        assert http.post("/set-up", data=form).status_code == 303
        seen: set[str] = set()
        count: dict[str, int] = {}
        left = deque(FIRST)
        while left:
            path = left.popleft()
            elsewhen = "as_of=" in path and STORM not in path  # a thing may not exist at another moment
            if path in seen or elsewhen or count.get(shape(path), 0) >= 8:
                continue
            seen.add(path)
            count[shape(path)] = count.get(shape(path), 0) + 1
            answer = http.get(path, headers={"accept": "text/html"}, follow_redirects=True)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
            if answer.headers["content-type"].startswith("text/html"):
                left += [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]
        assert {
            "/",
            "/events",
            "/events/…",
            "/warnings/…",
            "/orders",
            "/vitals",
            "/sources",
            "/journal",
        } <= set(count)
