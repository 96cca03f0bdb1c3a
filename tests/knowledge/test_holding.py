"""Documents under retention: what holds is never due; what was destroyed is found by nobody any more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.knowledge.library import ALL, TODAY, Library

from chengshu.foundation.journal import entries_about
from chengshu.kernel.errors import Missing
from chengshu.resources.knowledge.holding import KnowledgeHolding, ended
from chengshu.resources.knowledge.model import Edition

FOREVER = 1 << 60
OLD, NEW = "第一条 旧规定只收铜钱。\n", "第一条 新规定可以刷卡。\n"


def test_an_edition_that_holds_no_more_goes_with_its_words(tmp_path: Path) -> None:
    library = Library(tmp_path)
    id_ = library.add("a.txt", OLD)
    library.add("b.txt", NEW, document=id_, valid_from=date(2026, 6, 1))
    holding = KnowledgeHolding(library.database, library.clock)
    assert list(holding.entries()) == [id_]
    [item] = holding.items(id_, FOREVER)
    assert item.name == "edition/1" and holding.items(id_, item.at) == []
    assert library.search.ask("铜钱", ALL, date(2026, 3, 1)).found
    assert holding.holds(id_, item) and holding.destroy(id_, item) == "destroyed"
    library.pump.drain()
    assert not holding.holds(id_, item) and holding.destroy(id_, item) == "absent"
    assert not library.search.ask("铜钱", ALL, date(2026, 3, 1)).found
    assert library.search.ask("刷卡", ALL, TODAY).found
    with pytest.raises(Missing, match="was destroyed"):
        library.queries.page(id_, ALL, edition=1)
    library.add("a.txt", OLD, document=id_)  # the same file again is not taken in
    assert holding.items(id_, FOREVER) == [] and not library.search.ask("铜钱", ALL, date(2026, 3, 1)).found
    with library.database.read() as connection:
        told = [one.action for one in entries_about(connection, id_)]
    assert told.count("knowledge.ended") == 1
    assert "铜钱".encode() not in (tmp_path / "hub.db").read_bytes()
    library.close()


@pytest.mark.parametrize(
    ("own", "others", "wanted"),
    [
        (("2026-01-01", None), [], None),
        (("2026-01-01", "2026-05-01"), [], "2026-05-01"),
        (("2026-01-01", None), [("2026-03-01", None)], "2026-03-01"),
        (("2026-01-01", "2026-02-01"), [("2026-03-01", None)], "2026-02-01"),
        (("2026-01-01", None), [("2026-03-01", "2026-04-01")], None),  # it holds again afterwards
        (("2026-01-01", None), [("2025-03-01", None)], None),
    ],
)
def test_when_an_edition_held_no_more(
    own: tuple[str, str | None], others: list[tuple[str, str | None]], wanted: str | None
) -> None:
    def edition(number: int, dates: tuple[str, str | None]) -> Edition:
        until = date.fromisoformat(dates[1]) if dates[1] else None
        return Edition("d", number, "", date.fromisoformat(dates[0]), until, "", "", 0, 1, 0, "")

    first = edition(1, own)
    every = [first, *(edition(number, dates) for number, dates in enumerate(others, 2))]
    assert ended(first, every) == (date.fromisoformat(wanted) if wanted else None)
