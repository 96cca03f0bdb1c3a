"""Pages, partials and islands of the hub's own console; no logic."""

from chengshu.console.routes import problem_page, router
from chengshu.console.view import HubView

__all__ = ["HubView", "problem_page", "router"]
