"""The nine feature types of SortingHat (Shah et al., 2021): what a column is to statistics and learning.

Features of our own from the column's name, five of its values and its counts; a forest of extremely
randomised trees decides. The forest is trained from a labelled table by ``chengshu grading train`` and kept
as plain arrays: reading it runs no code.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.folding import is_nothing
from chengshu.resources.grading.forest import Forest, read_forest
from chengshu.resources.grading.model import ColumnSample

CLASSES = (
    "categorical", "context-specific", "datetime", "embedded-number", "list", "not-generalizable", "numeric",
    "sentence", "url",
)  # fmt: skip
NAME_BUCKETS = 700  # of pairs and triples of signs in the name


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a column: its name, up to five values, and counts over all of it.

    ``mean``, ``spread``, ``low`` and ``high`` are of the numbers, 0 for columns without.
    """

    name: str
    values: tuple[str, ...]
    rows: float
    nulls: float
    distinct: float
    mean: float = 0.0
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0


def facts_of(sample: ColumnSample) -> Facts:
    """What a sample tells. Where all sampled values differ, those of the whole column are taken to differ
    too.
    """
    counted = sum(sample.counts)
    known = [
        (value, count) for value, count in zip(sample.values, sample.counts, strict=True) if value.strip()
    ]
    numbers = np.array([float(value) for value, _ in known if _PLAIN.fullmatch(value.strip())])
    weights = np.array([count for value, count in known if _PLAIN.fullmatch(value.strip())])
    looked = max(counted + sample.nulls, 1)
    distinct = len(sample.values) * (sample.rows / looked if len(sample.values) > 0.9 * counted else 1.0)
    facts = Facts(
        sample.name,
        tuple(value for value, _ in known[:5]),
        sample.rows,
        sample.rows * sample.nulls / looked,
        distinct,
    )
    if len(numbers) == 0 or len(numbers) < 0.95 * len(known):
        return facts
    mean = float(np.average(numbers, weights=weights))
    spread = float(np.sqrt(np.average((numbers - mean) ** 2, weights=weights)))
    return replace(facts, mean=mean, spread=spread, low=float(numbers.min()), high=float(numbers.max()))


_PLAIN = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHARES: Sequence[re.Pattern[str]] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$",  # number
        r"^[+-]?\d+(\.0+)?$",  # whole number
        r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$",  # with commas of thousands
        r"^[^\w]*\s*[a-z$€£¥%#]{0,5}[\s:\-]*[+-]?[\d,]*\.?\d+\s*[%a-z$€£¥\"'/.]{0,12}$",  # with a unit
        r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}|\d{1,2}:\d{2}|^(19|20)\d{6}$",  # day
        r"\d{1,2}:\d{2}",  # time
        r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b",
        r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b",
        r"^(19|20)\d{2}(\.0)?$",  # year
        r"(https?:|www\.|^//|\.(com|org|net|cn|jpg|png|html?)\b)",
        r"^[\[{(].*[\]})]$",  # brackets around
        r"\S+@\S+\.\S+",
    )
)
_NAMES: Sequence[re.Pattern[str]] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(^|[^a-z])(id|key|uuid|guid|index|idx|no|num|number|code|zip|postal|fips)([^a-z]|$)|id$",
        r"date|time|year|month|day|timestamp|created|updated|dob|hour|week|quarter|period",
        r"url|link|href|website|image|img|photo|homepage|uri",
        r"price|cost|amount|amt|salary|pct|percent|rate|ratio|score|count|total|avg|mean|sum|std|min|max|value"
        r"|size|height|weight|length|width|age|population|gdp|lat|lon|temp|num",
        r"type|class|category|status|gender|sex|race|flag|is_|has_|state|country|region|grade|level|group"
        r"|color|city|code|label|rank",
        r"desc|text|comment|review|title|summary|note|abstract|content|body|tweet|message|question|answer|name",
        r"name|address|street|author|user|player",
        r"unnamed|^(x|v|c|col|var|f|feature|attr|q|p)[_.]?\d+$",
    )
)
_STOPWORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "he", "in", "is", "it", "its",
    "of", "on", "or", "that", "the", "to", "was", "were", "will", "with",
))  # fmt: skip
_LETTERS, _CAPITALS, _DIGITS = re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d")
_REPEATED = re.compile(r"(.)\1+")
_FLAG = frozenset(["y", "n", "t", "f", "true", "false", "yes", "no", "0", "1", "m"])


def features(facts: Facts) -> NDArray[np.float32]:
    """All features of a column, one row."""
    values = [value.strip() for value in facts.values if not is_nothing(value)]
    numbers = [float(value) for value in values if _SHARES[0].match(value)]
    numbers = [number for number in numbers if math.isfinite(number)]
    row = [*_counts(facts), *_signs(values), *_shapes(values), *_series(values, numbers), *_name(facts.name)]
    return np.concatenate([np.array(row, np.float32), _name_buckets(facts.name)])


def _slow(value: float) -> float:
    return math.copysign(math.log1p(abs(value)), value)


