"""The lint: every fault names the element, the line and the remedy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.spiff import SpiffEngine
from chengshu.kernel.errors import ChengshuError, Invalid
from chengshu.ports.process_engine import Setting, Start

PLANS = Path(__file__).parents[2] / "processes" / "plans"


def codes(engine: SpiffEngine, source: bytes) -> list[str]:
    faults = engine.lint([source])
    for fault in faults:
        assert fault.where and fault.remedy, fault
    return sorted({fault.code for fault in faults})


def test_a_sound_plan_has_no_fault(bpmn: Any, engine: SpiffEngine) -> None:
    assert codes(engine, bpmn.plan(bpmn.start + bpmn.user("a") + bpmn.end, "start > a\na > end")) == []


CASES = {
    "bpmn-dead-end": lambda b: (b.start + b.user("a") + b.node("endEvent", "z"), "start > a"),
    "bpmn-unreachable": lambda b: (
        b.start + b.user("a") + b.user("lost") + b.end,
        "start > a\na > end\nlost > end",
    ),
    "bpmn-no-default": lambda b: (
        b.start + b.node("exclusiveGateway", "x") + b.user("a") + b.end,
        "start > x\nx > a ? p\nx > end ? q\na > end",
    ),
    "bpmn-no-condition": lambda b: (
        b.start + b.node("inclusiveGateway", "x", default="x_end") + b.user("a") + b.end,
        "start > x\nx > a\nx > end\na > end",
    ),
    "bpmn-default": lambda b: (
        b.start + b.node("exclusiveGateway", "x", default="nowhere") + b.end,
        "start > x\nx > end",
    ),
    "bpmn-element": lambda b: (b.start + b.node("complexGateway", "x") + b.end, "start > end"),
    "bpmn-feature": lambda b: (
        b.start + b.node("task", "x", "<bpmn:standardLoopCharacteristics/>") + b.end,
        "start > x\nx > end",
    ),
    "feel": lambda b: (
        b.start + b.node("exclusiveGateway", "x", default="x_end") + b.user("a") + b.end,
        "start > x\nx > a ? depth >> 3\nx > end\na > end",
    ),
    "bpmn-department": lambda b: (b.start + b.user("a", department="") + b.end, "start > a\na > end"),
    "bpmn-clock": lambda b: (b.start + b.user("a", clock="soon") + b.end, "start > a\na > end"),
    "bpmn-start": lambda b: (b.start + b.node("startEvent", "start2") + b.end, "start > end\nstart2 > end"),
    "bpmn-flow-end": lambda b: (b.start + b.end, "start > end\nstart > nowhere"),
    "bpmn-condition": lambda b: (b.start + b.user("a") + b.end, "start > a\na > end ? p"),
    "bpmn-handler": lambda b: (b.start + b.service("a", handler="") + b.end, "start > a\na > end"),
    "bpmn-decision": lambda b: (b.start + b.node("businessRuleTask", "a") + b.end, "start > a\na > end"),
    "bpmn-script": lambda b: (b.start + b.node("scriptTask", "a") + b.end, "start > a\na > end"),
    "bpmn-called": lambda b: (
        b.start + b.node("callActivity", "a", calledElement="gone") + b.end,
        "start > a\na > end",
    ),
    "bpmn-call-circle": lambda b: (
        b.start + b.node("callActivity", "a", calledElement="p") + b.end,
        "start > a\na > end",
    ),
    "bpmn-each": lambda b: (b.start + b.user("a", b.each("")) + b.end, "start > a\na > end"),
    "bpmn-event": lambda b: (b.node("startEvent", "start", b.event("conditional")) + b.end, "start > end"),
    "bpmn-event-name": lambda b: (b.start + b.node("endEvent", "end", b.event("error")), "start > end"),
    "bpmn-multiple": lambda b: (
        b.start + b.node("intermediateCatchEvent", "c", b.event("message", "m_go") + b.timer("PT1M")) + b.end,
        "start > c\nc > end",
    ),
    "bpmn-attached": lambda b: (
        b.start + b.border("x", "start", b.timer("PT1M")) + b.end,
        "start > end\nx > end",
    ),
    "bpmn-event-gateway": lambda b: (
        b.start + b.node("eventBasedGateway", "g") + b.user("a") + b.end,
        "start > g\ng > a\na > end",
    ),
    "bpmn-after-end": lambda b: (b.start + b.node("endEvent", "z") + b.end, "start > z\nz > end"),
    "bpmn-into-start": lambda b: (
        b.start + b.user("a") + b.node("exclusiveGateway", "x", default="x_end") + b.end,
        "start > a\na > x\nx > start ? p\nx > end",
    ),
    "bpmn-double-id": lambda b: (b.start + b.user("a") + b.user("a") + b.end, "start > a\na > end"),
    "bpmn-field": lambda b: (
        b.start
        + b.node(
            "userTask",
            "a",
            '<bpmn:extensionElements><chengshu:task department="w" clock="PT1M"/>'
            '<chengshu:field name="n" type="colour"/></bpmn:extensionElements>',
        )
        + b.end,
        "start > a\na > end",
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_each_fault_is_found(bpmn: Any, engine: SpiffEngine, code: str) -> None:
    assert code in codes(engine, bpmn.plan(*CASES[code](bpmn)))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "bpmn-xml"),
        (b"<a", "bpmn-xml"),
        (b"<a/>", "bpmn-root"),
        (b"\xff\xfe\x00", "bpmn-xml"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "bpmn-root"),
        (b" " * 5_000_000, "bpmn-size"),
    ],
)
def test_what_is_no_plan_is_refused(engine: SpiffEngine, source: bytes, code: str) -> None:
    assert [fault.code for fault in engine.lint([source])] == [code]
    with pytest.raises(Invalid):
        engine.load([source])


def test_other_languages_are_named(bpmn: Any, engine: SpiffEngine) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("scriptTask", "a", "<bpmn:script>x = 1</bpmn:script>", scriptFormat="python")
        + bpmn.end,
        "start > a\na > end",
    )
    assert codes(engine, plan) == ["bpmn-language"]
    plan = bpmn.plan(
        bpmn.start + bpmn.node("exclusiveGateway", "x", default="x_end") + bpmn.user("a") + bpmn.end,
        "start > x\nx > a ? ${depth > 3}\nx > end\na > end",
    )
    assert codes(engine, plan) == ["feel"]


def test_load_carries_every_fault(bpmn: Any, engine: SpiffEngine) -> None:
    with pytest.raises(Invalid) as caught:
        engine.load([bpmn.plan(bpmn.start + bpmn.user("a", clock="", department="") + bpmn.end, "start > a")])
    assert {fault["code"] for fault in caught.value.extra["faults"]} >= {
        "bpmn-department",
        "bpmn-clock",
        "bpmn-dead-end",
    }


@settings(max_examples=examples(150))
@given(st.data())
def test_a_damaged_plan_is_judged_and_never_crashes(data: st.DataObject) -> None:
    """Words of real plans are dropped, doubled and exchanged; what passes the lint also starts."""
    engine = SpiffEngine()
    source = (PLANS / data.draw(st.sampled_from(["small_plan.bpmn", "sharing.bpmn"]))).read_text("utf-8")
    words = re.split(r'(["<>])', source)
    for _ in range(data.draw(st.integers(1, 4))):
        at, other = (data.draw(st.integers(0, len(words) - 1)) for _ in range(2))
        words[at] = data.draw(st.sampled_from(["", words[at] * 2, words[other], "=null", "x"]))
    damaged = "".join(words).encode()
    faults = engine.lint([damaged])
    assert all(fault.code and fault.detail and fault.remedy for fault in faults)
    if not faults:
        setting = Setting(
            datetime(2026, 7, 1, tzinfo=UTC),
            "k",
            lambda start, _: start + timedelta(hours=1),
            lambda _name, _context: (None, {}),
        )
        definition = engine.load([damaged])
        try:
            engine.advance(definition, None, {"owner": "water"}, Start(), setting)
        except ChengshuError as error:
            assert error.fault.remedy
