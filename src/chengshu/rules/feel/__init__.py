"""FEEL 1.5, the Friendly Enough Expression Language of DMN. No Python is ever evaluated."""

from chengshu.rules.feel.errors import Diagnostic, FeelSyntaxError
from chengshu.rules.feel.expression import (
    Evaluation,
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.temporal import Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.values import Function, Range

__all__ = [
    "Date",
    "DateTime",
    "Diagnostic",
    "Duration",
    "Evaluation",
    "Expression",
    "FeelSyntaxError",
    "Function",
    "Limits",
    "Months",
    "Range",
    "Time",
    "UnaryTests",
    "compile_expression",
    "compile_unary_tests",
]
