"""The drill of data security: a granted program misuses what it was given, on a hub of its own."""

from chengshu.app.safety.run import run_safety_drill

__all__ = ["run_safety_drill"]
