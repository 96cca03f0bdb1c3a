"""The view's reading of an entry's life: from collection to deletion, which rule holds, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from chengshu.app.harvesting import harvest_of
from chengshu.app.view.data_lineage import drawn
from chengshu.app.view.grading_base import DataBase, grade_of
from chengshu.console import model as shown
from chengshu.console.model import life as page
from chengshu.foundation.sensing.declared import Source
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger.harvest import HarvestSource
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.quality.queries import history
from chengshu.resources.retention import read_retention
from chengshu.resources.retention.declared import rule_for
from chengshu.resources.sharing import Use
from chengshu.resources.sharing import store as sharing_store

_STREAM = "urn:chengshu:resource:hub:stream:"
_SENSED = Text(
    "Read as declared: what does not fit is put aside with its reason, silence shows after {silent} s.",
    "按声明读取：不合要求的记录附理由隔离，超过 {silent} 秒无数据即显示静默。",
    "按宣告讀取：不合要求的記錄附理由隔離，超過 {silent} 秒無數據即顯示靜默。",
)
_UNITS = (
    (86_400, "d", "天", "天"),
    (3_600, "h", "小时", "小時"),
    (60, "min", "分钟", "分鐘"),
    (1, "s", "秒", "秒"),
)
_HARVESTED = Text(
    "Harvested every {every} from {source}; what cannot be read is named, a lost column is flagged.",
    "每 {every}自 {source} 汇集；读不出的逐一说明，缺失的列即标出。",
    "每 {every}自 {source} 匯集；讀不出的逐一說明，缺失的欄即標出。",
)
_OWN = Text(
    "Made by the hub itself, or entered by hand.", "由中枢自身产生或人工登记。", "由中樞自身產生或人工登記。"
)
_GRADED = Text(
    "Kept as {grade}; each reader sees it as the grade allows.",
    "按{grade}保存；按级别向读者显示。",
    "按{grade}保存；按級別向讀者顯示。",
)
_UNGRADED = Text(
    "Nobody graded it: it counts as {grade} until somebody does.",
    "尚未分级：在分级前按{grade}对待。",
    "尚未分級：在分級前按{grade}對待。",
)
_MADE = Text(
    "Grades come along with every step and never fall without a reason.",
    "级别随每一步传入，非有理由不降低。",
    "級別隨每一步傳入，非有理由不降低。",
)
_KEPT = Text(
    "Kept {keep}: {basis} ({law}).", "保存 {keep}：{basis}（{law}）。", "保存 {keep}：{basis}（{law}）。"
)
_ENDLESS = Text(
    "No rule says how long: it is kept without end.",
    "没有保存期限的规定：一直保存。",
    "沒有保存期限的規定：一直保存。",
)


class LifeReading(DataBase):
    """What people see of the life of an entry."""

    def entry_life(self, person: shown.Person, id_: str, column: str) -> page.LifeView:
        """The five stages of an entry, as they stand now. Raises :class:`Missing`."""
        self.require(person, "view", "ledger", id_)
        entry, head = self.head(id_)
        names = tuple(part.name for part in entry.fields)
        if column and column not in names:
            raise Missing("column", f"{id_} has no column {column!r}", where=column)
        lineage = drawn(self.hub.inspection.lineage_queries, self.hub.ledger_queries, entry, head, column)
        stages = (
            self._collected(entry),
            self._kept(entry),
            page.LifeStage(
                "made",
                _MADE,
                "lineage",
                tuple(page.LifeFact(one.kind, one.title, _ledger(one.id)) for one in lineage.touched[:_MOST]),
            ),
            self._shared(entry),
            self._ended(entry),
        )
        return page.LifeView(head, stages, lineage)

    def _collected(self, entry: Resource) -> page.LifeStage:
        stream: Source | None = self.hub.sources.get(entry.id.removeprefix(_STREAM))
        if entry.id.startswith(_STREAM) and stream is not None:
            silent = stream.silent_after or 3 * stream.interval
            return page.LifeStage(
                "collected",
                _SENSED.fill(silent=int(silent.total_seconds())),
                f"sources.yaml: {stream.id}",
                (
                    page.LifeFact("source", stream.title, "/sources"),
                    page.LifeFact("way", Text.of(f"{stream.connector.kind} · {stream.format}")),
                ),
            )
        source = self._source_of(entry)
        if source is None:
            return page.LifeStage("collected", _OWN, "ledger.booked", ())
        with self.hub.database.read() as connection:
            run = harvest_store.last_run(connection, source.id)
        facts = [page.LifeFact("source", source.name or Text.of(source.id), "/ledger#harvests")]
        if run is not None:
            facts.append(
                page.LifeFact(
                    "run", Text.of(str(run.number)), f"/journal?subject={source.id}", run.started_at
                )
            )
        words = _harvested(int(source.every.total_seconds()), source.id)
        return page.LifeStage("collected", words, f"harvest.yaml: {source.id}", tuple(facts))

    def _source_of(self, entry: Resource) -> HarvestSource | None:
        if entry.origin is None:
            return None
        return next((one for one in harvest_of(self.city) if one.id == entry.origin.source), None)

    def _kept(self, entry: Resource) -> page.LifeStage:
        with self.hub.database.read() as connection:
            measured = history(connection, entry.id)
        ungraded = self.hub.sharing.desk.terms.ungraded
        words = (
            _filled(_GRADED, grade=grade_of(entry.grade))
            if entry.grade
            else _filled(_UNGRADED, grade=grade_of(ungraded))
        )
        facts = [page.LifeFact("versions", Text.of(str(entry.version)), _ledger(entry.id) + "?show=versions")]
        if measured is not None and measured.newest.score is not None:
            score = f"{int(measured.newest.score * 100)}%"
            address = _ledger(entry.id) + "?show=quality"
            facts.append(page.LifeFact("quality", Text.of(score), address, measured.newest.at))
        return page.LifeStage("kept", words, "grading", tuple(facts))

    def _shared(self, entry: Resource) -> page.LifeStage:
        rule = self.hub.sharing.desk.rule_for(entry)
        with self.hub.database.read() as connection:
            requests = sharing_store.select_requests(connection, "", _MOST_REQUESTS, resource=entry.id)
            uses = sharing_store.uses_where(connection, resource=entry.id)
        answered = [use for use in uses if use.outcome == "answered"]
        files = [use for use in answered if use.manner == "file"]
        facts = [
            page.LifeFact("class", Text.of(entry.sharing)),
            page.LifeFact("requests", Text.of(str(len(requests)))),
            page.LifeFact("uses", Text.of(str(len(answered))), "", _at(answered)),
            page.LifeFact("files", Text.of(str(len(files))), "", _at(files)),
        ]
        return page.LifeStage("shared", rule.reason.text, rule.reason.rule, tuple(facts))

    def _ended(self, entry: Resource) -> page.LifeStage:
        queries, now = self.hub.retention.queries, self.means.clock.now()
        rule = rule_for(read_retention(self.city.folder), entry)
        words, name = _ENDLESS, "retention.yaml"
        if rule is not None:
            words = _filled(_KEPT, keep=Text.of(rule.keep), basis=rule.basis, law=Text.of(rule.law))
            name = f"retention.yaml: {rule.id}"
        facts = [
            page.LifeFact("hold", Text.of(hold.reason), "/ledger/retention")
            for hold in queries.holds(entry.id)
        ]
        facts += [
            page.LifeFact("due", Text.of(str(len(due.items))), "/ledger/retention", from_millis(due.since))
            for due in queries.due(now, entry.id)
        ]
        for done in queries.destructions(entry.id):
            proof = queries.proof(done.id)
            facts.append(
                page.LifeFact(
                    "broken" if proof.broken else "proven",
                    Text.of(proof.broken or str(done.count)),
                    f"/ledger/retention/deletions/{done.id}",
                    from_millis(done.at),
                )
            )
        return page.LifeStage("ended", words, name, tuple(facts))


def _ledger(id_: str) -> str:
    return f"/ledger/{quote(id_)}"


def _at(uses: Sequence[Use]) -> datetime | None:
    return from_millis(uses[-1].at) if uses else None


def _filled(text: Text, **values: Text) -> Text:
    """A text with names in its own language."""
    return Text.of(
        {
            tag: text.say(tag).format(**{key: value.say(tag) for key, value in values.items()})
            for tag in ("en", "zh-Hans", "zh-Hant")
        }
    )


_MOST, _MOST_REQUESTS = 30, 10_000


def _harvested(seconds: int, source: str) -> Text:
    """How often, in the largest unit that counts whole."""
    size, *units = next(unit for unit in _UNITS if seconds % unit[0] == 0)
    said = [
        text.format(every=f"{seconds // size} {unit}", source=source)
        for text, unit in zip((_HARVESTED.en, _HARVESTED.zh_hans, _HARVESTED.zh_hant), units, strict=True)
    ]
    return Text(*said)
