"""Documents come in as editions, hold from day to day, and are seen by those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.knowledge.library import ALL, CLERK, TODAY, Library

from chengshu.foundation.journal import verify
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.resources.grading.model import Grade
from chengshu.resources.knowledge.commands import About
from chengshu.resources.knowledge.model import Edition, holding
from chengshu.resources.knowledge.readers import STRANGER, Reader, may_read
from chengshu.resources.ledger import Resource

OLD = "第一条 提供部门应当在十五个工作日内答复。\n第二条 本办法试行。\n"
NEW = "第一条 提供部门应当在十个工作日内答复。\n第二条 本办法自发布之日起施行。\n"
RULES = "urn:chengshu:resource:rules"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.close()


def test_a_document_enters_the_ledger_and_the_journal(library: Library) -> None:
    document = library.add("办法.txt", NEW, title=Text.of("共享办法"), provider="data", document=RULES)
    entry = library.entries.get(document)
    assert (entry.kind, entry.title.say("en"), entry.provider) == ("document", "共享办法", "data")
    assert (entry.grade, entry.open) == ("general-2", False)
    page = library.queries.page(document, ALL)
    assert "".join(part.text for part in page.passages) == NEW
    with library.database.read() as connection:
        verdict = verify(connection)
    assert (verdict.ok, verdict.entries) == (True, 2)  # knowledge.added and ledger.booked


def test_editions_hold_from_day_to_day(library: Library) -> None:
    library.add("a.txt", OLD, document=RULES, valid_from=date(2024, 3, 1), valid_until=date(2026, 3, 1))
    library.add("a.txt", NEW, document=RULES, valid_from=date(2026, 1, 1))

    def answer(day: date) -> list[str]:
        return [hit.passage.words for hit in library.search.ask("多久答复", ALL, day).passages]

    assert answer(date(2024, 2, 29)) == []
    assert "十五个工作日" in answer(date(2025, 12, 31))[0]
    assert ["十个工作日" in text for text in answer(date(2026, 1, 1))] == [True]
    assert library.queries.page(RULES, ALL, day=date(2025, 1, 1)).held.edition.number == 1
    with pytest.raises(Missing, match="no edition that holds"):
        library.queries.page(RULES, ALL, day=date(2020, 1, 1))


DAYS = st.dates(date(2020, 1, 1), date(2020, 1, 12))


@given(st.lists(st.tuples(DAYS, DAYS | st.none()), max_size=6), DAYS)
@settings(max_examples=examples(80))
def test_at_most_one_edition_holds_and_it_is_the_one_that_began_last(
    spans: list[tuple[date, date | None]], day: date
) -> None:
    editions = [
        Edition("d", number, "", start, end, "", "", 1, 1, 0, "")
        for number, (start, end) in enumerate(spans, 1)
    ]
    found = holding(editions, day)
    covering = [item for item in editions if item.covers(day)]
    assert (found is None) == (not covering)
    if found is not None:
        assert all((item.valid_from, item.number) <= (found.valid_from, found.number) for item in covering)


def test_the_same_file_again_changes_nothing(library: Library) -> None:
    library.add("a.txt", NEW, document=RULES)
    again = library.knowledge.add("a.txt", NEW.encode(), About(date(2026, 1, 1), document=RULES), CLERK)
    assert (again.new, again.edition.number) == (False, 1)
    assert len(library.entries.versions(RULES)) == 1
    graded = About(date(2026, 1, 1), document=RULES, grade=Grade.IMPORTANT)
    assert not library.knowledge.add("a.txt", NEW.encode(), graded, CLERK).new
    assert library.entries.get(RULES).grade == "important"


def test_a_document_above_the_readers_grade_is_neither_shown_nor_counted(library: Library) -> None:
    library.add("open.txt", NEW, document=RULES, grade=Grade.GENERAL_1, open=True)
    secret = library.add(
        "s.txt", "第一条 密件答复期限为三个工作日。\n", grade=Grade.CORE, provider="security"
    )
    for reader, count in ((STRANGER, 1), (Reader(Grade.IMPORTANT), 1), (ALL, 2)):
        found = library.search.ask("答复期限", reader, TODAY)
        assert found.documents == count
        assert (secret in {hit.resource.id for hit in found.passages}) == (count == 2)
    assert library.search.ask("密件", STRANGER, TODAY).unknown == ("密件",)
    own = Reader.of(["viewer"], ["security"])
    assert library.search.ask("密件答复", own, TODAY).found
    with pytest.raises(Missing):
        library.queries.page(secret, Reader(Grade.IMPORTANT))


def test_a_grade_that_changes_counts_at_once_and_a_retired_document_is_gone(library: Library) -> None:
    library.add("a.txt", NEW, document=RULES)
    reader = Reader.of(["operator"], ["*"])
    assert library.search.ask("答复", reader, TODAY).found
    library.add("a.txt", NEW, document=RULES, grade=Grade.CORE)
    assert not library.search.ask("答复", reader, TODAY).found
    library.ledger.retire([RULES], CLERK, why="withdrawn")
    assert not library.search.ask("答复", ALL, TODAY).found


@given(
    st.sampled_from(["", "general-1", "general-2", "general-3", "general-4", "important", "core", "odd"]),
    st.booleans(),
    st.sampled_from(["", "water", "market"]),
    st.none() | st.sampled_from(list(Grade)),
    st.sets(st.sampled_from(["water", "market"])),
)
@settings(max_examples=examples(80))
def test_who_has_more_sees_no_less(
    grade: str, is_open: bool, provider: str, clearance: Grade | None, departments: set[str]
) -> None:
    item = Resource("urn:x:a", "document", Text.of("a"), grade=grade, open=is_open, provider=provider)
    reader = Reader(clearance, frozenset(departments))
    if may_read(item, reader):
        assert may_read(item, Reader(Grade.CORE, frozenset(departments)))
    if not is_open:
        assert not may_read(item, STRANGER)


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"valid_until": date(2025, 1, 1)}, "document-dates"),
        ({"open": True, "grade": Grade.IMPORTANT}, "document-open"),
        ({"label": "x" * 300}, "document-label"),
        ({"document": "no uri"}, "resource-id"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    library: Library, about: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as error:
        library.add("a.txt", NEW, **about)
    assert error.value.fault.code == code
    assert library.queries.shelf(ALL, TODAY) == {}


def test_an_id_that_is_something_else_is_refused(library: Library) -> None:
    library.ledger.put(Resource(RULES, "dataset", Text.of("data")), CLERK)
    with pytest.raises(Conflict, match="as dataset"):
        library.add("a.txt", NEW, document=RULES)
