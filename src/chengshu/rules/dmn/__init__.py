"""DMN 1.5: decision models over FEEL. Read a model, decide, and see which rules decided."""

from chengshu.rules.dmn.decide import Model, Outcome, read_model
from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.explain import Match, NearMiss

__all__ = ["DmnError", "Match", "Model", "NearMiss", "Outcome", "read_model"]
