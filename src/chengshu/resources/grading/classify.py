"""What does a column hold? By checks, by its name, by its neighbours; each answer with confidence and
reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.evidence import Evidence, embedded, evidence_of
from chengshu.resources.grading.folding import name_key
from chengshu.resources.grading.hints import Hint, hint_of
from chengshu.resources.grading.model import Classification, ColumnSample
from chengshu.resources.grading.neighbours import with_neighbours
from chengshu.resources.grading.values import Values

_BESIDE = 0.02  # share from which another category among the values is told
_ONE_LENGTH = 0.6  # share of values of one length from which the length belongs to the form
_DOCUMENTS = ("passport", "hk_macao_permit")
_COULD_BE = 0.9  # share of values of a document's shape from which a steward is asked
_PLAIN = 0.9  # confidence from which the machine contradicts a word about a column that has changed
_LIKELY = 0.5  # the same where the word was that there is nothing: the name alone may have lowered it
_SURE_CHANCE = 0.05  # only checks that look-alikes rarely pass tell of others


def classify(
    samples: Sequence[ColumnSample],
    *,
    learned: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
) -> list[Classification]:
    """What the columns of one table hold.

    ``learned`` are meanings of names, ``said`` those of whole columns (by :func:`fingerprint`), both as a
    steward has said them: the latter are taken as they are, "" for nothing sensitive.
    """
    values = [Values(sample) for sample in samples]
    hints = [hint_of(sample.name, learned) for sample in samples]
    alone = [classify_values(s.name, v, h) for s, v, h in zip(samples, values, hints, strict=True)]
    together = with_neighbours(alone, values, hints)
    return [_settled(one, sample, said or {}) for sample, one in zip(samples, together, strict=True)]


def _settled(found: Classification, sample: ColumnSample, said: Mapping[str, str]) -> Classification:
    key = fingerprint(sample)
    if key in said:
        return by_steward(found, said[key])
    if (own := said_key(sample.name)) in said:
        return by_steward(found, said[own], changed=True)
    return found


def said_key(column: str) -> str:
    """The key under which a word about this very column holds even when its values have another form."""
    return f"={column}"


def fingerprint(sample: ColumnSample) -> str:
    """What stays of a column when its values change: its name, the signs and length of most of its values."""
    signs: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for value, count in zip(sample.values[:500], sample.counts[:500], strict=True):
        text = value.strip()
        signs[_signs(text)] += count
        lengths[len(text)] += count
    usual = max(sorted(signs), key=lambda key: signs[key], default="")
    length, often = max(lengths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    fixed = often >= _ONE_LENGTH * sum(lengths.values())
    return f"{name_key(sample.name)}|{usual}|{length if fixed else 'any'}"


def _signs(text: str) -> str:
    kinds = {
        "9"
        if sign.isdigit()
        else "a"
        if sign.isascii() and sign.isalpha()
        else "中"
        if sign.isalpha()
        else "."
        for sign in text
    }
    return "".join(sorted(kinds))


def classify_values(name: str, values: Values, hint: Hint) -> Classification:
    """What one column holds, without its neighbours."""
    found = evidence_of(values, hint)
    also = _others(found, values)
    masked = len(values.masked) / values.total if values.total else 0.0
    best = found[0] if found and found[0].enough else None
    if best is None:
        return Classification(name, "", *_nothing(values, hint, found), also=also, masked=masked)
    others = tuple((category, share) for category, share in also if category != best.category)
    return Classification(name, best.category, best.confidence, _reason(best, hint), others, masked)


def by_steward(found: Classification, category: str, *, changed: bool = False) -> Classification:
    """The same column as a steward has settled it.

    The word stands. But where the values have changed their form since and plainly speak for something else,
    the confidence falls, so that the steward is asked again.
    """
    text = _SETTLED if category else _SETTLED_NONE
    inputs = {"machine": found.category, "confidence": round(found.confidence, 3), "said": category}
    plain = found.confidence >= (_PLAIN if category else _LIKELY)
    against = changed and found.category not in ("", category) and plain
    reason = Reason("steward.contradicted" if against else "steward", _AGAINST if against else text, inputs)
    return replace(
        found,
        category=category,
        confidence=0.5 if against else 1.0,
        reason=reason,
        by_steward=True,
        machine=found.machine or found,
    )


def _others(found: Sequence[Evidence], values: Values) -> tuple[tuple[str, float], ...]:
    entries = catalogue().categories
    shares = {
        one.category: one.share
        for one in found
        if entries[one.category].chance <= _SURE_CHANCE
        and entries[one.category].sensitive
        and one.share >= _BESIDE
        and one.passed - one.masked >= 2
    }
    for category, share in embedded(values):
        shares[category] = max(share, shares.get(category, 0.0))
    return tuple(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _reason(best: Evidence, hint: Hint) -> Reason:
    label = catalogue().categories[best.category].label
    inputs = {
        "category": best.category,
        "passed": best.passed,
        "looked": best.looked,
        "needed": best.needed,
        "hint": hint.word,
    }
    key = (
        "learned"
        if hint.learned and best.hint > 0
        else {1.0: "says", 0.5: "allows", -1.0: "other"}.get(best.hint, "mute")
    )
    text = Text(
        _FOUND.en.format(label=label.en, **inputs) + _NAME[key].en.format(word=hint.word),
        _FOUND.zh_hans.format(label=label.zh_hans, **inputs) + _NAME[key].zh_hans.format(word=hint.word),
        _FOUND.zh_hant.format(label=label.zh_hant, **inputs) + _NAME[key].zh_hant.format(word=hint.word),
    )
    return Reason(f"classify.{best.category}", text, inputs | {"masked": best.masked})


def _nothing(values: Values, hint: Hint, found: Sequence[Evidence]) -> tuple[float, Reason]:
    """Confidence and reason that nothing known is here: low when the name promised it or a check nearly
    passed.
    """
    near = max((min(one.share / one.needed, 1.0) for one in found if one.needed <= 1), default=0.0)
    if any(one.category in _DOCUMENTS and one.hint == 0 and one.share >= _COULD_BE for one in found):
        near = 1.0  # shapes alone cannot tell a passport from a voucher: a person may
    promised = [c for c, s in hint.strengths.items() if s == 1 and catalogue().categories[c].sensitive]
    if values.total == 0:
        return 0.5 if promised else 0.9, Reason("classify.empty", _EMPTY, {"hint": hint.word})
    confidence = round(min(1.0 - 0.5 * near**4, 0.45 if promised else 1.0), 4)
    nearest = found[0].category if found else ""
    inputs = {"looked": values.total, "hint": hint.word, "nearest": nearest, "near": round(near, 3)}
    text = (_PROMISED if promised else _NOTHING).fill(looked=values.total, word=hint.word)
    return confidence, Reason("classify.nothing", text, inputs)


_FOUND = Text(
    "{passed} of {looked} distinct values pass the check for {label}; ",
    "{looked} 个不同取值中有 {passed} 个通过“{label}”校验；",
    "{looked} 個不同取值中有 {passed} 個通過「{label}」校驗；",
)
_NAME = {
    "says": Text("the column's name says so («{word}»)", "列名如此（“{word}”）", "欄名如此（「{word}」）"),
    "learned": Text(
        "a steward taught this name («{word}»)",
        "列名经管理员认定（“{word}”）",
        "欄名經管理員認定（「{word}」）",
    ),
    "allows": Text(
        "the column's name allows it («{word}»)", "列名与此不矛盾（“{word}”）", "欄名與此不矛盾（「{word}」）"
    ),
    "other": Text("though the name says «{word}»", "但列名为“{word}”", "但欄名為「{word}」"),
    "mute": Text("the column's name says nothing", "列名未提供信息", "欄名未提供信息"),
}
_NOTHING = Text(
    "none of the known categories fits enough of {looked} distinct values",
    "{looked} 个不同取值均未达到任何已知类别的比例",
    "{looked} 個不同取值均未達到任何已知類別的比例",
)
_PROMISED = Text(
    "the name says «{word}», but too few of {looked} distinct values pass its check",
    "列名为“{word}”，但 {looked} 个不同取值中通过校验的过少",
    "欄名為「{word}」，但 {looked} 個不同取值中通過校驗的過少",
)
_EMPTY = Text("the column has no values", "该列没有取值", "該欄沒有取值")
_SETTLED = Text("settled by a steward", "由数据管理员认定", "由數據管理員認定")
_AGAINST = Text(
    "settled by a steward, but the values have changed and speak for something else",
    "由数据管理员认定，但取值已变化且指向其他类别",
    "由數據管理員認定，但取值已變化且指向其他類別",
)
_SETTLED_NONE = Text(
    "a steward said: none of these", "数据管理员认定：不属于任何类别", "數據管理員認定：不屬於任何類別"
)
