"""Retention: data that are kept long enough are destroyed, with proof; what the law holds is not."""

from chengshu.resources.retention.commands import Retention
from chengshu.resources.retention.declared import Rule, read_retention
from chengshu.resources.retention.following import RetentionFinisher
from chengshu.resources.retention.model import Destruction, Due, Hold, Holding, Item, Proposal, chained
from chengshu.resources.retention.periods import keeping, kept_until
from chengshu.resources.retention.proposing import Proposals
from chengshu.resources.retention.queries import Proof, RetentionQueries, among

__all__ = [
    "Destruction",
    "Due",
    "Hold",
    "Holding",
    "Item",
    "Proof",
    "Proposal",
    "Proposals",
    "Retention",
    "RetentionFinisher",
    "RetentionQueries",
    "Rule",
    "among",
    "chained",
    "keeping",
    "kept_until",
    "read_retention",
]
