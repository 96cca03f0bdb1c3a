"""Who may do what: accounts, sessions, and Cedar policies whose every answer has a reason."""

from chengshu.foundation.access.clients import RIGHTS, Client, Clients
from chengshu.foundation.access.commands import Accounts, Lifetimes
from chengshu.foundation.access.model import (
    ACTIONS,
    ROLES,
    Decision,
    Grant,
    Opened,
    Person,
    Resource,
    Session,
    TooMany,
)
from chengshu.foundation.access.passwords import Passwords
from chengshu.foundation.access.policy import Access

__all__ = [
    "ACTIONS",
    "RIGHTS",
    "ROLES",
    "Access",
    "Accounts",
    "Client",
    "Clients",
    "Decision",
    "Grant",
    "Lifetimes",
    "Opened",
    "Passwords",
    "Person",
    "Resource",
    "Session",
    "TooMany",
]
