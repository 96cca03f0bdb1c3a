"""Why a table gave what it gave: the rules that matched, with what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.rules.feel.text import text_of
from chengshu.rules.feel.values import from_python


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched: its table, number (from 1) and id, its cells, and the values it saw and gave."""

    table: str
    rule: int
    rule_id: str
    cells: tuple[str, ...]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    annotations: tuple[str, ...] = ()
    version: str = ""
    """Which version of the rules it is of, where there are several."""

    @property
    def text(self) -> Text:
        """One sentence: which rule, because of what."""
        conditions = [
            (name, shown(value), cell)
            for (name, value), cell in zip(self.inputs.items(), self.cells, strict=True)
            if cell not in ("", "-")
        ]
        because = "; ".join(f"{name} = {value} ({cell})" for name, value, cell in conditions)
        result = ", ".join(f"{name} = {shown(v)}" if name else shown(v) for name, v in self.outputs.items())
        number, version = self.rule, self.version
        of = (
            f"«{self.table}»" + (f" (version {version})" if version else ""),
            f"“{self.table}”" + (f"（{version} 版）" if version else ""),
            f"「{self.table}」" + (f"（{version} 版）" if version else ""),
        )
        return Text(
            f"Rule {number} of {of[0]} gives {result}" + (f", because {because}" if because else ""),
            f"{of[1]}第 {number} 条规则给出 {result}" + (f"，因为 {because}" if because else ""),
            f"{of[2]}第 {number} 條規則給出 {result}" + (f"，因為 {because}" if because else ""),
        )

    @property
    def reason(self) -> Reason:
        """The form in which the hub keeps reasons."""
        rule = f"{self.table}#{self.rule_id or self.rule}"
        return Reason(rule, self.text, dict(self.inputs))


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that would have matched but for one cell: which input failed it, what it would have given."""

    table: str
    rule: int
    rule_id: str
    input: str
    cell: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def text(self) -> Text:
        """One sentence: which rule, what was in its way."""
        result = ", ".join(f"{name} = {shown(v)}" if name else shown(v) for name, v in self.outputs.items())
        return _NEAR.fill(
            table=self.table,
            rule=self.rule,
            input=self.input,
            value=shown(self.inputs[self.input]),
            cell=self.cell,
            result=result,
        )


_NEAR = Text(
    "Rule {rule} of «{table}» missed by one cell: {input} = {value} is not {cell}; it would give {result}",
    "“{table}”第 {rule} 条规则只差一格未命中：{input} = {value}，不满足 {cell}；否则给出 {result}",
    "「{table}」第 {rule} 條規則只差一格未命中：{input} = {value}，不滿足 {cell}；否則給出 {result}",
)


def plain(value: Any) -> Any:
    """A value for JSON: numbers as numbers, dates and durations as FEEL writes them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else shown(value)


def shown(value: Any) -> str:
    """A Python or FEEL value as FEEL writes it; strings in quotes."""
    return text_of([from_python(value)])[1:-1]
