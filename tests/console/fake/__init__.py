"""A hub's view for tests, over the demo city on the evening of a storm."""

from .hub import FakeView
from .storm import NOW, PASSWORD

__all__ = ["NOW", "PASSWORD", "FakeView"]
