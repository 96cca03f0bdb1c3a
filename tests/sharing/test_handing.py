"""Files written for uses: on record before they appear, destroyed only while they are as written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sharing.office import COLLEAGUE, RESIDENTS, Office

from chengshu.foundation.journal import entries_about
from chengshu.resources.retention.files import digest_of
from chengshu.resources.sharing import SharedFiles
from chengshu.resources.sharing.gate import Export

FOREVER = 1 << 60


def exported(office: Office) -> Export:
    request = office.supplied(manner="file")
    return office.gate.export(request.grant_id, COLLEAGUE, request.ask.purpose, fields=("district",))


def test_a_file_is_on_record_and_goes_when_it_is_due(office: Office, tmp_path: Path) -> None:
    files, place = SharedFiles(office.database, office.clock), tmp_path / "people.csv"
    export = exported(office)
    file = files.write(export, place)
    assert place.read_bytes() == export.content and digest_of(place) == file.sha256
    with office.database.read() as connection:
        told = [one for one in entries_about(connection, RESIDENTS) if one.action == "sharing.file_written"]
    assert told[0].body == {"use": file.use, "sha256": file.sha256, "size": file.size}
    assert list(files.entries()) == [RESIDENTS] and files.items(RESIDENTS, file.at) == []
    [item] = files.items(RESIDENTS, FOREVER)
    assert item.name == f"use/{file.use}/people.csv" and files.holds(RESIDENTS, item)
    assert files.destroy(RESIDENTS, item) == "destroyed" and not place.exists()
    assert files.items(RESIDENTS, FOREVER) == [] and not files.holds(RESIDENTS, item)
    assert files.destroy(RESIDENTS, item) == "absent"  # after a kill it is done again


@pytest.mark.parametrize(("content", "outcome"), [(b"mine now", "changed"), (None, "absent")])
def test_what_others_changed_or_moved_is_left_alone(
    office: Office, tmp_path: Path, content: bytes | None, outcome: str
) -> None:
    files, place = SharedFiles(office.database, office.clock), tmp_path / "people.csv"
    files.write(exported(office), place)
    if content is None:
        place.unlink()
    else:
        place.write_bytes(content)
    [item] = files.items(RESIDENTS, FOREVER)
    assert files.destroy(RESIDENTS, item) == outcome
    assert place.exists() == (content is not None)


def test_a_file_that_could_not_be_written_is_on_record_and_absent(office: Office, tmp_path: Path) -> None:
    files = SharedFiles(office.database, office.clock)
    with pytest.raises(OSError):
        files.write(exported(office), tmp_path / "no" / "people.csv")
    [item] = files.items(RESIDENTS, FOREVER)
    assert files.destroy(RESIDENTS, item) == "absent"
