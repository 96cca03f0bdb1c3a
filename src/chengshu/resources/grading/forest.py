"""A forest of decision trees as plain arrays: written and read without running code, used with numpy only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from chengshu.kernel.errors import Invalid, Missing


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """All nodes of all trees in rows; ``roots`` are where each begins.

    A node looks at ``feature``: up to ``bound`` it goes ``left``, else to the node after that. At a leaf,
    with ``left`` -1, ``shares`` are the classes' shares.
    """

    roots: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    bound: NDArray[np.float32]
    leaf_shares: NDArray[np.float32]

    def shares(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The classes' shares for each row, the mean over the trees."""
        total = np.zeros((len(rows), self.leaf_shares.shape[1]))
        every = np.arange(len(rows))
        for root in self.roots:
            at = np.full(len(rows), root, np.int32)
            while (moving := every[self.left[at] >= 0]).size:
                node = at[moving]
                lower = rows[moving, self.feature[node]] <= self.bound[node]
                at[moving] = np.where(lower, self.left[node], self.right[node])
            total += self.leaf_shares[at]
        return total / max(len(self.roots), 1)


def forest_of(model: Any) -> Forest:
    """The trees of a fitted forest of scikit-learn."""
    parts: dict[str, list[NDArray[Any]]] = {"left": [], "right": [], "feature": [], "bound": [], "shares": []}
    roots, offset = [], 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        parts["left"].append(np.where(leaf, -1, tree.children_left + offset))
        parts["right"].append(np.where(leaf, -1, tree.children_right + offset))
        parts["feature"].append(np.where(leaf, 0, tree.feature))
        parts["bound"].append(tree.threshold)
        counts = tree.value[:, 0, :]
        parts["shares"].append(counts / counts.sum(axis=1, keepdims=True))
        roots.append(offset)
        offset += tree.node_count
    joined = {name: np.concatenate(found) for name, found in parts.items()}
    return Forest(
        np.array(roots, np.int32),
        joined["left"].astype(np.int32),
        joined["right"].astype(np.int32),
        joined["feature"].astype(np.int32),
        joined["bound"].astype(np.float32),
        joined["shares"].astype(np.float32),
    )


def write_forest(path: Path, forest: Forest, about: Mapping[str, str]) -> None:
    """Write a forest (.npz); the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    with draft.open("wb") as file:
        np.savez_compressed(
            file,
            roots=forest.roots,
            left=forest.left,
            right=forest.right,
            feature=forest.feature.astype(np.int16),
            bound=forest.bound,
            leaf_shares=forest.leaf_shares.astype(np.float16),
            about=np.array(json.dumps(dict(about), sort_keys=True)),
        )
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_forest(path: Path) -> tuple[Forest, dict[str, str]]:
    """A forest and what was written beside it. Raises Missing and Invalid; never runs what it reads."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            forest = Forest(
                stored["roots"],
                stored["left"],
                stored["right"],
                stored["feature"].astype(np.int32),
                stored["bound"],
                stored["leaf_shares"].astype(np.float32),
            )
            return forest, dict(json.loads(str(stored["about"])))
    except FileNotFoundError:
        raise Missing(
            "model-missing",
            "the model does not exist",
            where=str(path),
            remedy="train it: chengshu grading train",
        ) from None
    except (OSError, ValueError, KeyError, BadZipFile):
        raise Invalid("model-broken", "this is no model", where=str(path), remedy="train it anew") from None
