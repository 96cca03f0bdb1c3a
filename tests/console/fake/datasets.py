"""Datasets: one of residents' reports, labelled by hand, with two people who differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chengshu.console import model as m
from chengshu.console.model import datasets as page
from chengshu.kernel.errors import Conflict, Denied, Missing
from chengshu.kernel.texts import Text

from .storm import WATER, T

REPORTS = "urn:chengshu:resource:reports"
TITLE = T("Reports of residents", "市民诉求", "市民訴求")
VALUES = ("water", "noise", "light")
LATE = T("annotators do not agree: do not rely on these labels", "标注者意见不一", "標註者意見不一")
MAY_NOT = m.Permission(False, T("operators label these", "由操作员标注", "由操作員標註"))


class Datasets:
    """Three units; what is said is remembered."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.labels_said: dict[int, str] = {}
        self.settled: dict[int, str] = {}
        self.begun: list[page.BeginGiven] = []
        self.kept: list[tuple[str, str, bool]] = []

    def datasets(self, person: m.Person) -> Sequence[page.DatasetRow]:
        row = page.DatasetRow(
            *(REPORTS, TITLE, WATER, 2, self.now, 1200, 90_000, "CC-BY-4.0"),
            *(1, 1, 2, False),
        )
        return () if self.quiet else (row,)

    def dataset(self, person: m.Person, entry: str, version: int) -> page.DatasetView:
        if entry != REPORTS or version > 2:
            raise Missing("dataset-missing", "no version of this dataset is kept")
        versions = tuple(
            page.VersionRow(number, self.now, "Lin Yue 林玥", 600 * number, "more", number == 1)
            for number in (2, 1)
        )
        chosen = versions[0] if version in (0, 2) else versions[1]
        found = page.LabelsRow(
            *("kind", 1, self.now, 60, 2, "nominal", 0.75, 0.5, 0.4987, (0.31, 0.66), "unreliable", LATE),
            *(1, ((2, ("noise", "water")),), 3),
        )
        part = "labeller" if self.labels_said else ""
        left = 3 - len(self.labels_said)
        task = page.TaskRow(
            *("street", "look at the street", "Lin Yue 林玥", self.now, 2, 3, 2, 1, 2, 1, 4, left, part),
            *((("Lin Yue 林玥", 2),), replace(found, alpha=None, differing=(), more=0), False),
        )
        return page.DatasetView(
            *(REPORTS, TITLE, WATER, T("general", "一般", "一般"), chosen, chosen.number == 2, "CC-BY-4.0"),
            *("9f" * 32, 1200, 90_000),
            (
                page.FileRow("reports.csv", 90_000, "ab" * 32, 1200, ("report", "text", "street")),
                page.FileRow("guide.pdf", 100, "cd" * 32, None, ()),
            ),
            versions,
            () if self.quiet else (page.SplitRow("main", "person", (("train", 0.8, 0.79, 948, 80),), 2),),
            () if self.quiet else (found,),
            () if self.quiet else (task,),
            (
                page.SheetRow(
                    T("Why", "动机", "動機"), T("What for?", "用途？", "用途？"), T("a", "甲", "甲"), False
                ),
                page.SheetRow(T("Why", "动机", "動機"), T("By whom?", "何人？", "何人？"), Text(), True),
            ),
            () if self.quiet else ((T("Overall", "总分", "總分"), 0.97),),
            () if self.quiet else (page.ExportRow(self.now, 1, "university", "analyst", 900),),
            self._labels(person),
        )

    def croissant(self, person: m.Person, entry: str, version: int) -> bytes:
        self.dataset(person, entry, version)
        return b'{"@type": "sc:Dataset"}'

    def labelling(
        self, person: m.Person, entry: str, name: str, place: int, after: int, *, settle: bool
    ) -> page.LabellingView:
        self.dataset(person, entry, 0)
        said = self.settled if settle else self.labels_said
        waiting = [at for at in ((2,) if settle else (1, 2, 3)) if at not in said and not self.quiet]
        later = [at for at in waiting if at > after] or waiting
        at = place or (later[0] if later else 0)
        others = [one for one in waiting if one != at]
        before = max([one for one in said if one != at], default=0)
        row = (f"r{at}", "the road is under water", "Harbour Road")
        return page.LabellingView(
            *(REPORTS, TITLE, name, "look at the street", settle, VALUES),
            (("report", "show"), ("text", "show"), ("street", "generalise")),
            *(at, 3, (row,) if at else (), 2 if at else 0, said.get(at, "")),
            (("noise", 1), ("water", 1)) if settle and at else (),
            *(next(iter(others), 0), before, len(waiting), self._labels(person), False),
        )

    def say_label(
        self, person: m.Person, entry: str, name: str, place: int, value: str, *, settle: bool
    ) -> None:
        if not self._labels(person).allowed:
            raise Denied("data.label", "operators label these")
        if place == 3 and value == "light":
            raise Conflict("unit-full", "this unit was judged by enough people meanwhile")
        (self.settled if settle else self.labels_said)[place] = value

    def begin_labelling(self, person: m.Person, entry: str, given: page.BeginGiven) -> None:
        if given.name == "street":
            raise Conflict("task-running", "street is being labelled already")
        self.begun.append(given)

    def keep_labels(self, person: m.Person, entry: str, name: str, note: str, *, end: bool) -> None:
        if note == "nothing":
            raise Conflict("marks-none", "nothing was said since the last version")
        self.kept.append((name, note, end))

    def _labels(self, person: m.Person) -> m.Permission:
        return m.ALLOWED if person.id != "crew" else MAY_NOT
