"""CAP 1.2 out and in: what we issue, what we read, and what we refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from shapely.geometry import MultiPolygon, Polygon, box

from chengshu.kernel.areas import Area
from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.kernel.texts import Text
from chengshu.scenes.vitals.cap import Issuer, message_for, polygons, sent_time
from chengshu.scenes.vitals.model import Bulletin, Indicator, Levels, Warning, WarningRule, WarningStep
from chengshu.surfaces.cap import read_cap, schema_faults
from chengshu.surfaces.cap.feed import ATOM, feed
from chengshu.surfaces.cap.grammar import NAMESPACE

NOW = datetime(2026, 7, 1, 6, 20, tzinfo=UTC)
AREA = Area(
    "c1",
    Text("Old Town", "老城", "老城"),
    "community",
    None,
    MultiPolygon([box(120, 30, 121, 31), Polygon([(122, 30), (123, 30), (123, 31)])]),
)
RULE = WarningRule(
    ("community",),
    Text("Flooding", "内涝", "內澇"),
    Text.of("x"),
    Text("Stay away", "请远离", "請遠離"),
    "Infra",
    None,
    None,
    {},
    3,
    timedelta(0),
)
INDICATOR = Indicator(
    "fill",
    "waterlogging",
    Text("Fill", "充满度", "充滿度"),
    "1",
    "water",
    Text(),
    "",
    2,
    "community",
    timedelta(minutes=1),
    timedelta(minutes=5),
    "max",
    "last",
    None,
    None,
    None,
    (),
    None,
    None,
    False,
    0.5,
    Levels(True, (), timedelta(0), timedelta(0)),
    RULE,
)
ISSUER = Issuer("chengshu.demo", Text("Demo City", "示范市", "示範市"), ZoneInfo("Asia/Shanghai"))


def step(kind: str, number: int = 1, **more: Any) -> WarningStep:
    values: dict[str, Any] = {
        "id": "warning-000001",
        "scenario": "waterlogging",
        "indicator": "fill",
        "area": "c1",
        "state": "raised",
        "level": "orange",
        "previous": "normal",
        "peak": "orange",
        "value": 0.85,
        "unit": "1",
        "observed_at": NOW,
        "lead_time_s": None,
        "probability": None,
        "entities": (),
        "status": "fresh",
        "coverage": 1.0,
        "reason": {
            "rule": "r",
            "inputs": {},
            "text": {"en": "0.85 < 1 & more", "zh-Hans": "达到", "zh-Hant": "達到"},
        },
        "onset_at": NOW,
        "raised_at": NOW,
        "changed_at": NOW,
        "headline": {"en": "Old Town orange", "zh-Hans": "老城橙色", "zh-Hant": "老城橙色"},
    }
    at = NOW + timedelta(minutes=number)
    return WarningStep("warning-000001", number, kind, at, "hub:vitals", Warning(**(values | more)))


def issued(
    kind: str = "warning.raised", number: int = 1, earlier: tuple[str, ...] = (), **more: Any
) -> Bulletin:
    made = message_for(step(kind, number, **more), INDICATOR, AREA, ISSUER, earlier)
    assert made is not None
    return made


def life() -> list[Bulletin]:
    first = issued()
    second = issued("warning.changed", 2, (first.reference,), level="red", previous="orange")
    third = issued(
        "warning.cleared",
        3,
        (first.reference, second.reference),
        level="normal",
        previous="red",
        state="cleared",
    )
    return [first, second, third]


class TestIssued:
    def test_an_alert_says_all_in_three_languages(self) -> None:
        read = read_cap(issued().xml.encode())
        assert (read.identifier, read.sender, read.kind, read.status) == (
            "warning-000001.1",
            "chengshu.demo",
            "Alert",
            "Actual",
        )
        assert read.sent == NOW + timedelta(minutes=1)
        assert [info.language for info in read.infos] == ["zh-CN", "zh-Hant", "en"]
        english = read.infos[2]
        assert (english.event, english.headline, english.description) == (
            "Flooding",
            "Old Town orange",
            "0.85 < 1 & more",
        )
        assert (english.severity, english.urgency, english.certainty) == ("Severe", "Immediate", "Observed")
        assert english.instruction == "Stay away"
        assert read.infos[1].headline == "老城橙色"
        assert dict(english.parameters)["chengshu:value"] == "0.85"
        [area] = english.areas
        assert area.description == "Old Town"
        assert [ring[0] for ring in area.polygons] == [(30.0, 121.0), (30.0, 122.0)]  # latitude first
        assert area.geocodes == (("chengshu:area", "c1"),)

    def test_update_and_cancel_refer_to_all_before(self) -> None:
        messages = [read_cap(item.xml.encode()) for item in life()]
        assert [item.kind for item in messages] == ["Alert", "Update", "Cancel"]
        assert messages[2].references == (
            "chengshu.demo,warning-000001.1,2026-07-01T14:21:00+08:00",
            "chengshu.demo,warning-000001.2,2026-07-01T14:22:00+08:00",
        )
        clear = messages[2].infos[2]
        assert (clear.responses, clear.urgency, clear.severity) == (("AllClear",), "Past", "Extreme")
        assert clear.headline == "All clear: Flooding in Old Town"
        assert clear.instruction == ""

    @pytest.mark.parametrize(
        ("level", "severity"),
        [("blue", "Minor"), ("yellow", "Moderate"), ("orange", "Severe"), ("red", "Extreme")],
    )
    def test_severity(self, level: str, severity: str) -> None:
        assert read_cap(issued(level=level).xml.encode()).infos[0].severity == severity

    @pytest.mark.parametrize(
        ("lead", "urgency"),
        [(None, "Immediate"), (600, "Immediate"), (900, "Expected"), (3600, "Expected"), (7200, "Future")],
    )
    def test_urgency(self, lead: float | None, urgency: str) -> None:
        info = read_cap(issued(lead_time_s=lead).xml.encode()).infos[0]
        assert info.urgency == urgency
        assert info.onset == (None if lead is None else NOW + timedelta(seconds=lead))

    @pytest.mark.parametrize(
        ("chance", "certainty"),
        [(None, "Observed"), (0.9, "Likely"), (0.5, "Likely"), (0.3, "Possible"), (0.1, "Unlikely")],
    )
    def test_certainty(self, chance: float | None, certainty: str) -> None:
        assert read_cap(issued(probability=chance).xml.encode()).infos[0].certainty == certainty

    def test_inner_steps_are_not_told(self) -> None:
        for kind in ("warning.acknowledged", "warning.escalated"):
            assert message_for(step(kind), INDICATOR, AREA, ISSUER, ()) is None

    def test_a_reopened_warning_is_an_update(self) -> None:
        assert issued("warning.raised", 4, (life()[0].reference,)).kind == "Update"

    def test_a_drill_is_an_exercise(self) -> None:
        drill = Issuer(ISSUER.sender, ISSUER.name, ISSUER.zone, exercise=True)
        made = message_for(step("warning.raised"), INDICATOR, AREA, drill, ())
        assert made is not None and read_cap(made.xml.encode()).status == "Exercise"

    def test_times(self) -> None:
        assert sent_time(NOW, UTC) == "2026-07-01T06:20:00-00:00"  # CAP writes UTC so
        assert sent_time(NOW, ZoneInfo("Asia/Shanghai")) == "2026-07-01T14:20:00+08:00"

    def test_shapes(self) -> None:
        assert list(polygons(None)) == []
        assert list(polygons(box(1, 2, 3, 4))) == [
            "2.000000,3.000000 4.000000,3.000000 4.000000,1.000000 2.000000,1.000000 2.000000,3.000000"
        ]

    @pytest.mark.external
    def test_valid_against_the_schema_of_oasis(self, shared: Path) -> None:
        schema = etree.XMLSchema(etree.parse(shared / "checks/cap/CAP-v1.2.xsd"))
        for item in [*life(), issued(lead_time_s=1800, probability=0.7)]:
            assert schema.validate(etree.fromstring(item.xml.encode())), schema.error_log


GOOD = issued().xml


def changed(old: str, new: str, count: int = 1) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, count).encode()


class TestRead:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("<status>Actual</status>", "", "<alert> has no <status> at its place"),
            (
                "<scope>Public</scope>",
                "<scope>All</scope>",
                "«All» is not one of Public, Restricted, Private",
            ),
            ("<scope>Public</scope>", "<scope>Public</scope><x/>", "<x> in <alert> is not known here"),
            ("+08:00</sent>", "Z</sent>", "no time of the form"),
            ("2026-07-01T14:21", "2026-13-01T14:21", "sent: «2026-13-01"),
            ("+08:00</sent>", "+15:00</sent>", "beyond 14 hours"),
            ("<urgency>Immediate</urgency>", "<urgency>immediate</urgency>", "«immediate» is not one of"),
            ("<language>zh-CN</language>", "<language>zh_CN</language>", "is no language tag"),
            ("<event>", "text<event>", "there is text in it"),
            ("<event>", '<event a="1">', "no attribute 'a'"),
            ("<areaDesc>老城</areaDesc>", "<areaDesc><b/></areaDesc>", "holds text only"),
            ("<areaDesc>老城</areaDesc>", "", "<area> has no <areaDesc>"),
            ("<alert xmlns=", "<Alert xmlns=", "this is not XML"),
            (NAMESPACE, "urn:oasis:names:tc:emergency:cap:1.1", "here must stand <alert>"),
            ("<identifier>warning", "<identifier>my warning", "has spaces"),
            ("<msgType>Alert", "<msgType>Update", "does not say which message"),
            ("<scope>Public", "<scope>Private", "needs addresses"),
            ("30.000000,121.000000", "121.000000,30.000000", "is no point: latitude,longitude"),
            ("<incidents>", "<references>a,b</references><incidents>", "is not sender,identifier,sent"),
        ],
    )
    def test_refused_with_a_reason(self, old: str, new: str, said: str) -> None:
        with pytest.raises(Invalid) as caught:
            read_cap(changed(old, new))
        found = caught.value.extra.get("faults", [{"detail": caught.value.fault.detail}])
        assert said in "\n".join(fault["detail"] for fault in found)
        assert "line" in caught.value.fault.where

    def test_every_mistake_at_once(self) -> None:
        data = GOOD.replace("<urgency>Immediate", "<urgency>Now").encode()
        assert len(schema_faults(data).faults) == 3

    @pytest.mark.parametrize(
        "head",
        [
            '<!DOCTYPE alert SYSTEM "http://example.invalid/x.dtd">',
            '<!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
            '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        ],
    )
    def test_hostile_xml_is_refused(self, head: str) -> None:
        body = GOOD.split("?>", 1)[1].replace("老城橙色", "&x;" if "ENTITY x" in head else "y")
        with pytest.raises(Invalid) as caught:
            read_cap((head + body).encode())
        assert caught.value.fault.code in ("xml-doctype", "xml-broken")

    def test_entities_are_never_filled_in(self) -> None:
        bomb = (
            '<!DOCTYPE alert [<!ENTITY a "'
            + "x" * 1000
            + '">'
            + "".join(f'<!ENTITY a{i} "{"&a;" * 100}">' for i in range(9))
            + "]><alert>&a8;</alert>"
        )
        with pytest.raises(Invalid):
            read_cap(bomb.encode())

    def test_size_and_depth_are_limited(self) -> None:
        with pytest.raises(TooLarge):
            read_cap(b" " * 1_000_001)
        with pytest.raises(Invalid):
            read_cap(b"<a>" * 100_000)

    @pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"<", b"\x00", b"<alert/>", "中文".encode()])
    def test_rubbish(self, data: bytes) -> None:
        with pytest.raises(Invalid):
            read_cap(data)

    def test_a_signature_is_noticed_not_trusted(self) -> None:
        data = changed("</alert>", '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/></alert>')
        assert read_cap(data).signed
        assert not read_cap(GOOD.encode()).signed


class FakeQueries:
    """Holds the messages of one life."""

    def bulletins(self, *, warning: str | None = None, limit: int = 100) -> list[Bulletin]:
        return life()[::-1][:limit]

    def bulletin(self, identifier: str) -> Bulletin:
        from chengshu.kernel.errors import Missing

        for item in life():
            if item.identifier == identifier:
                return item
        raise Missing("cap-missing", f"CAP message {identifier} does not exist")


@pytest.fixture
def client() -> TestClient:
    from fastapi.responses import JSONResponse

    from chengshu.foundation.city import City
    from chengshu.kernel.areas import AreaTree
    from chengshu.kernel.errors import ChengshuError
    from chengshu.surfaces.cap import router

    city = City("demo", ISSUER.name, ZoneInfo("Asia/Shanghai"), Path(), AreaTree([AREA]), {}, [], {}, {}, [])
    app = FastAPI()
    app.include_router(router(FakeQueries(), city))  # type: ignore[arg-type]
    app.add_exception_handler(ChengshuError, lambda _, error: JSONResponse(error.as_problem(), error.status))  # type: ignore[attr-defined, arg-type]
    return TestClient(app)


class TestSurface:
    def test_the_feed_leads_to_the_messages(self, client: TestClient) -> None:
        answer = client.get("/cap/alerts.atom", params={"lang": "en"})
        assert answer.headers["content-type"].startswith("application/atom+xml")
        root = etree.fromstring(answer.content)
        entries = root.findall(f"{{{ATOM}}}entry")
        assert [entry.find(f"{{{ATOM}}}category").get("term") for entry in entries] == [
            "Cancel",
            "Update",
            "Alert",
        ]
        assert root.findtext(f"{{{ATOM}}}updated") == "2026-07-01T06:23:00Z"
        assert entries[0].findtext(f"{{{ATOM}}}title") == "All clear: Flooding in Old Town"
        link = entries[1].find(f"{{{ATOM}}}link").get("href")
        message = client.get(f"/cap/{link}")
        assert message.headers["content-type"].startswith("application/cap+xml")
        assert message.text == life()[1].xml

    def test_an_unchanged_feed_is_not_sent_again(self, client: TestClient) -> None:
        tag = client.get("/cap/alerts.atom").headers["etag"]
        assert client.get("/cap/alerts.atom", headers={"if-none-match": tag}).status_code == 304

    def test_errors(self, client: TestClient) -> None:
        assert client.get("/cap/alerts/nothing.xml").status_code == 404
        assert client.get("/cap/alerts.atom", params={"lang": "fr"}).status_code == 422
        answer = client.post("/cap/check", content=changed("<status>Actual</status>", ""))
        assert answer.status_code == 422
        assert answer.json()["detail"] == "<alert> has no <status> at its place"

    def test_check(self, client: TestClient) -> None:
        answer = client.post("/cap/check", content=GOOD.encode()).json()
        assert (answer["valid"], answer["signature"], answer["info"][0]["areas"]) == (True, "none", ["老城"])

    def test_an_empty_feed(self) -> None:
        root = etree.fromstring(feed([], "demo", ISSUER.name, "zh-Hans"))
        assert root.findtext(f"{{{ATOM}}}title") == "示范市预警"
