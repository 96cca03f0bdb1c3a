"""What every engine behind a port must do, as checks anybody can run over an engine of their own.

A check takes a factory that opens the engine (twice, where it asks for what survives a restart) and raises
:class:`Broken` with a sentence when the engine does not keep a promise of the port.
"""

from chengshu.ports.suites.database import DATABASE_CHECKS
from chengshu.ports.suites.history import HISTORY_CHECKS
from chengshu.ports.suites.promise import Broken
from chengshu.ports.suites.search import SEARCH_CHECKS

__all__ = ["DATABASE_CHECKS", "HISTORY_CHECKS", "SEARCH_CHECKS", "Broken"]
