"""Makes columns of Chinese sensitive data and of what only looks like it, for tests, training and figures."""

from chengshu.resources.grading.generator.columns import Made, Settings, make_columns

__all__ = ["Made", "Settings", "make_columns"]
