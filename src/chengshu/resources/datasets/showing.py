"""A dataset as a page shows it: numbers with their words, in one language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chengshu.kernel.clock import from_millis, iso
from chengshu.kernel.texts import Text
from chengshu.resources.datasets.agreement import Agreement
from chengshu.resources.datasets.datasheet import form, wanting
from chengshu.resources.datasets.model import DatasetVersion, Exported, LabelSet, Quality, Split

READINGS = {
    "reliable": Text("annotators agree reliably", "标注者一致性可靠", "標註者一致性可靠"),
    "tentative": Text(
        "annotators agree well enough for tentative conclusions",
        "标注者一致性仅够得出初步结论",
        "標註者一致性僅足以得出初步結論",
    ),
    "unreliable": Text(
        "annotators do not agree: do not rely on these labels",
        "标注者意见不一：不可依赖这些标签",
        "標註者意見不一：不可依賴這些標籤",
    ),
    "unknown": Text(
        "nobody can say how far annotators agree: no unit was judged twice",
        "无法判断一致性：没有任何单元被标注两次",
        "無法判斷一致性：沒有任何單元被標註兩次",
    ),
}
_TWINS = Text(
    "{twins} rows stand in two parts: what is tested was learned",
    "{twins} 行同时出现在两个部分：测试的内容已被学过",
    "{twins} 列同時出現在兩個部分：測試的內容已被學過",
)
_WANTING = Text("not answered yet: {questions}", "尚未作答：{questions}", "尚未作答：{questions}")


@dataclass(frozen=True, slots=True)
class SplitShown:
    """A split: part, share wanted, share there is, rows, groups; ``warning`` empty where all is well."""

    name: str
    by: str
    parts: tuple[tuple[str, float, float, int, int], ...]
    warning: str


@dataclass(frozen=True, slots=True)
class LabelsShown:
    """A set of labels and how far annotators agree, in words; ``alpha`` None where nobody can say."""

    name: str
    number: int
    units: int
    annotators: int
    alpha: float | None
    kappa: float | None
    reading: str
    disagreements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DatasetShown:
    """All a page says of a dataset. ``datasheet``: part, question, answer; "" where there is none."""

    entry: str
    version: int
    at: str
    digest: str
    rows: int
    size: int
    licence: str
    quality: tuple[tuple[str, float], ...]
    destroyed: bool
    files: tuple[tuple[str, int, str], ...]
    versions: tuple[tuple[int, str, str, int], ...]
    splits: tuple[SplitShown, ...]
    labels: tuple[LabelsShown, ...]
    datasheet: tuple[tuple[str, str, str], ...]
    wanting: str
    exports: tuple[tuple[str, str, str, int], ...]


def shown(
    versions: Sequence[DatasetVersion],
    splits: Sequence[Split],
    labels: Mapping[str, tuple[LabelSet, Agreement]],
    exports: Sequence[Exported],
    language: str,
    most: int = 20,
) -> DatasetShown:
    """The newest of ``versions`` with its splits, and everything around it; at most so many disagreements."""
    version = versions[-1]
    lacking = ", ".join(item.id for item in wanting(version.datasheet))
    return DatasetShown(
        version.entry,
        version.number,
        iso(from_millis(version.at)),
        version.digest,
        version.rows,
        version.size,
        version.licence,
        _quality(version.quality, language),
        version.destroyed_at > 0,
        tuple((item.name, item.size, item.sha256) for item in version.files),
        tuple((item.number, iso(from_millis(item.at)), item.note, item.rows) for item in reversed(versions)),
        tuple(_split(item, language) for item in splits),
        tuple(_labels(*labels[name], language, most) for name in sorted(labels)),
        tuple(
            (
                form().parts[item.part].say(language),
                item.text.say(language),
                Text.of(dict(version.datasheet.get(item.id, {}))).say(language),
            )
            for item in form().questions
        ),
        _WANTING.fill(questions=lacking).say(language) if lacking else "",
        tuple((iso(from_millis(item.at)), item.recipient, item.reader, item.rows) for item in exports),
    )


def _quality(found: Quality | None, language: str) -> tuple[tuple[str, float], ...]:
    """The overall score, then those of the dimensions, by name."""
    if found is None:
        return ()
    named = [(form().dimensions[name].say(language), score) for name, score in found.scores.items()]
    return ((form().overall.say(language), found.score), *named)


def _split(item: Split, language: str) -> SplitShown:
    parts = tuple(
        (name, share, item.got(name), item.rows[at], item.groups[at])
        for at, (name, share) in enumerate(item.shares)
    )
    return SplitShown(
        item.name, item.by, parts, _TWINS.fill(twins=item.twins).say(language) if item.twins else ""
    )


def _labels(item: LabelSet, found: Agreement, language: str, most: int) -> LabelsShown:
    return LabelsShown(
        item.name,
        item.number,
        item.units,
        item.annotators,
        found.alpha,
        found.kappa,
        READINGS[found.reading].say(language),
        tuple(
            (one.unit, ", ".join(f"{who}: {value}" for who, value in one.said.items()))
            for one in found.disagreements[:most]
        ),
    )