def _counts(facts: Facts) -> list[float]:
    kept = max(facts.rows - facts.nulls, 1.0)
    width = _bounded(facts.high - facts.low)
    numeric = any((facts.mean, facts.spread, facts.low, facts.high))
    return [
        _slow(facts.rows),
        _slow(facts.nulls),
        facts.nulls / max(facts.rows, 1.0),
        _slow(facts.distinct),
        facts.distinct / max(facts.rows, 1.0),
        facts.distinct / kept,
        *map(_slow, (facts.mean, facts.spread, facts.low, facts.high, width)),
        *(_bounded(value) for value in (facts.mean, facts.spread, facts.low, facts.high)),
        _bounded(facts.spread / (abs(facts.mean) + 1e-9)) if facts.mean else 0.0,
        _bounded(facts.distinct / (width + 1)) if width > 0 else 0.0,
        float(numeric),
        float(facts.low == math.trunc(facts.low)),
        float(facts.high == math.trunc(facts.high)),
    ]


def _bounded(value: float) -> float:
    return min(max(value, -1e30), 1e30)


def _signs(values: Sequence[str]) -> list[float]:
    joined = "".join(values)
    size, count = max(len(joined), 1), max(len(values), 1)
    kinds: Sequence[Callable[[str], bool]] = (str.isdigit, str.isalpha, str.isupper, str.isspace)
    row = [sum(map(kind, joined)) / size for kind in kinds]
    row.append(sum(ord(sign) > 127 for sign in joined) / size)
    row += [joined.count(sign) / count for sign in ",;|:-/._#%$@()[]{}\"' "]
    row += [sum(bool(pattern.search(value)) for value in values) / count for pattern in _SHARES]
    return row


def _shapes(values: Sequence[str]) -> list[float]:
    row: list[float] = []
    words = [value.split() for value in values]
    stops = [sum(word.lower() in _STOPWORDS for word in found) for found in words]
    for measured in ([len(value) for value in values], [len(found) for found in words], stops):
        row += _spread_of(measured or [0])
    forms = [_LETTERS.sub("a", _CAPITALS.sub("A", _DIGITS.sub("9", value))) for value in values]
    row += [len(set(forms)), len({_REPEATED.sub(r"\1", form) for form in forms})]
    row += [len(values), len(set(values)), len(set(values)) / max(len(values), 1)]
    row.append(float(len({len(value) for value in values}) == 1))
    return row


def _spread_of(measured: Sequence[float]) -> list[float]:
    return [min(measured), max(measured), float(np.mean(measured)), float(np.std(measured))]


def _series(values: Sequence[str], numbers: Sequence[float]) -> list[float]:
    steps = [b - a for a, b in pairwise(numbers)]
    places = [len(value.partition(".")[2]) for value in values if _SHARES[0].match(value)]
    return [
        float(all(step >= 0 for step in steps)) if len(numbers) > 2 else -1.0,
        float(len(steps) > 1 and all(step == 1 for step in steps)),
        _bounded(min(numbers, default=0.0)),
        _bounded(max(numbers, default=0.0)),
        float(np.mean(places)) if places else 0.0,
        sum(value.startswith("0") and len(value) > 1 and "." not in value for value in values),
        float(bool(values) and values[0].lower() in _FLAG),
    ]


def _name(name: str) -> list[float]:
    apart = _CAMEL.sub("_", name)
    row: list[float] = [len(name), sum(map(str.isdigit, name)), sum(map(str.isupper, name))]
    row += [name.count(sign) for sign in "_ ."]
    return [*row, *(float(bool(pattern.search(apart))) for pattern in _NAMES)]


def _name_buckets(name: str) -> NDArray[np.float32]:
    text = " " + re.sub(r"[_\W]+", " ", _CAMEL.sub(" ", name)).lower().strip() + " "
    row = np.zeros(NAME_BUCKETS, np.float32)
    for size in (2, 3):
        for at in range(len(text) - size + 1):
            row[zlib.crc32(text[at : at + size].encode()) % NAME_BUCKETS] = 1
    return row


def matrix(columns: Sequence[Facts]) -> NDArray[np.float32]:
    """The features of many columns."""
    return np.stack([features(facts) for facts in columns])


@dataclass(frozen=True, slots=True)
class FeatureTypes:
    """A trained forest over :func:`features`."""

    forest: Forest

    def of(self, columns: Sequence[Facts]) -> list[tuple[str, float]]:
        """The type of each column and how probable it is."""
        if not columns:
            return []
        shares = self.forest.shares(matrix(columns))
        return [
            (CLASSES[int(at)], float(row[at])) for row, at in zip(shares, shares.argmax(axis=1), strict=True)
        ]


def read_feature_types(path: Path) -> FeatureTypes:
    """A model that ``chengshu grading train`` has written. Raises Invalid for one of other features or
    classes.
    """
    forest, about = read_forest(path)
    wanted = _about()
    if about != wanted:
        raise Invalid(
            "model-other",
            "the model was trained for another version",
            where=str(path),
            remedy="train it anew",
        )
    return FeatureTypes(forest)


def _about() -> Mapping[str, str]:
    width = str(len(features(Facts("", (), 0, 0, 0))))
    return {"kind": "feature types", "width": width, "classes": " ".join(CLASSES)}


def about() -> Mapping[str, str]:
    """What is written beside a forest, so that one of another version is not taken."""
    return _about()
