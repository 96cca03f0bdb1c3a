"""CAP 1.2: the messages of others with known answers, and the schema of OASIS as a judge of our grammar."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lxml import etree

from chengshu.surfaces.cap.conformance import run, schema_valid

pytestmark = pytest.mark.external


def test_every_message_gets_the_right_answer(shared: Path) -> None:
    report = run(shared / "checks" / "cap")
    assert (report.passed, report.failed, report.total, report.failing) == (10, 0, 10, ())


def test_our_grammar_and_the_schema_agree_on_damaged_messages(shared: Path) -> None:
    """Each round damages a valid message a little; both must give the same verdict."""
    folder = shared / "checks" / "cap"
    schema = etree.XMLSchema(etree.parse(folder / "CAP-v1.2.xsd"))
    source = (folder / "sc_valid.xml").read_bytes()
    chance = random.Random(20260701)
    verdicts = {True: 0, False: 0}
    for _ in range(600):
        data = etree.tostring(damaged(etree.fromstring(source), chance))
        expected = schema.validate(etree.fromstring(data))
        verdicts[expected] += 1
        assert schema_valid(data) == expected, schema.error_log or data.decode()[:3000]
    assert min(verdicts.values()) > 50


def damaged(root: etree._Element, chance: random.Random) -> etree._Element:
    nodes = [node for node in root.iter() if isinstance(node.tag, str) and "cap" in node.tag]
    node = chance.choice(nodes[1:])
    parent = node.getparent()
    assert parent is not None
    match chance.randrange(7):
        case 0:
            parent.remove(node)
        case 1:
            parent.insert(chance.randrange(len(parent)), node)
        case 2:
            copy = etree.fromstring(etree.tostring(node))
            parent.insert(parent.index(node) + 1, copy)
        case 3:
            node.text = chance.choice(
                [
                    "",
                    "Met",
                    "Past",
                    "2024-05-19T24:00:00+04:00",
                    "2024-02-30T10:00:00+04:00",
                    " 2024-05-19T10:00:00-14:00 ",
                    "2024-05-19T10:00:00",
                    "fr",
                    "x y",
                    "None",
                ]
            )
        case 4:
            node.set(chance.choice(["a", "lang"]), "1")
        case 5:
            node.tag = chance.choice(nodes[1:]).tag
        case _:
            node.tail = chance.choice(["\n", "x", "  "])
    return root
