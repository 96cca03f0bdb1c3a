"""Whose data they are decides with the sharing class: four classes in one ledger, each by its own rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sharing.office import APPLICANT, BUREAU, PROVIDER, Office, entry

from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.errors import Invalid
from chengshu.resources.ledger import Field
from chengshu.resources.ledger.model import SOURCE_CLASSES
from chengshu.resources.sharing import GrantedField, Request, SourceRules, read_source_rules
from chengshu.resources.sharing.protecting import TREATMENTS
from chengshu.resources.sharing.source_rules import TELLING

DAY = date(2026, 7, 6)
ID = "urn:chengshu:resource:of-somebody"
FIELDS = (Field("name", category="person_name", grade="general-1"), Field("level", grade="general-1"))
SHIPPED = Path("src/chengshu/resources/sharing/sources/2025-08-01.dmn")


def asked(office: Office, source_class: str, **parts: object) -> Request:
    """A request for an entry that the catalogue shares without condition, all fields harmless by grade."""
    made = entry(ID, fields=FIELDS, sharing="unconditional", source_class=source_class)
    office.ledger.put([made], Actor("person:lin"))
    ask = office.ask(resource=ID, fields=("name", "level"), rows="", **parts)
    return office.desk.submit(ask, APPLICANT)


def test_government_data_are_shared_as_the_catalogue_says(office: Office) -> None:
    request = asked(office, "government")
    assert (request.state, request.reason["rule"]) == ("granted", "route.unconditional")
    assert [field.treatment for field in request.grant.fields] == ["show", "show"]


@pytest.mark.parametrize("source_class", ["enterprise", "social"])
def test_data_of_firms_and_bodies_need_their_agreement(office: Office, source_class: str) -> None:
    request = asked(office, source_class)
    assert request.state == "review"
    steps = office.queries.life(request.id, office.clock.now()).steps
    assert steps[-1].reason["rule"] == f"source.{source_class}"
    with pytest.raises(Invalid, match="no agreement") as told:
        office.desk.grant(request.id, PROVIDER, "needed for the storm")
    assert told.value.extra["reason"]["rule"] == f"source.{source_class}"
    granted = office.desk.grant(request.id, PROVIDER, "needed for the storm", agreement=" No. 12 of 2026 ")
    assert granted.grant.agreement == "No. 12 of 2026"
    with office.database.read() as connection:
        kept = [one for one in entries_about(connection, request.id) if one.action == "sharing.granted"]
    assert kept[0].body["reason"]["agreement"] == "No. 12 of 2026"


def test_an_objection_upheld_needs_the_agreement_too(office: Office) -> None:
    request = asked(office, "enterprise")
    office.desk.refuse(request.id, PROVIDER, "not now, perhaps", law="條例 20")
    office.desk.object(request.id, APPLICANT, "the storm is near")
    with pytest.raises(Invalid, match="no agreement"):
        office.desk.settle(request.id, BUREAU, upheld=True, reason="it is needed")
    settled = office.desk.settle(
        request.id, BUREAU, upheld=True, reason="it is needed", agreement="by contract 7"
    )
    assert (settled.state, settled.grant.agreement) == ("granted", "by contract 7")


def test_personal_data_need_an_assessment_and_tell_nobody(office: Office) -> None:
    request = asked(office, "personal")
    assert request.state == "incomplete"
    assert [(item["item"], bool(item["text"]["zh-Hant"])) for item in request.told] == [("assessment", True)]
    ask = office.ask(resource=ID, fields=("name", "level"), rows="", assessment="PIA 2026-3")
    assert office.desk.complete(request.id, ask, APPLICANT).state == "review"
    granted = office.desk.grant(request.id, PROVIDER, "needed for the storm")
    how = {field.name: (field.treatment, field.reason["rule"]) for field in granted.grant.fields}
    assert how["name"] == ("mask", "source.personal")
    assert how["level"][0] == "show"


@given(
    source_class=st.sampled_from(SOURCE_CLASSES),
    category=st.sampled_from(sorted({*TELLING, "", "region_code"})),
    kind=st.sampled_from(TREATMENTS),
)
def test_the_floor_only_ever_makes_it_stricter(source_class: str, category: str, kind: str) -> None:
    rule = SourceRules().on(DAY, source_class)
    held = rule.held([GrantedField("x", category, "general-1", kind, {})])[0].treatment
    assert TREATMENTS.index(held) >= TREATMENTS.index(kind)
    if category in TELLING:
        assert TREATMENTS.index(held) >= TREATMENTS.index(rule.floor)


def test_a_city_may_have_a_table_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "sharing-sources"
    folder.mkdir(parents=True)
    text = SHIPPED.read_text("utf-8")
    own = text.replace('"mask"', '"tokenise"')
    (folder / "2026-01-01.dmn").write_text(own, "utf-8")
    assert read_source_rules(tmp_path).on(DAY, "personal").floor == "tokenise"
    assert SourceRules().on(DAY, "personal").floor == "mask"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [('<text>"social"</text>', '<text>"other"</text>', "no row is for 'social'"), ("mask", "hide", "'hide'")],
)
def test_a_table_that_does_not_answer_is_refused_at_once(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    (tmp_path / "rules").mkdir()
    text = SHIPPED.read_text("utf-8")
    assert old in text
    (tmp_path / "rules" / "sharing-sources.dmn").write_text(text.replace(f"{old}", new), "utf-8")
    with pytest.raises(Invalid, match=told):
        read_source_rules(tmp_path)
