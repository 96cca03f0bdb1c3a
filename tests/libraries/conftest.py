"""The office of sharing, whose register is a base library here."""

from tests.sharing.conftest import office

__all__ = ["office"]
