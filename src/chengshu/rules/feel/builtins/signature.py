"""How built-in functions say what they take: one line of text each, from which arguments are checked.

``"string: string; start position: number; [length: number]"`` reads: three parameters, the last may be left
out.
``number|string`` takes either, ``number|null`` takes null, ``*list: number`` takes one list or several
values, ``+items: any`` takes all further values, lists as they are. Conversions are FEEL's: a
list of one is its member where no list is wanted, and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.values import Function, kind_of

Implementation = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])

SHORT = {
    "datetime": "date and time",
    "duration": "days and time duration",
    "months": "years and months duration",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name and the kinds it takes."""

    name: str
    kinds: frozenset[str]
    optional: bool = False
    variadic: bool = False
    rest: bool = False

    def take(self, value: Any, function: str) -> Any:
        """The argument as the function wants it. Raises FeelError when it cannot be."""
        kinds = self.kinds
        kind = kind_of(value)
        if self.variadic:
            return value if kind == "list" else [value]
        if kind in kinds or "any" in kinds:
            return value
        if kind == "list" and len(value) == 1 and kind_of(value[0]) in kinds:
            return value[0]
        if "list" in kinds and value is not None:
            return [value]
        expected = " or ".join(sorted(kinds - {"null"}))
        raise FeelError("argument-type", name=function, parameter=self.name, expected=expected, type=kind)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in."""

    parameters: tuple[Parameter, ...]
    apply: Implementation

    def fits(self, count: int, names: tuple[str, ...]) -> bool:
        """Whether a call with so many arguments (or with these names) has this form."""
        own = [p.name for p in self.parameters]
        needed = {p.name for p in self.parameters if not p.optional}
        if names:
            return set(names) <= set(own) and needed <= set(names) and len(set(names)) == len(names)
        if own and (self.parameters[-1].variadic or self.parameters[-1].rest):
            return count >= len(own)
        return len(needed) <= count <= len(own)

    def arrange(self, values: list[Any], names: tuple[str, ...], function: str) -> list[Any]:
        """The arguments in the order of the parameters, checked. Raises FeelError."""
        parameters = self.parameters
        if names:
            given = dict(zip(names, values, strict=True))
            last = max((i for i, p in enumerate(parameters) if p.name in given), default=-1)
            values = [given.get(p.name) for p in parameters[: last + 1]]
            return [
                [v] if p.rest else p.take(v, function) if p.name in given else v
                for p, v in zip(parameters[: last + 1], values, strict=True)
            ]
        if parameters and (
            parameters[-1].rest or (parameters[-1].variadic and len(values) > len(parameters))
        ):
            fixed = len(parameters) - 1
            values = [*values[:fixed], values[fixed:]]
        return [p.take(v, function) for p, v in zip(parameters, values, strict=False)]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function with its signatures, in the order in which they are tried."""

    name: str
    signatures: tuple[Signature, ...]

    def fitting(self, count: int, names: tuple[str, ...]) -> tuple[Signature, ...]:
        """The signatures that a call of this form may mean; first those with the names in this order."""
        found = [s for s in self.signatures if s.fits(count, names)]
        return tuple(sorted(found, key=lambda s: tuple(p.name for p in s.parameters) != names))

    def refusal(self, count: int, names: tuple[str, ...]) -> FeelError:
        """Why no signature fits."""
        forms = " or ".join("(" + ", ".join(p.name for p in s.parameters) + ")" for s in self.signatures)
        given = ", ".join(names) if names else f"{count} given"
        return FeelError("arguments", name=self.name, problem=f"it takes {forms}; {given}")

    def run(self, run: Run, values: list[Any], names: tuple[str, ...], fitting: tuple[Signature, ...]) -> Any:
        """Call the first of the fitting signatures that takes the values. Raises FeelError."""
        error: FeelError | None = None
        for signature in fitting:
            try:
                arranged = signature.arrange(values, names, self.name)
            except FeelError as problem:
                error = problem
                continue
            return signature.apply(run, *arranged)
        raise error or self.refusal(len(values), names)

    def as_function(self) -> Function:
        """This built-in as a value."""

        def bind(run: Run, values: list[Any], names: tuple[str, ...]) -> Any:
            return self.run(run, values, names, self.fitting(len(values), names))

        parameters = tuple(p.name for p in self.signatures[0].parameters)
        return Function(
            self.name,
            parameters,
            (None,) * len(parameters),
            lambda run, values: bind(run, values, ()),
            bind=bind,
            takes=lambda count: bool(self.fitting(count, ())),
        )


def _parameter(text: str) -> Parameter:
    optional = text.startswith("[")
    name, kinds = text.strip("[]*+").split(":")
    names = frozenset(SHORT.get(kind.strip(), kind.strip()) for kind in kinds.split("|"))
    return Parameter(name.strip(), names, optional, text.startswith("*"), text.startswith("+"))


def read_signature(text: str, apply: Implementation) -> Signature:
    """A signature from its one line of text."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return Signature(tuple(_parameter(part) for part in parts), apply)


class Library:
    """Collects built-ins while their modules are imported."""

    def __init__(self) -> None:
        self.found: dict[str, list[Signature]] = {}

    def add(self, name: str, *signatures: str) -> Callable[[F], F]:
        """Decorator: the function is the built-in ``name``, callable in these forms."""

        def register(apply: F) -> F:
            for text in signatures:
                self.found.setdefault(name, []).append(read_signature(text, apply))
            return apply

        return register

    def builtins(self) -> dict[str, Builtin]:
        """What was collected."""
        return {name: Builtin(name, tuple(forms)) for name, forms in self.found.items()}


def whole(number: Any, what: str = "number") -> int:
    """A number as an integer, cut towards zero. Raises FeelError when it is absurdly large."""
    if abs(number) > 10**15:
        raise FeelError("out-of-range", what=what)
    return int(number)
