"""What the source class of an entry asks of sharing it, as the pages of the ledger and of sharing show it."""

from __future__ import annotations

from chengshu.console.model import sharing as page
from chengshu.resources.ledger import Resource
from chengshu.resources.sharing import Sharing


def policy_of(desk: Sharing, entry: Resource) -> page.SourcePolicy:
    """The rule of today, with its reason."""
    rule = desk.rule_for(entry)
    return page.SourcePolicy(
        rule.source_class,
        rule.reason,
        rule.review,
        rule.agreement,
        rule.assessment,
        rule.floor,  # type: ignore[arg-type]  # one of the treatments
    )
