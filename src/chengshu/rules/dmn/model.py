"""A DMN model as it is written: decisions, inputs, knowledge, services, types and boxed expressions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Boxed:
    """Any boxed expression; ``type_ref`` is its declared type, if any."""

    id: str = field(default="", kw_only=True)
    type_ref: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal(Boxed):
    """A FEEL expression."""

    text: str


@dataclass(frozen=True, slots=True)
class TableInput:
    """A column of conditions: its expression and, optionally, the tests that its values must pass."""

    expression: str
    type_ref: str = ""
    allowed: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class TableOutput:
    """A column of results: its name, its values in order of priority, and the result when no rule matches."""

    name: str = ""
    type_ref: str = ""
    values: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one test per input, one expression per output, and the annotations."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    id: str = ""
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table(Boxed):
    """A decision table. ``hit_policy`` is in capitals, ``aggregation`` one of SUM MIN MAX COUNT or empty."""

    inputs: tuple[TableInput, ...]
    outputs: tuple[TableOutput, ...]
    rules: tuple[Rule, ...]
    hit_policy: str = "UNIQUE"
    aggregation: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """An entry of a boxed context; without a name it is the result."""

    name: str
    value: Boxed
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class BoxedContext(Boxed):
    """A context, or with a nameless last entry the value of that entry."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class BoxedList(Boxed):
    """A list of boxed expressions."""

    items: tuple[Boxed, ...]


@dataclass(frozen=True, slots=True)
class Relation(Boxed):
    """A list of contexts, written as a grid."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Boxed, ...], ...]


@dataclass(frozen=True, slots=True)
class FormalParameter:
    """A parameter of a boxed function."""

    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class FunctionLogic(Boxed):
    """A boxed function. ``kind`` is FEEL, Java or PMML; only FEEL can be called."""

    parameters: tuple[FormalParameter, ...]
    body: Boxed | None
    kind: str = "FEEL"


@dataclass(frozen=True, slots=True)
class Invocation(Boxed):
    """A call with arguments bound by name."""

    function: Boxed
    bindings: tuple[tuple[str, Boxed | None], ...]


@dataclass(frozen=True, slots=True)
class Conditional(Boxed):
    """If, then, else."""

    condition: Boxed
    then: Boxed
    otherwise: Boxed


@dataclass(frozen=True, slots=True)
class Iterator(Boxed):
    """``kind`` is for, some or every."""

    kind: str
    variable: str
    source: Boxed
    body: Boxed


@dataclass(frozen=True, slots=True)
class BoxedFilter(Boxed):
    """The members of a list that match."""

    source: Boxed
    match: Boxed


@dataclass(frozen=True, slots=True)
class Element:
    """Something of the requirements graph; ``name`` is that of its variable."""

    id: str
    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class InputData(Element):
    """A value that is given."""


@dataclass(frozen=True, slots=True)
class Decision(Element):
    """``requires`` are references to inputs, decisions, knowledge models and services."""

    logic: Boxed | None = None
    requires: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge(Element):
    """A business knowledge model."""

    logic: FunctionLogic | None = None
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service(Element):
    """A decision service: outputs over its own inputs and input decisions."""

    outputs: tuple[str, ...] = ()
    encapsulated: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type of the model."""

    name: str
    type_ref: str = ""
    allowed: str = ""
    constraint: str = ""
    components: tuple[ItemDefinition, ...] = ()
    collection: bool = False
    function_parameters: tuple[str, ...] | None = None
    function_result: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """Another model, whose elements are seen under ``name``, or as if they were here where it is empty."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """One DMN file."""

    name: str
    namespace: str
    elements: tuple[Element, ...]
    types: tuple[ItemDefinition, ...] = ()
    imports: tuple[Import, ...] = ()
    version: str = ""
