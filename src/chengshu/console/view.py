"""What the console needs of the hub, and nothing more: one small Protocol that the app implements.

Every read takes the person (access is decided behind it) and, where the page can be put back, ``as_of``
(None: now). Reads and commands raise :class:`chengshu.kernel.errors.ChengshuError`: ``Missing`` for what does
not exist, ``Denied`` for what the person may not see or do, ``Conflict`` for what has changed meanwhile,
``Invalid`` for bad input. All times are aware and UTC. Methods are called from worker threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, get_args

from chengshu.console.model import (
    DrillRow,
    DrillView,
    EventRow,
    EventView,
    GeoJson,
    HubStatus,
    JournalView,
    LiveChange,
    OrderRow,
    OrderVerb,
    Overview,
    Person,
    QuarantineFate,
    SignedIn,
    SourcesView,
    VitalsTree,
    VitalView,
    WarningRow,
    WarningView,
)
from chengshu.console.model.ledger import EntryView, LedgerView
from chengshu.console.model.rules import CellCheck, RuleAsk, RuleEdit, RuleFile, RulesView, RuleView
from chengshu.console.view_access import AccessDesk
from chengshu.console.view_corrections import CorrectionDesk
from chengshu.console.view_data import DataDesk
from chengshu.console.view_datasets import DatasetDesk
from chengshu.console.view_holdings import HoldingsDesk
from chengshu.console.view_knowledge import KnowledgeDesk
from chengshu.console.view_notices import NoticeDesk
from chengshu.console.view_retention import RetentionDesk
from chengshu.console.view_sharing import SharingDesk

Layer = Literal[
    "areas",
    "ground",
    "roads",
    "drainage",
    "nodes",
    "sensors",
    "underpasses",
    "units",
    "routes",
    "closures",
]
LAYERS: tuple[Layer, ...] = get_args(Layer)


class Entrance(Protocol):
    """Signing in, and the first start."""

    def sign_in(self, login: str, password: str) -> SignedIn:
        """A new session. Raises Unauthenticated for a wrong name or password (it does not say which)."""
        ...

    def sign_out(self, token: str) -> None:
        """End the session; an unknown token is no error."""
        ...

    def person(self, token: str) -> Person | None:
        """Who holds this token, or None when it is unknown or has run out."""
        ...

    def set_up(self, code: str, login: str, name: str, password: str) -> SignedIn:
        """Make the first administrator. ``code`` is the one the server printed at its first start.

        Raises Denied for a wrong code, Conflict when the hub is set up already, Invalid for a weak password.
        """
        ...

    def change_password(self, person: Person, old: str, new: str) -> None:
        """Set a new password. Raises Denied when ``old`` is wrong, Invalid when ``new`` is too weak."""
        ...


class Reading(Protocol):
    """What the pages show."""

    def status(self) -> HubStatus:
        """The hub itself; answers without anybody signed in, and must be quick."""
        ...

    def overview(self, person: Person, as_of: datetime | None) -> Overview: ...

    def layer(self, person: Person, name: Layer, as_of: datetime | None) -> GeoJson:
        """A GeoJSON FeatureCollection (WGS-84). Feature properties, all optional but ``id`` and ``name``:

        ``id``, ``name`` {en, zh-Hans, zh-Hant}, ``level`` (word), ``freshness`` (word), ``value``, ``unit``;
        areas: ``kind``, and ``level`` is that of the area's own warnings (not of those below);
        ground: ``kind`` (water, park); sensors: ``type``;
        nodes: ``probability`` 0–1, ``lead_time_s``, ``depth_m``;
        underpasses: ``depth_m``, ``closed``; roads and closures: ``closed``; routes: ``unit``, ``order``;
        units: ``type`` (PumpTruck, Crew, PumpingStation, Gate), ``status``, ``order``, ``eta`` (RFC 3339).
        """
        ...

    def vitals(self, person: Person, area: str | None, as_of: datetime | None) -> VitalsTree:
        """The tree of one area (None: the city). Raises Missing for an unknown area."""
        ...

    def vital(
        self, person: Person, indicator: str, area: str | None, hours: float, as_of: datetime | None
    ) -> VitalView:
        """One indicator with ``hours`` of history before ``as_of``. Raises Missing."""
        ...

    def warnings(
        self, person: Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[WarningRow]: ...

    def warning(self, person: Person, warning: str, as_of: datetime | None) -> WarningView: ...

    def events(
        self, person: Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[EventRow]: ...

    def event(self, person: Person, event: str, as_of: datetime | None) -> EventView: ...

    def work_orders(
        self, person: Person, scope: Literal["mine", "department", "all"], as_of: datetime | None
    ) -> Sequence[OrderRow]:
        """Work orders, the most urgent first; finished ones of the last day at the end."""
        ...

    def work_order(self, person: Person, order: str, as_of: datetime | None) -> OrderRow: ...

    def drills(self, person: Person) -> Sequence[DrillRow]: ...

    def drill(self, person: Person, drill: str) -> DrillView: ...

    def sources(self, person: Person, as_of: datetime | None) -> SourcesView: ...

    def journal(self, person: Person, subject: str | None, before: int | None, limit: int) -> JournalView:
        """The newest ``limit`` entries below ``before``, of one subject or all."""
        ...

    def changes_since(self, seq: int, limit: int) -> Sequence[LiveChange]:
        """Changes of the stream above ``seq``, in order, at most ``limit``."""
        ...


class Ruling(Protocol):
    """Rules as departments read, try, edit, sign and publish them."""

    def ledger(
        self, person: Person, question: str, chosen: Mapping[str, str], number: int, as_of: datetime | None
    ) -> LedgerView:
        """The ledger: its balance, page ``number`` (from 1) of what a question finds, facets to choose."""
        ...

    def entry(self, person: Person, id_: str, as_of: datetime | None) -> EntryView:
        """One entry of the ledger. Raises Missing."""
        ...

    def rules(self, person: Person, as_of: datetime | None) -> RulesView:
        """Every rule table of the city, by the version that holds at the moment."""
        ...

    def rule(
        self, person: Person, scenario: str, rule: str, asked: RuleAsk, as_of: datetime | None
    ) -> RuleView:
        """One rule file, by the version asked for or the one that holds. Raises Missing."""
        ...

    def rule_file(self, person: Person, scenario: str, rule: str, version: str | None) -> RuleFile:
        """The DMN file of a version, or of the one that holds. Raises Missing."""
        ...

    def rule_files(self, person: Person) -> RuleFile:
        """All that was published and kept here as files of the city's folder, packed. Raises Denied."""
        ...

    def rule_change_file(self, person: Person, change: str) -> RuleFile:
        """The DMN file of a draft as it is saved. Raises Missing."""
        ...

    def rule_change(self, person: Person, change: str, asked: RuleAsk) -> RuleView:
        """A draft with its checks, held against what holds now. Raises Missing."""
        ...

    def check_cell(self, person: Person, change: str, table: str, edit: RuleEdit) -> CellCheck:
        """Whether a cell's new text can stand; nothing is saved."""
        ...

    def draft_rule(self, person: Person, scenario: str, rule: str, version: str | None) -> str:
        """Begin a draft with the text that holds, or an earlier version's (``files``: the plain file's)."""
        ...

    def new_rule(self, person: Person, scenario: str, name: str, inputs: str, outputs: str) -> str:
        """Begin a table from nothing, its columns line by line; gives the draft. Raises Conflict, Invalid."""
        ...

    def edit_rule(self, person: Person, change: str, table: str, edit: RuleEdit, revision: int) -> None:
        """Save one edit of a draft. Raises Conflict when it was saved elsewhere since ``revision``."""
        ...

    def sign_rule(self, person: Person, change: str, hash_: str, note: str, *, seen: bool) -> None:
        """The author's signature under the text with this hash; ``seen``: what the checks found."""
        ...

    def publish_rule(self, person: Person, change: str, hash_: str, valid_from: datetime | None) -> None:
        """The approver's signature; the rule holds from then on (None: now). Raises Denied for the author."""
        ...

    def keep_case(self, person: Person, scenario: str, rule: str, key: str) -> None:
        """Keep a past decision (a row of ``RuleView.past``) as a case. Raises Missing, Conflict."""
        ...

    def drop_case(self, person: Person, scenario: str, rule: str, case: str) -> None:
        """Let a kept case go. Raises Missing."""
        ...

    def withdraw_rule(self, person: Person, change: str, why: str) -> None:
        """Put away a draft, or a publication that does not hold yet."""
        ...


