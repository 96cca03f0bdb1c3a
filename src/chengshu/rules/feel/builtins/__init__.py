"""The built-in functions of FEEL, by name."""

from __future__ import annotations

from chengshu.rules.feel.builtins import contexts, conversions, lists, numbers, ranges, strings, temporal
from chengshu.rules.feel.builtins.signature import Builtin
from chengshu.rules.feel.values import Function


def _collect() -> dict[str, Builtin]:
    found: dict[str, Builtin] = {}
    for module in (numbers, strings, lists, contexts, temporal, ranges, conversions):
        found.update(module.LIBRARY.builtins())
    return found


BUILTINS: dict[str, Builtin] = _collect()
FUNCTIONS: dict[str, Function] = {name: builtin.as_function() for name, builtin in BUILTINS.items()}
