"""What people write of an entry by hand stays theirs, and goes back to the source when it is emptied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.ledger.test_ledger import STEWARD, Bureau

from chengshu.kernel.errors import ChengshuError, Conflict
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Origin, Resource
from chengshu.resources.ledger.harvest import HarvestSource
from chengshu.resources.ledger.harvest.declared import Folder
from chengshu.resources.ledger.harvest.merging import declared, harvested, merged

ID = "urn:chengshu:resource:rain"
SOURCE = HarvestSource(
    id="src",
    connector=Folder(kind="folder", path="x"),
    sharing="unconditional",
    entries={"rain.csv": {"title": "Rain, as declared"}},  # type: ignore[dict-item]
)
FOUND = Resource(ID, "dataset", Text.of("rain"), update_cycle="P1D", contact="desk 3")


def again(before: Resource | None) -> Resource:
    """The entry after a harvest of the same file."""
    return declared(SOURCE, "rain.csv", merged(before, harvested(SOURCE, "rain.csv", "sum", FOUND)))


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    made = Bureau(tmp_path / "hub.db")
    made.ledger.put(again(None), STEWARD)
    return made


def test_what_is_written_stays_over_harvests_and_what_is_emptied_goes_back(bureau: Bureau) -> None:
    parts: dict[str, Any] = {"purpose": "flood defence", "update_cycle": "PT1H", "contact": "desk 3"}
    parts |= {"title": Text.of("Rain of the city"), "sharing": "conditional"}
    bureau.ledger.describe(ID, parts, STEWARD, version=1)
    entry = bureau.queries.get(ID)
    assert entry.said == ("title", "purpose", "update_cycle", "sharing")  # the contact is as it was
    bureau.ledger.put(again(entry), STEWARD)
    entry = bureau.queries.get(ID)
    assert (entry.version, entry.title.en, entry.update_cycle, entry.sharing) == (
        2,
        "Rain of the city",
        "PT1H",
        "conditional",
    )
    bureau.ledger.describe(ID, {"update_cycle": ""}, STEWARD, version=2)
    entry = again(bureau.queries.get(ID))
    assert (entry.update_cycle, entry.said) == ("P1D", ("title", "purpose", "sharing"))


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"grade": "core"}, "part-unknown"),
        ({"sharing": "secret"}, "sharing-class"),
        ({"sharing": "none"}, "sharing-basis"),
        ({"update_cycle": "daily"}, "resource-cycle"),
        ({"title": Text()}, "resource-title"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(bureau: Bureau, parts: dict[str, Any], code: str) -> None:
    with pytest.raises(ChengshuError) as caught:
        bureau.ledger.describe(ID, parts, STEWARD, version=1)
    assert code in str(caught.value.as_problem())
    assert bureau.queries.get(ID).version == 1


def test_two_people_do_not_write_over_each_other(bureau: Bureau) -> None:
    bureau.ledger.describe(ID, {"purpose": "one"}, STEWARD, version=1)
    with pytest.raises(Conflict, match="version 2"):
        bureau.ledger.describe(ID, {"purpose": "two"}, STEWARD, version=1)


def test_an_entry_without_a_source_is_described_where_it_is_declared(bureau: Bureau) -> None:
    own = replace(FOUND, id=f"{ID}:own")
    assert own.origin is None and isinstance(again(None).origin, Origin)
    bureau.ledger.put(own, STEWARD)
    with pytest.raises(Conflict, match="described where it is declared"):
        bureau.ledger.describe(own.id, {"purpose": "x"}, STEWARD, version=1)
