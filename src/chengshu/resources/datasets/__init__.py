"""Datasets for training and testing: versions, datasheets, splits, labels with agreement, Croissant."""

from chengshu.resources.datasets.agreement import Agreement, Disagreement, agreement
from chengshu.resources.datasets.commands import About, Datasets, LabelPlan
from chengshu.resources.datasets.deciding import Decided, decide
from chengshu.resources.datasets.exporting import DatasetExports, Order
from chengshu.resources.datasets.hand import Begin, ByHand, HandQueries, LabelTask
from chengshu.resources.datasets.model import (
    DatasetVersion,
    Exported,
    Judgement,
    LabelSet,
    Split,
    StoredFile,
)
from chengshu.resources.datasets.queries import DatasetQueries
from chengshu.resources.datasets.vault import Vault

__all__ = [
    "About",
    "Agreement",
    "Begin",
    "ByHand",
    "DatasetExports",
    "DatasetQueries",
    "DatasetVersion",
    "Datasets",
    "Decided",
    "Disagreement",
    "Exported",
    "HandQueries",
    "Judgement",
    "LabelPlan",
    "LabelSet",
    "LabelTask",
    "Order",
    "Split",
    "StoredFile",
    "Vault",
    "agreement",
    "decide",
]
