"""What the console sees of the hub: one object that implements :class:`chengshu.console.HubView`."""

from chengshu.app.view.access import AccessActing
from chengshu.app.view.acting import Acting
from chengshu.app.view.base import Means
from chengshu.app.view.corrections import CorrectionReading
from chengshu.app.view.datasets import DatasetDesk
from chengshu.app.view.holdings import HoldingsReading
from chengshu.app.view.knowledge import KnowledgeReading
from chengshu.app.view.layers import Layers
from chengshu.app.view.ledger import LedgerReading
from chengshu.app.view.life import LifeReading
from chengshu.app.view.lookup import LookupDesk
from chengshu.app.view.notices import NoticeReading
from chengshu.app.view.operation import Operation
from chengshu.app.view.retention import RetentionReading
from chengshu.app.view.rule_acting import RuleActing
from chengshu.app.view.situation import Situation
from chengshu.app.view.steward import Stewarding


class View(
    AccessActing,
    Acting,
    CorrectionReading,
    DatasetDesk,
    HoldingsReading,
    KnowledgeReading,
    Layers,
    LedgerReading,
    LifeReading,
    NoticeReading,
    Operation,
    RetentionReading,
    RuleActing,
    LookupDesk,
    Situation,
    Stewarding,
):
    """All parts together."""


__all__ = ["Means", "View"]
