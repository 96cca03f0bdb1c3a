"""The office of sharing, whose record of uses value is counted from."""

from tests.sharing.conftest import office

__all__ = ["office"]
