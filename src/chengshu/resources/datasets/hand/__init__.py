"""Labelling by hand: a unit at a time, two people each for themselves, a third where they differ."""

from chengshu.resources.datasets.hand.commands import Begin, ByHand
from chengshu.resources.datasets.hand.model import LabelTask, Mark, Seen
from chengshu.resources.datasets.hand.queries import HandQueries, Turn
from chengshu.resources.datasets.hand.turns import Board

__all__ = ["Begin", "Board", "ByHand", "HandQueries", "LabelTask", "Mark", "Seen", "Turn"]