class Acting(Protocol):
    """What the buttons do."""

    def acknowledge(self, person: Person, warning: str, note: str) -> None:
        """Take the warning on: it does not escalate further."""
        ...

    def acknowledge_all(self, person: Person, warnings: Sequence[str], note: str) -> int:
        """Take on all of these that nobody has taken on yet, each by itself; how many that were."""
        ...

    def work_order_step(self, person: Person, order: str, verb: OrderVerb, note: str) -> None:
        """Accept, arrive at, finish or refuse (``note`` says why; it must not be empty then)."""
        ...

    def complete_task(self, person: Person, task: str, data: Mapping[str, str]) -> None:
        """Complete a human task of the plan with the form's answers as they were typed."""
        ...

    def quarantine(
        self, person: Person, item: str, verb: Literal["retry", "discard"], note: str
    ) -> QuarantineFate:
        """Try what waits like a message again, or put it away for good (it stays in the journal)."""
        ...


class HubView(
    Entrance,
    Reading,
    Ruling,
    SharingDesk,
    CorrectionDesk,
    DataDesk,
    DatasetDesk,
    RetentionDesk,
    HoldingsDesk,
    KnowledgeDesk,
    AccessDesk,
    NoticeDesk,
    Acting,
    Protocol,
):
    """All of it."""
