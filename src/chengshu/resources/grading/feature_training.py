"""Train the feature types from labelled columns (in the form of SortingHat's), and measure by folds."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.grading.feature_types import CLASSES, Facts, about, matrix
from chengshu.resources.grading.forest import forest_of, write_forest

NEEDED = ("Attribute_name", "y_act", "total_vals", "num_nans", "num_of_dist_val", "sample_1")
_SEED = 7


@dataclass(frozen=True, slots=True)
class Labelled:
    """A column with its true type; ``source`` says from which file it came."""

    facts: Facts
    truth: str
    source: str


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Accuracy of one fold, and of how many columns."""

    accuracy: float
    columns: int


def read_labelled(path: Path) -> list[Labelled]:
    """Labelled columns of a CSV file (also .gz). Raises Missing and Invalid naming the line."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", errors="replace")
    except FileNotFoundError:
        raise Missing(
            "file-missing", "the file does not exist", where=str(path), remedy="correct the name"
        ) from None
    except (OSError, EOFError):
        raise Invalid(
            "file-broken", "the file cannot be unpacked", where=str(path), remedy="copy it anew"
        ) from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if lacking:
        raise Invalid(
            "columns-missing", f"the table lacks {', '.join(lacking)}", where=str(path), remedy="see the docs"
        )
    return [_labelled(row, f"{path}:{number}") for number, row in enumerate(rows, 2)]


def _labelled(row: Mapping[str, str], where: str) -> Labelled:
    truth = row["y_act"]
    if truth not in CLASSES:
        known = ", ".join(CLASSES)
        raise Invalid("class-unknown", f"{truth!r} is no class", where=where, remedy=f"use one of: {known}")
    values = tuple(row.get(f"sample_{at}") or "" for at in range(1, 6))
    facts = Facts(
        row["Attribute_name"] or "",
        values,
        *(_number(row.get(key)) for key in ("total_vals", "num_nans", "num_of_dist_val")),
        *(_number(row.get(key)) for key in ("mean", "std_dev", "min_val", "max_val")),
    )
    return Labelled(facts, truth, row.get("Record_id") or "")


def _number(text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _model(trees: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(trees, max_features=0.2, random_state=_SEED, n_jobs=1)


def cross_validated(
    columns: Sequence[Labelled],
    *,
    folds: int = 5,
    trees: int = 300,
    by_source: bool = False,
    only: int | None = None,
) -> Iterator[FoldResult]:
    """Accuracy by stratified folds; ``by_source`` keeps the columns of one file in one fold, which is harder.

    ``only`` stops after so many folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows = matrix([column.facts for column in columns])
    truth = np.array([CLASSES.index(column.truth) for column in columns])
    sources = [column.source for column in columns]
    kind = StratifiedGroupKFold if by_source else StratifiedKFold
    splits = kind(folds, shuffle=True, random_state=_SEED).split(rows, truth, sources if by_source else None)
    for number, (learn, test) in enumerate(splits):
        if only is not None and number >= only:
            return
        model = _model(trees).fit(rows[learn], truth[learn])
        yield FoldResult(float((model.predict(rows[test]) == truth[test]).mean()), len(test))


def train_feature_types(columns: Sequence[Labelled], path: Path, *, trees: int = 200) -> None:
    """Train on all columns and write the model. Raises Invalid when a class has no example."""
    truth = np.array([CLASSES.index(column.truth) for column in columns])
    lacking = [name for at, name in enumerate(CLASSES) if not (truth == at).any()]
    if lacking:
        raise Invalid("class-empty", f"no column is {', '.join(lacking)}", where="labels", remedy="add some")
    model = _model(trees).fit(matrix([column.facts for column in columns]), truth)
    write_forest(path, forest_of(model), about())
