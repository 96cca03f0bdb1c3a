"""Lineage as a page draws it: what is upstream and downstream of an entry or column, bounded."""

from __future__ import annotations

from collections.abc import Mapping

from chengshu.console.model import grading as page
from chengshu.kernel.texts import Text
from chengshu.resources.grading.lineage import Step
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.lineage import LineageQueries
from chengshu.resources.lineage.naming import column_key

_MOST = 60  # nodes of a picture on either side
_RANKS = 6  # steps of whole entries that are drawn on either side

Ways = Mapping[str, tuple[Step, ...]]


def drawn(
    lineage: LineageQueries, ledger: LedgerQueries, entry: Resource, head: page.EntryHead, column: str
) -> page.LineageView:
    """The picture's nodes and edges, and what retiring the column (or the entry) would touch."""
    names = tuple(part.name for part in entry.fields)
    picture = _Picture(lineage)
    own = {column_key(entry.id, name) for name in names}
    starts = [column_key(entry.id, column)] if column else lineage.known_columns(entry.id)
    for key in [key for key in starts if key in own][:_MOST]:
        picture.start(key)
        picture.add(lineage.upstream(key), -1)
        picture.add(lineage.downstream(key), 1)
    if not column:
        picture.whole(ledger, entry)
    picture.resolve()
    asked = column_key(entry.id, column) if column else entry.id
    impact = lineage.impact(asked, entry.id)
    nodes = picture.nodes()
    keys = {node.key for node in nodes}
    return page.LineageView(
        head,
        column,
        names,
        nodes,
        tuple(edge for edge in picture.edges.values() if edge.source in keys and edge.target in keys),
        tuple(page.TouchedEntry(item.id, item.title, item.kind) for item in impact.entries),
        impact.jobs,
        picture.more,
    )


class _Picture:
    """Nodes with their distance, nearest first, and the steps between them."""

    def __init__(self, lineage: LineageQueries) -> None:
        self._lineage = lineage
        self._rank: dict[str, int] = {}
        self._known: dict[str, tuple[Resource, str]] = {}
        self._wholes: dict[str, tuple[Resource, int]] = {}
        self.edges: dict[tuple[str, str], page.LineageEdge] = {}
        self.more = 0

    def start(self, key: str) -> None:
        self._rank[key] = 0

    def add(self, ways: Ways, side: int) -> None:
        """The columns reached on one side, and the steps of the shortest ways to them."""
        for key, way in sorted(ways.items(), key=lambda pair: (len(pair[1]), pair[0])):
            rank = side * len(way)
            if key not in self._rank or abs(rank) < abs(self._rank[key]):
                self._rank[key] = rank
            for step in way:
                self.edges.setdefault(
                    (step.source, step.target),
                    page.LineageEdge(step.source, step.target, step.transform),  # type: ignore[arg-type]
                )

    def whole(self, ledger: LedgerQueries, entry: Resource) -> None:
        """Entries that are made from others as a whole, such as a scenario from its indicators."""
        for side in (-1, 1):
            edge, rank = [entry], 0
            while edge and abs(rank) < _RANKS:
                rank += side
                nearer: list[Resource] = []
                for one in edge:
                    found = ledger.many(list(one.related)).values() if side < 0 else ledger.related_to(one.id)
                    for other in found:
                        source, target = (other.id, one.id) if side < 0 else (one.id, other.id)
                        self.edges.setdefault((source, target), page.LineageEdge(source, target, "uses"))
                        if other.id not in self._wholes and other.id != entry.id:
                            self._wholes[other.id] = (other, rank)
                            nearer.append(other)
                edge = nearer
        self._wholes[entry.id] = (entry, 0)

    def resolve(self) -> None:
        """Names of lineage that are columns of the ledger; an entry drawn by columns is not drawn whole."""
        linked = {key for pair in self.edges for key in pair}
        self._rank = {key: rank for key, rank in self._rank.items() if rank or key in linked}
        ranked = sorted(self._rank, key=lambda key: (abs(self._rank[key]), key))
        kept = [
            key for side in (-1, 0, 1) for key in [k for k in ranked if _side(self._rank[k]) == side][:_MOST]
        ]
        self.more = len(ranked) - len(kept)
        self._rank = {key: self._rank[key] for key in kept}
        self._known = self._lineage.entries_of(kept)

    def nodes(self) -> tuple[page.LineageNode, ...]:
        found = []
        for key, rank in self._rank.items():
            entry, column = self._known.get(key, (None, ""))
            if entry is None:
                table, _, column = key.rpartition(".")
                found.append(page.LineageNode(key, "", Text.of(table or key), "", column, rank))
            else:
                found.append(page.LineageNode(key, entry.id, entry.title, entry.kind, column, rank))
        for id_, (whole, rank) in list(self._wholes.items())[: 2 * _MOST]:
            if any((id_ in pair) for pair in self.edges):
                found.append(page.LineageNode(id_, id_, whole.title, whole.kind, "", rank))
        self.more += max(len(self._wholes) - 2 * _MOST, 0)
        return tuple(found)


def _side(rank: int) -> int:
    return (rank > 0) - (rank < 0)
