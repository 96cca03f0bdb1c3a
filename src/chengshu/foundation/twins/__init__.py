"""城市數字孿生: models of the city kept in step with it, corrected by sensors, and asked ahead."""

from chengshu.foundation.twins.foresight import Foresight
from chengshu.foundation.twins.model import (
    Alternative,
    Benefit,
    ForecastRecord,
    NodeForecast,
    Nowcast,
    Outcome,
    Proposal,
    Taken,
)
from chengshu.foundation.twins.room import Twins
from chengshu.foundation.twins.wiring import Wiring, setup_of, wire

__all__ = [
    "Alternative",
    "Benefit",
    "ForecastRecord",
    "Foresight",
    "NodeForecast",
    "Nowcast",
    "Outcome",
    "Proposal",
    "Taken",
    "Twins",
    "Wiring",
    "setup_of",
    "wire",
]
