"""A table that begins from nothing: its conditions and results by name and kind, and one empty rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel.names import is_plain
from chengshu.rules.feel.types import SCALARS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
MOST_COLUMNS = 30

Columns = Sequence[tuple[str, str]]
"""Names with kinds (``number``, ``string``, …; empty for any)."""


def read_columns(text: str, where: str) -> list[tuple[str, str]]:
    """A line for each column: a name, and its kind after a colon. Raises Invalid with what is wrong."""
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, kind = (part.strip() for part in line.replace("：", ":").partition(":"))
        if not is_plain(name) or name in (known for known, _ in found):
            raise Invalid(
                "rule-column-name",
                f"«{name}» cannot be the name of a column",
                where=where,
                remedy="use words and digits, beginning with a letter; each name once",
            )
        if kind and kind not in SCALARS:
            raise Invalid(
                "rule-column-kind",
                f"there is no kind «{kind}»",
                where=where,
                remedy=f"kinds: {', '.join(SCALARS)}",
            )
        found.append((name, kind))
    if not 0 < len(found) <= MOST_COLUMNS:
        raise Invalid(
            "rule-columns",
            f"there are {len(found)} columns, 1 to {MOST_COLUMNS} are possible",
            where=where,
            remedy="write one in each line",
        )
    return found


def new_table(name: str, namespace: str, inputs: Columns, outputs: Columns) -> bytes:
    """A DMN 1.5 file of one decision with one FIRST table. Raises Invalid for an unfit name."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "rule-name",
            f"«{name}» cannot be the name of a rule file",
            where="name",
            remedy="use small letters, digits and _, beginning with a letter",
        )
    given = "".join(
        f'  <inputData id="in_{at}" name={quoteattr(word)}>'
        f'<variable id="in_{at}_v" name={quoteattr(word)}{_type(kind)}/></inputData>\n'
        for at, (word, kind) in enumerate(inputs, 1)
    )
    needs = "".join(
        f'    <informationRequirement id="need_{at}"><requiredInput href="#in_{at}"/>'
        "</informationRequirement>\n"
        for at, _ in enumerate(inputs, 1)
    )
    conditions = "".join(
        f'      <input id="column_{at}" label={quoteattr(word)}>'
        f'<inputExpression id="column_{at}_e"{_type(kind)}><text>{escape(word)}</text></inputExpression>'
        "</input>\n"
        for at, (word, kind) in enumerate(inputs, 1)
    )
    results = "".join(
        f'      <output id="result_{at}" name={quoteattr(word)}{_type(kind)}/>\n'
        for at, (word, kind) in enumerate(outputs, 1)
    )
    cells = "".join(
        f'        <inputEntry id="r1_i{at}"><text>-</text></inputEntry>\n' for at, _ in enumerate(inputs, 1)
    ) + "".join(
        f'        <outputEntry id="r1_o{at}"><text>null</text></outputEntry>\n'
        for at, _ in enumerate(outputs, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="{_MODEL}" id="defs_{name}" name="{name}" namespace={quoteattr(namespace)}>\n'
        f'{given}  <decision id="d_{name}" name="{name}">\n    <variable id="d_{name}_v" name="{name}"/>\n'
        f'{needs}    <decisionTable id="{name}_table" hitPolicy="FIRST">\n{conditions}{results}'
        f'      <rule id="r1">\n{cells}      </rule>\n    </decisionTable>\n  </decision>\n</definitions>\n'
    ).encode()


def _type(kind: str) -> str:
    return f" typeRef={quoteattr(kind)}" if kind else ""
