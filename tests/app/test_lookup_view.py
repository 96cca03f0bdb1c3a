"""A clerk with a grant looks one key up on a page of a real hub: masked as granted, on record by a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.app.sharing_office import ENTRY, NUMBER, PURPOSE, Office
from tests.app.test_sharing_view import Desk

from chengshu.foundation.city import City, read_city
from chengshu.resources.sharing import Ask, Party

pytestmark = pytest.mark.slow
LIBRARIES = """
libraries:
- {library: certificates, entry: files/people.csv, key: certificate_number, field: id_number}
"""


def declaring(folder: Path, scenarios: Path) -> City:
    (folder / "libraries.yaml").write_text(LIBRARIES, "utf-8")
    return read_city(folder, scenarios)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Office]:
    with patch("tests.app.sharing_office.read_city", declaring):
        made = Office(tmp_path_factory.mktemp("office"), root / "scenarios")
    yield made
    made.stop()


def test_one_key_by_a_grant_for_its_purpose_and_on_record(office: Office) -> None:
    desk, wang, li = office.hub.sharing.desk, Party("wang", "emergency"), Party("li", "civil")
    fields = ("id_number", "name", "street")
    request = desk.submit(Ask(ENTRY, fields, "", PURPOSE, "突發事件應對法 52", "P30D", ("emergency",)), wang)
    desk.grant(request.id, li, "needed for the storm")
    grant = desk.supply(request.id, li, "the hub").grant_id
    clerk, key = Desk(office, "wang"), NUMBER.format(7)
    assert grant in clerk.get("/ledger/lookup") and "Certificates" in clerk.get("/ledger/libraries")
    before = len(office.hub.sharing.queries.life(request.id, office.hub.clock.now()).uses)
    form = {"grant": grant, "purpose": PURPOSE, "key": key}
    page = clerk.post("/ledger/lookup", 200, **form)
    assert "Mill Lane" in page and key not in page, "masked as granted"
    assert "not in the library" in clerk.post("/ledger/lookup", 200, **form | {"key": NUMBER.format(99)})
    assert "denied" in clerk.post("/ledger/lookup", 200, **form | {"purpose": "curiosity"}).lower()
    uses = office.hub.sharing.queries.life(request.id, office.hub.clock.now()).uses[before:]
    assert [use.outcome for use in uses] == ["answered", "answered", "denied"]
    assert all(key not in use.filter for use in uses)
    other = Desk(office, "song")
    assert grant not in other.get("/ledger/lookup")
    assert other.http.post(
        "/ledger/lookup", data=form, headers={"sec-fetch-site": "same-origin"}
    ).status_code in (403, 404)
