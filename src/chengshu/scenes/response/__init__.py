"""From warnings to closed events: join, grade, route, dispatch, verify, review (聯動處置)."""

from chengshu.scenes.response.commands import PERMISSIONS, Commands
from chengshu.scenes.response.means import Foresight, Plans, Proposal, Readings
from chengshu.scenes.response.misuse import SHARING
from chengshu.scenes.response.model import (
    Closure,
    Event,
    EventState,
    OrderState,
    Review,
    Route,
    Unit,
    WorkOrder,
)
from chengshu.scenes.response.queries import Placed, ResponseQueries
from chengshu.scenes.response.room import Response

__all__ = [
    "PERMISSIONS",
    "SHARING",
    "Closure",
    "Commands",
    "Event",
    "EventState",
    "Foresight",
    "OrderState",
    "Placed",
    "Plans",
    "Proposal",
    "Readings",
    "Response",
    "ResponseQueries",
    "Review",
    "Route",
    "Unit",
    "WorkOrder",
]
