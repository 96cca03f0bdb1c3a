"""Plans and everything else that waits for people, clocks and messages:
BPMN, tasks, timers in working time.
"""

from chengshu.foundation.processes.commands import Processes
from chengshu.foundation.processes.following import Services, Timers
from chengshu.foundation.processes.model import Deployed, Instance, Mark, ServiceFailure, Task
from chengshu.foundation.processes.queries import Picture

__all__ = [
    "Deployed",
    "Instance",
    "Mark",
    "Picture",
    "Processes",
    "ServiceFailure",
    "Services",
    "Task",
    "Timers",
]
