"""Value density: use, quality and size make it; what is not known is said and never counted as nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_parts
from tests.sharing.office import APPLICANT, PURPOSE, RESIDENTS, Office

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Denied
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Resource
from chengshu.resources.quality import store as quality_store
from chengshu.resources.quality.store import Kept
from chengshu.resources.value import SMALLEST, Basis, ValueQueries, density_of, lacking, size_of

FULL = Basis(uses=6, rows=60, size=3_000_000, quality=0.5)
BASES = st.builds(
    Basis,
    uses=st.integers(0, 10**6),
    rows=st.just(0),
    size=st.integers(0, 10**12),
    quality=st.none() | st.floats(0, 1),
)


def test_it_is_uses_times_quality_by_megabytes() -> None:
    found = density_of(FULL)
    assert found is not None
    assert (found.value, found.megabytes) == (1.0, 3.0)


@given(BASES)
def test_what_is_not_known_gives_no_density_and_is_named(basis: Basis) -> None:
    found = density_of(basis)
    assert (found is None) == bool(lacking(basis))
    assert ("size" in lacking(basis)) == (basis.size == 0)
    assert ("quality" in lacking(basis)) == (basis.quality is None)


@given(BASES, st.integers(1, 100))
def test_more_use_never_lowers_and_more_size_never_raises_it(basis: Basis, more: int) -> None:
    before = density_of(basis)
    if before is None:
        return
    used, larger = (
        density_of(replace(basis, uses=basis.uses + more)),
        density_of(replace(basis, size=basis.size * 2)),
    )
    assert used is not None and used.value >= before.value
    assert larger is not None and larger.value <= before.value


def test_a_tiny_list_does_not_lead_by_being_tiny() -> None:
    assert density_of(replace(FULL, size=12)) == density_of(replace(FULL, size=SMALLEST))


@pytest.mark.parametrize(
    ("ways", "size"),
    [
        ((), 0),
        ((Distribution("file:a", size=5, local=True), Distribution("https://x/a", size=90)), 5),
        ((Distribution("https://x/a.csv", size=90), Distribution("https://x/a.json", size=200)), 200),
    ],
)
def test_the_same_data_in_two_formats_are_stored_once(ways: tuple[Distribution, ...], size: int) -> None:
    assert size_of(Resource("urn:a:b", "dataset", Text.of("x"), distributions=ways)) == size


def test_the_ranking_is_of_real_uses_and_measures(office: Office) -> None:
    office.database.create(quality_store.metadata)
    entry = office.entries.get(RESIDENTS)
    way = Distribution("file:r.csv", size=2_000_000, local=True)
    office.ledger.put([with_parts(entry, distributions=(way,))], Actor("person:lin"))
    queries = ValueQueries(office.database, office.entries)
    grant = office.supplied().grant.id
    for _ in range(4):
        office.gate.query(grant, APPLICANT, PURPOSE, limit=5)
    with pytest.raises(Denied):
        office.gate.query(grant, APPLICANT, "another purpose")
    since, later = office.clock.now() - timedelta(days=1), office.clock.now() + timedelta(seconds=1)
    unmeasured = queries.ranking(since, later)
    assert unmeasured.ranked == () and [item.lacks for item in unmeasured.unknown] == [("quality",)]
    with_score = [Kept(RESIDENTS, office.clock.now(), 60, score, {}, {}) for score in (0.25, 0.5)]
    for kept in with_score:
        office.database.write(lambda connection, kept=kept: quality_store.add_measure(connection, kept))
    found = queries.ranking(since, later)
    assert [(item.entry.id, item.basis.uses, item.basis.rows) for item in found.ranked] == [
        (RESIDENTS, 4, 20)
    ]
    assert found.ranked[0].density is not None
    assert found.ranked[0].density.value == pytest.approx(4 * 0.5 / 2.0)  # the newest score, no denied use
    assert found.silent == 2
    idle = queries.ranking(later, later + timedelta(days=1))
    assert idle.ranked == () and [item.entry.id for item in idle.idle] == [RESIDENTS]
